"""The chapters about rollouts: simulated browsers load the widget through the CDN and send its beacons meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from edgeship.application.channels.follow_upload import Stage
from edgeship.domain.bucketing import is_in, rollout_salt
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.channels.rollout import Step as RolloutStep
from edgeship.domain.events import Event, EventType
from edgeship.domain.health.thresholds import Check
from edgeship.domain.naming import LATEST
from edgeship.domain.severity import Severity, severity_of
from edgeship.domain.telemetry.source_place import SourcePlace
from edgeship.domain.version import Version
from edgeship.local.demo.crowd import USERS, Crowd
from edgeship.local.demo.example_widget import ENTRYPOINT, WIDGET, publish, served
from edgeship.local.demo.story import Story, expect

BEFORE, GOOD, BROKEN, FRAGILE, FAINT, STABLE, NEXT = "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0"
RATES = "rates.example"
CLIMB = (1, 5, 25, 50)
"""Per cent, before everybody."""
QUARTER = (RolloutStep(25, 3600), RolloutStep(100, 0))
HALF = (RolloutStep(50, 3600), RolloutStep(100, 0))
ENOUGH_FOR_A_LIMIT = 1_000
"""Sessions in a minute: more than there are, so that no limit is reached by chance."""
FEW_VIEWS = 20
COMPARISON_SECONDS = 240.0
CLIMB_SECONDS = 120.0
ALARM_SECONDS = 60.0


def good_candidate(story: Story) -> None:
    bake = story.pace.bake
    typed = ",".join(f"{percent}:{bake}s" for percent in CLIMB)
    story.say(f"edgeship unlock {WIDGET}; edgeship policy set {WIDGET} --steps {typed},100")
    _policy(
        story,
        (*(RolloutStep(percent, bake) for percent in CLIMB), RolloutStep(100, 0)),
        min(2, story.pace.minimum_sample),
    )
    story.operator.unlock(WIDGET, LATEST, story.occasion("the demo goes on"))
    with _crowd(story) as crowd:
        with story.step(f"{GOOD} is rolled out automatically") as step:
            publish(story, step, GOOD, Stage.ROLLING_OUT)
            track = "edgeship-track=candidate"
            story.until(
                lambda: served(story, LATEST, track) == GOOD, story.pace.in_browsers, f"?{track} does not reach it"
            )
            step.note("?edgeship-track=candidate shows it to a tester at any percentage")
        began = time.monotonic()
        for percent in CLIMB[1:]:
            with story.step(f"it goes to {percent} %") as step:
                _until_percent(story, percent)
                step.note(_last(story, EventType.ROLLOUT_ADVANCED).cause)
        with story.step("it goes to everybody") as step:
            _until_channel(story, lambda now: now.version == Version.parse(GOOD), CLIMB_SECONDS, "it is not live")
            story.until(lambda: served(story, LATEST) == GOOD, story.pace.in_browsers, f"latest does not serve {GOOD}")
            story.timings["from 1 % to everybody"] = time.monotonic() - began
            step.note(f"simulated page views: {_views(crowd)}")


def bad_candidate(story: Story) -> None:
    story.say(f"{BROKEN} throws in a quarter of the page views. From here on, nobody types a command.")
    _policy(story, QUARTER, story.pace.minimum_sample)
    with _crowd(story) as crowd:
        with story.step(f"{BROKEN} is rolled out automatically, to 25 %") as step:
            publish(story, step, BROKEN, Stage.ROLLING_OUT)
        salt = rollout_salt(WIDGET, LATEST, BROKEN)
        user = next(u for u in (f"user-{number}" for number in range(USERS)) if is_in(u, salt, 25))
        with story.step("a user who is among them gets it"):
            story.until(lambda: served(story, LATEST, f"user={user}") == BROKEN, 30, f"{user} does not get it")
        alarmed = _is_found_unhealthy(story, BROKEN, lambda now: now.candidate is None)
        with story.step("the rollout is aborted automatically") as step:
            channel = _until_channel(story, lambda now: now.candidate is None, ALARM_SECONDS, "it is still under way")
            story.timings["broken candidate: alarm to abort"] = time.monotonic() - alarmed
            expect(channel.rollout is not None and channel.rollout.phase is Phase.ABORTED, "it is not aborted")
            abort = _last(story, EventType.ROLLOUT_ABORTED)
            step.note(f"{abort.actor}: {abort.cause}")
        with story.step("every browser gets the old bytes again") as step:
            expect(served(story, LATEST, f"user={user}") in (BROKEN, GOOD), f"{user} gets neither version")
            rescued = _last_gets(story, crowd, BROKEN) - _when(abort)
            story.timings["broken candidate: abort to old bytes"] = rescued
            expect(served(story, LATEST, f"user={user}") == GOOD, f"{user} does not get {GOOD}")
            expect(rescued <= story.pace.in_browsers, f"it took {rescued:.1f} s from the abort")
            step.note(f"the last of them got {BROKEN} {rescued:.2f} s after the abort")
        _is_quarantined(story, BROKEN, crowd)


def bad_release(story: Story) -> None:
    story.say(f"edgeship unlock {WIDGET}. {FRAGILE} asks {RATES} for rates, and is healthy while that answers.")
    _policy(story, (RolloutStep(50, story.pace.bake), RolloutStep(100, 0)), story.pace.minimum_sample)
    story.operator.unlock(WIDGET, LATEST, story.occasion("the demo goes on"))
    with _crowd(story) as crowd:
        with story.step(f"{FRAGILE} is rolled out to everybody") as step:
            publish(story, step, FRAGILE, Stage.ROLLING_OUT)
            _until_channel(story, lambda now: now.version == Version.parse(FRAGILE), CLIMB_SECONDS, "it is not live")
            story.until(
                lambda: served(story, LATEST) == FRAGILE, story.pace.in_browsers, f"latest does not serve {FRAGILE}"
            )
        story.say(f"{RATES} answers 503 from now on.")
        crowd.world.down.add(RATES)
        alarmed = _is_found_unhealthy(story, FRAGILE, lambda now: now.version == Version.parse(GOOD))
        with story.step(f"latest rolls back to {GOOD} automatically") as step:
            _until_channel(story, lambda now: now.version == Version.parse(GOOD), ALARM_SECONDS, "latest does not move")
            story.timings["broken release: alarm to rollback"] = time.monotonic() - alarmed
            rollback = _last(story, EventType.POINTER_MOVED)
            step.note(f"{rollback.actor}: {rollback.cause}")
        with story.step("every browser gets the old bytes again") as step:
            rescued = _last_gets(story, crowd, FRAGILE) - _when(rollback)
            story.timings["broken release: rollback to old bytes"] = rescued
            expect(served(story, LATEST) == GOOD, f"latest does not serve {GOOD}")
            expect(rescued <= story.pace.in_browsers, f"it took {rescued:.1f} s from the rollback")
            step.note(f"the last of them got {FRAGILE} {rescued:.2f} s after the rollback; no invalidation")
        _is_quarantined(story, FRAGILE, crowd)


def little_worse(story: Story) -> None:
    story.say(f"edgeship unlock {WIDGET}. {FAINT} throws in 2 % of the page views, {GOOD} in 0.1 %; the limit is 5 %.")
    _policy(story, HALF, ENOUGH_FOR_A_LIMIT)
    story.operator.unlock(WIDGET, LATEST, story.occasion("the demo goes on"))
    with _crowd(story, noise=0.001) as crowd:
        with story.step(f"{FAINT} is rolled out automatically, to 50 %") as step:
            publish(story, step, FAINT, Stage.ROLLING_OUT)
        with story.step("the rollout is aborted, though no limit is reached") as step:
            began = time.monotonic()
            channel = _until_channel(story, lambda now: now.candidate is None, COMPARISON_SECONDS, "it goes on")
            story.timings["a little worse: from the first page views to the abort"] = time.monotonic() - began
            expect(channel.rollout is not None and channel.rollout.phase is Phase.ABORTED, "it is not aborted")
            abort = _last(story, EventType.ROLLOUT_ABORTED)
            step.note(f"{abort.actor}: {abort.cause}")
        _is_quarantined(story, FAINT, crowd)


def outage(story: Story) -> None:
    story.say(f"{STABLE} and {NEXT} both ask {RATES}. edgeship unlock {WIDGET}; edgeship promote {WIDGET} {STABLE}")
    _policy(story, HALF, story.pace.minimum_sample)
    story.operator.unlock(WIDGET, LATEST, story.occasion("the demo goes on"))
    with story.step(f"{STABLE} is live, and {NEXT} is rolled out to 50 %") as step:
        publish(story, step, STABLE, Stage.ROLLING_OUT)
        story.operator.promote(WIDGET, Version.parse(STABLE), LATEST, story.occasion("the demo goes on"))
        publish(story, step, NEXT, Stage.ROLLING_OUT)
        track = "edgeship-track=candidate"
        story.until(lambda: served(story, LATEST, track) == NEXT, story.pace.in_browsers, f"{NEXT} is not served")
    with _crowd(story) as crowd:
        with story.step("both have page views"):
            story.until(
                lambda: min(crowd.served[STABLE], crowd.served[NEXT]) > FEW_VIEWS, ALARM_SECONDS, "one of them has none"
            )
        story.say(f"{RATES} answers 503 from now on, to both.")
        crowd.world.down.add(RATES)
        with story.step("the rollout is paused: both versions fail") as step:
            _until_channel(story, _is_paused, ALARM_SECONDS, "it is not paused")
            paused = _last(story, EventType.ROLLOUT_PAUSED)
            step.note(f"{paused.actor}: {paused.cause}")
        story.say(f"{RATES} answers again. edgeship rollout resume {WIDGET}")
        crowd.world.down.clear()
    with story.step("nothing is quarantined or locked, and the rollout goes on") as step:
        story.operator.steer_rollout.resume(WIDGET, LATEST, story.occasion("the rates are back"))
        (widget,) = story.operator.status(WIDGET).widgets
        channel = next(c for c in widget.channels if c.name == LATEST)
        blamed = {STABLE, NEXT} & {str(release.version) for release in widget.quarantined}
        expect(not blamed and channel.lock is None, "somebody is blamed")
        expect(str(channel.candidate) == NEXT and str(channel.version) == STABLE, "a version was moved")
        since = [e for e in story.operator.state.events(WIDGET, 20) if e.occurred_at >= paused.occurred_at]
        critical = [f"{e.type.value} ({e.actor})" for e in since if severity_of(e) is Severity.CRITICAL]
        expect(len(critical) == 1, f"there are {len(critical)} critical events: {', '.join(critical)}")
        step.note("one critical notification for the whole incident")
    story.say(f"edgeship promote {WIDGET} {GOOD}: the demo goes on where it was")
    story.operator.promote(WIDGET, Version.parse(GOOD), LATEST, story.occasion("the demo goes on"))
    story.until(lambda: served(story, LATEST) == GOOD, story.pace.in_browsers, f"latest does not serve {GOOD}")


def _is_paused(channel: Channel) -> bool:
    return channel.rollout is not None and channel.rollout.phase is Phase.PAUSED


def _policy(story: Story, steps: tuple[RolloutStep, ...], minimum_sample: int) -> None:
    story.operator.policy(
        WIDGET,
        lambda before: replace(
            before, steps=steps, thresholds=replace(before.thresholds, minimum_sample=minimum_sample)
        ),
        story.occasion("the demo has no seven days"),
    )


def _crowd(story: Story, noise: float = 0) -> Crowd:
    return Crowd(story.cloud.edge_url, f"/{WIDGET}/{LATEST}/{ENTRYPOINT}", story.pace.page_views, noise=noise)


def _is_found_unhealthy(story: Story, version: str, is_rescued: Callable[[Channel], bool]) -> float:
    """Wait for CloudWatch's alarm on the error rate of a version, or for the minute tick, if it has seen the same and
    acted first; when that was, by this process's clock."""
    name = f"{story.cloud.names.health_alarm_prefix}{WIDGET}-v{version}-{Check.ERROR_RATE}"
    cloudwatch = story.cloud.session().client("cloudwatch")
    began = time.monotonic()

    def goes_off() -> bool:
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return bool(alarm["StateValue"] == "ALARM")

    def is_rescued_already() -> bool:
        return is_rescued(story.operator.state.channel(WIDGET, LATEST))

    with story.step("metrics show that it is unhealthy") as step:
        # Without traffic, the alarm of a version that was rescued never goes off.
        story.until(lambda: goes_off() or is_rescued_already(), ALARM_SECONDS, "they do not")
        alarmed = time.monotonic()
        story.timings[f"{version}: from the first bad page views to the alarm"] = alarmed - began
        seen = f"alarm {name}" if goes_off() else "the minute tick was before the alarm"
        step.note(f"{seen}; a period of 60 s takes {story.pace.minute:g} s here")
    return alarmed


def _last_gets(story: Story, crowd: Crowd, version: str) -> float:
    """When the last page view of a version was, by this process's clock: the CDN has several copies of the edge
    function, and each reads the snapshot independently."""

    def nobody_gets_it() -> bool:
        return time.monotonic() - crowd.last_served[version] > story.pace.quiet

    story.until(nobody_gets_it, story.pace.in_browsers + story.pace.quiet, f"{version} is still served")
    return crowd.last_served[version]


def _when(event: Event) -> float:
    """When an event was written, by this process's clock. The alarm and the minute tick analyse the same minutes, so
    either may be first: what browsers wait for is the write."""
    ago = datetime.now(UTC) - datetime.fromisoformat(event.occurred_at)
    return time.monotonic() - ago.total_seconds()


def _is_quarantined(story: Story, version: str, crowd: Crowd) -> None:
    with story.step(f"{version} is quarantined, and latest is locked") as step:
        (widget,) = story.operator.status(WIDGET).widgets
        channel = next(c for c in widget.channels if c.name == LATEST)
        expect(version in [str(r.version) for r in widget.quarantined], f"{version} is not quarantined")
        expect(channel.lock is not None, "latest is not locked")
        for explained in story.operator.errors(WIDGET, Version.parse(version))[:1]:
            kept = explained.error
            step.note(f"edgeship errors {WIDGET} {version}: {kept.message} ({kept.count} times)")
            for place in explained.places[:1]:
                if isinstance(place, SourcePlace):
                    step.note(f"{place.file}:{place.line} in {place.function}: {place.text}")
        views, failed = crowd.served[version], crowd.failed[version]
        step.note(f"simulated page views: {_views(crowd)}; of those of {version}, {failed} of {views} failed")


def _until_channel(story: Story, reached: Callable[[Channel], bool], seconds: float, otherwise: str) -> Channel:
    def so() -> bool:
        return reached(story.operator.state.channel(WIDGET, LATEST))

    story.until(so, seconds, otherwise)
    return story.operator.state.channel(WIDGET, LATEST)


def _until_percent(story: Story, percent: float) -> None:
    def reached(channel: Channel) -> bool:
        weight = channel.rollout.percent if channel.rollout is not None else 0
        return channel.version == Version.parse(GOOD) or weight >= percent

    _until_channel(story, reached, CLIMB_SECONDS, f"it is not at {percent:g} %")


def _last(story: Story, kind: EventType) -> Event:
    return next(event for event in story.operator.state.events(WIDGET, 20) if event.type is kind)


def _views(crowd: Crowd) -> str:
    return ", ".join(f"{count} of {version}" for version, count in sorted(crowd.served.items()))
