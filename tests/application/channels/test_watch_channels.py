"""The minute tick, case by case: what it decides, by which path, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from edgeship.application.channels.watching.fix_alarms import ALARM_GRACE
from edgeship.application.channels.watching.start_waiting import StartWaiting
from edgeship.application.health.ports import NO_CUSTOM_METRICS, CustomMetrics, Published, Span, Subject
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import OnInconclusive, Policy
from edgeship.domain.events import EventType
from edgeship.domain.health.alarms import HealthAlarm, StandingAlarm
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.thresholds import Check
from edgeship.domain.notifications.event_text import words
from edgeship.domain.severity import Severity, severity_of
from edgeship.domain.version import Version
from tests.fakes.health import FakeAlarms, FakeMetrics
from tests.fakes.state import FakeState
from tests.support.moto.counted import counted
from tests.support.world import MINUTE, World, just_live, rolling


def go_on(world: World, minutes: int, **reports: dict[str, Any]) -> list[EventType]:
    """So many minutes in which `v1_1_0={"failed": 9}` reported that; what the ticks changed."""
    changed: list[EventType] = []
    for _ in range(minutes):
        for name, report in reports.items():
            world.report(name.removeprefix("v").replace("_", "."), **report)
        (tick,) = world.minutes(1)
        assert tick.faults == []
        changed += [change.event for change in tick.changes]
    return changed


def without_comparison(policy: Policy) -> Policy:
    return replace(policy, thresholds=replace(policy.thresholds, margin_points=100))


# Steps


def test_a_rollout_goes_through_its_steps_automatically_and_then_its_window_closes() -> None:
    world = rolling()
    seen = []
    for _ in range(100):
        changed = go_on(world, 1, v1_1_0={}, v1_0_0={})
        if changed:
            seen.append((*changed, world.percent, world.live))
    assert seen == [
        (EventType.ROLLOUT_ADVANCED, 50, "1.0.0"),
        (EventType.POINTER_MOVED, 0, "1.1.0"),
        (EventType.ROLLBACK_WINDOW_CLOSED, 0, "1.1.0"),
    ]
    assert world.phase == "completed"
    assert world.channel().is_watched is False
    moved = world.events_of(EventType.POINTER_MOVED)[-1]
    assert (moved.new or {})["analysis"]["health"] == "healthy"


def test_at_the_end_of_a_bake_without_data_the_rollout_is_held_once_and_goes_on_with_data() -> None:
    world = rolling()
    assert go_on(world, 30) == [EventType.ROLLOUT_HELD]
    assert world.percent == 1
    assert "fewer than 20" in world.events_of(EventType.ROLLOUT_HELD)[0].cause
    assert go_on(world, 1, v1_1_0={"sessions": 19}) == []
    assert go_on(world, 1, v1_1_0={"sessions": 1}) == [EventType.ROLLOUT_ADVANCED]
    assert go_on(world, 30) == [EventType.ROLLOUT_HELD]


@pytest.mark.parametrize(
    ("on_inconclusive", "changed"),
    [("pass", [EventType.ROLLOUT_ADVANCED, EventType.POINTER_MOVED]), ("fail", [EventType.ROLLOUT_ABORTED])],
)
def test_without_data_the_policy_decides(on_inconclusive: OnInconclusive, changed: list[EventType]) -> None:
    world = rolling()
    world.change_policy("checkout", lambda p: replace(p, on_inconclusive=on_inconclusive), world.occasion())
    assert go_on(world, 30) == changed
    assert world.live == ("1.1.0" if on_inconclusive == "pass" else "1.0.0")
    assert world.is_quarantined("1.1.0") is (on_inconclusive == "fail")


def test_a_candidate_that_is_clearly_worse_is_paused_and_bakes_anew_when_resumed() -> None:
    world = rolling()
    world.change_policy("checkout", without_comparison, world.occasion())
    changed = go_on(world, 5, v1_1_0={"sessions": 1000, "failed": 60}, v1_0_0={"sessions": 1000})
    assert changed == [EventType.ROLLOUT_PAUSED]
    assert (world.phase, world.percent) == ("paused", 0)
    assert not world.is_quarantined("1.1.0")
    world.steer.resume("checkout", "latest", world.occasion())
    # Its ten minutes begin anew, and so does what it is judged by.
    assert go_on(world, 9, v1_1_0={}, v1_0_0={}) == []
    assert go_on(world, 2, v1_1_0={}, v1_0_0={}) == [EventType.ROLLOUT_ADVANCED]


def test_a_paused_rollout_is_left_alone_whatever_the_metrics_say() -> None:
    world = rolling()
    world.steer.pause("checkout", "latest", world.occasion())
    assert go_on(world, 30, v1_1_0={"failed": 50}, v1_0_0={}) == []
    assert world.phase == "paused"
    world.sound("1.1.0")
    assert go_on(world, 1) == [EventType.ROLLOUT_ABORTED]


# Either path alone takes the bad release back


@pytest.mark.parametrize("path", ["alarm", "metrics"])
def test_a_bad_candidate_is_aborted_by_either_path_alone(path: str) -> None:
    world = rolling()
    if path == "alarm":
        world.sound("1.1.0", "memory")
        changed = go_on(world, 1)
    else:
        world.alarms.alarms.clear()
        changed = go_on(world, 4, v1_1_0={"failed": 5}, v1_0_0={})
    assert changed == [EventType.ROLLOUT_ABORTED]
    assert (world.live, world.phase, world.percent) == ("1.0.0", "aborted", 0)
    assert world.is_quarantined("1.1.0")
    assert world.channel().lock is not None
    analysis = (world.events_of(EventType.ROLLOUT_ABORTED)[0].new or {})["analysis"]
    assert analysis["check"] == ("memory" if path == "alarm" else "error-rate")
    assert go_on(world, 10, v1_1_0={"failed": 50}) == []


@pytest.mark.parametrize("path", ["alarm", "metrics"])
def test_a_bad_live_release_is_rolled_back_by_either_path_alone(path: str) -> None:
    world = just_live()
    if path == "alarm":
        world.sound("1.1.0", "latency")
        changed = go_on(world, 1)
    else:
        world.alarms.alarms.clear()
        changed = go_on(world, 4, v1_1_0={"latency": 2500})
    assert changed == [EventType.POINTER_MOVED]
    assert world.live == "1.0.0"
    assert world.is_quarantined("1.1.0")
    assert world.channel().lock is not None
    assert go_on(world, 10, v1_1_0={"failed": 50}) == []


@pytest.mark.parametrize("path", ["alarm", "metrics"])
def test_people_are_notified_of_an_unhealthy_rollback_target_once_and_it_stays(path: str) -> None:
    world = just_live()
    world.roll_back("checkout", "latest", None, world.occasion())
    world.minutes(1)
    if path == "alarm":
        world.sound("1.0.0")
    changed = go_on(world, 10, v1_0_0={"failed": 50 if path == "metrics" else 0})
    assert changed == [EventType.RELEASE_UNHEALTHY]
    assert world.live == "1.0.0"
    assert not world.is_quarantined("1.0.0")
    assert world.channel().alert is not None


def test_without_a_good_version_the_channel_is_frozen_once() -> None:
    world = World()
    world.upload("1.0.0")
    world.minutes(1)
    assert go_on(world, 10, v1_0_0={"failed": 50}) == [EventType.CHANNEL_FROZEN]
    assert world.live == "1.0.0"
    assert world.upload("1.0.1") == "leave"


@pytest.mark.parametrize(
    ("before", "after"),
    [pytest.param(-1, 0, id="before it was exposed"), pytest.param(0, 1, id="since it is exposed")],
)
def test_an_alarm_counts_from_the_exposure_on(before: int, after: int) -> None:
    world = rolling()
    rollout = world.channel().rollout
    assert rollout is not None
    world.sound("1.1.0", at=rollout.exposed_at + before * MINUTE)
    assert len(go_on(world, 3)) == after


# Both versions are unhealthy: no result about the candidate

OUTAGE: dict[str, dict[str, Any]] = {
    "errors": {"sessions": 100, "failed": 60},
    "latency": {"latency": 9000},
}


def quarantined(world: World) -> list[str]:
    return [str(release.version) for release in world.state.releases("checkout") if release.quarantine is not None]


@pytest.mark.parametrize("kind", OUTAGE)
@pytest.mark.parametrize("path", ["metrics", "event", "standing alarm"])
@pytest.mark.parametrize("in_window", [False, True])
def test_what_both_versions_reach_pauses_the_rollout_by_either_path(path: str, kind: str, in_window: bool) -> None:
    world = rolling()
    if in_window:
        world = World()
        world.upload("1.0.0")
        world.minutes(5)
        world.upload("1.1.0")
        world.minutes(1)
    report = OUTAGE[kind]
    if path != "event":
        if path == "metrics":
            world.alarms.alarms.clear()
        changed = go_on(world, 2, v1_1_0=report, v1_0_0=report)
        if path == "standing alarm":
            world.sound("1.1.0", "error-rate" if kind == "errors" else "latency")
        changed += go_on(world, 20, v1_1_0=report, v1_0_0=report)
        # The live version stays unhealthy: people know already, and nothing moves.
        assert changed == [EventType.ROLLOUT_PAUSED]
    else:
        for _ in range(3):
            world.report("1.1.0", **report)
            world.report("1.0.0", **report)
            world.minutes(1, tick=False)
        check = Check.ERROR_RATE if kind == "errors" else Check.LATENCY
        breach = Breach.by_alarm(
            ("checkout", Version.parse("1.1.0")), check, 10, "a", "3 datapoints", world.now, world.now - 3 * MINUTE
        )
        for again in (False, True):
            (reaction,) = world.react(breach, world.occasion("edgeship:rollback", "event"))
            assert reaction.event is (None if again else EventType.ROLLOUT_PAUSED)
    assert (world.live, world.phase, world.percent) == ("1.0.0", "paused", 0)
    assert quarantined(world) == []
    assert world.channel().lock is None
    (paused,) = world.events_of(EventType.ROLLOUT_PAUSED)
    assert "the stable version has" in paused.cause or "the candidate has" in paused.cause
    assert severity_of(paused) is Severity.CRITICAL
    assert words(paused) == "latest: rollout to 1.1.0 paused: 1.0.0 is unhealthy, too"


def test_after_an_outage_the_resumed_candidate_is_judged_by_its_own_time() -> None:
    world = rolling()
    assert go_on(world, 4, v1_1_0=OUTAGE["errors"], v1_0_0=OUTAGE["errors"]) == [EventType.ROLLOUT_PAUSED]
    world.sound("1.1.0")
    # Somebody resumes at once, half a minute after the last minute of the outage; the alarm is on still.
    world.now += MINUTE / 2
    world.steer.resume("checkout", "latest", world.occasion())
    assert go_on(world, 5, v1_1_0={}, v1_0_0={}) == []
    world.sound("1.1.0", on=False)
    assert go_on(world, 4, v1_1_0={}, v1_0_0={}) == []
    assert go_on(world, 3, v1_1_0={}, v1_0_0={}) == [EventType.ROLLOUT_ADVANCED]


def test_a_resumed_candidate_that_is_unhealthy_alone_is_aborted() -> None:
    world = rolling()
    assert go_on(world, 4, v1_1_0=OUTAGE["errors"], v1_0_0=OUTAGE["errors"]) == [EventType.ROLLOUT_PAUSED]
    world.steer.resume("checkout", "latest", world.occasion())
    assert go_on(world, 4, v1_1_0=OUTAGE["errors"], v1_0_0={}) == [EventType.ROLLOUT_ABORTED]
    assert quarantined(world) == ["1.1.0"]


def test_an_alarm_that_stays_on_over_a_resume_counts_once_its_datapoints_are_of_the_time_since() -> None:
    """Its event came before the resume and never comes again: without the tick's metrics, its state shows the fault."""
    world = rolling()
    world.sound("1.1.0")
    world.now += MINUTE / 2
    world.steer.pause("checkout", "latest", world.occasion())
    world.steer.resume("checkout", "latest", world.occasion())
    watch = replace(world.watch, metrics=_NoMetrics())
    changed = []
    for _ in range(8):
        world.minutes(1, tick=False)
        changed.append([change.event for change in watch(world.occasion()).changes])
    assert changed == [[], [], [], [], [], [EventType.ROLLOUT_ABORTED], [], []]


def test_without_metrics_an_alarm_of_the_candidate_pauses() -> None:
    world = rolling()
    world.minutes(1)
    world.sound("1.1.0")
    react = replace(world.react, metrics=_NoMetrics())
    watch = replace(world.watch, metrics=_NoMetrics(), react=react)
    world.minutes(1, tick=False)
    assert [change.event for change in watch(world.occasion()).changes] == [EventType.ROLLOUT_PAUSED]
    assert quarantined(world) == []
    assert "could not be read (OSError)" in world.events_of(EventType.ROLLOUT_PAUSED)[0].cause


def test_a_whole_step_after_a_resume_has_nothing_of_before() -> None:
    world = rolling()
    world.change_policy("checkout", without_comparison, world.occasion())
    assert go_on(world, 8, v1_1_0={"sessions": 19, "failed": 1}, v1_0_0={}) == []
    world.report("1.1.0", sessions=19, failed=19)
    world.now += MINUTE / 4
    world.steer.pause("checkout", "latest", world.occasion())
    world.steer.resume("checkout", "latest", world.occasion())
    world.now += 3 * MINUTE / 4
    assert go_on(world, 12, v1_1_0={"sessions": 19}, v1_0_0={}) == [EventType.ROLLOUT_ADVANCED]
    (event,) = world.events_of(EventType.ROLLOUT_ADVANCED)
    assert (event.new or {})["analysis"]["sample"] == 19 * 10


def test_a_candidate_is_judged_while_the_live_version_is_in_its_window() -> None:
    world = World()
    world.upload("1.0.0")
    world.upload("1.1.0")
    world.minutes(1)
    assert world.watched_versions() == ["1.0.0", "1.1.0"]
    assert go_on(world, 4, v1_1_0={"failed": 50}, v1_0_0={}) == [EventType.ROLLOUT_ABORTED]


def test_a_candidate_that_is_quarantined_elsewhere_ends_its_rollout_at_the_step() -> None:
    world = rolling()
    world.promote("1.0.0", "next")
    world.promote("1.1.0", "next")
    world.roll_back("checkout", "next", None, world.occasion())
    assert go_on(world, 12, v1_1_0={}, v1_0_0={}) == [EventType.ROLLOUT_ABORTED]
    assert "1.1.0 is quarantined" in world.events_of(EventType.ROLLOUT_ABORTED)[0].cause
    assert world.live == "1.0.0"


def test_the_tick_writes_nothing_while_there_is_no_channel() -> None:
    """A first deploy that fails deletes its buckets, in which there must be no object."""
    world = World("1.0.0")
    before = list(world.state.log)
    assert [tick.faults for tick in world.minutes(2)] == [[], []]
    assert (world.pages.pages, world.pages.listed, world.alarms.alarms) == ({}, Published(), {})
    assert world.state.log == before


# Alarms


def test_the_alarms_are_those_of_what_is_exposed() -> None:
    world = rolling()
    assert world.watched_versions() == ["1.1.0"]
    world.steer.advance("checkout", "latest", world.occasion())
    world.steer.advance("checkout", "latest", world.occasion())
    world.minutes(1)
    assert world.watched_versions() == ["1.1.0"]
    world.upload("1.1.1")
    assert world.watched_versions() == ["1.1.0", "1.1.1"]
    world.roll_back("checkout", "latest", None, world.occasion())
    world.minutes(7)
    assert world.watched_versions() == ["1.1.0"]
    world.minutes(61)
    assert world.alarms.standing() == []


def test_an_alarm_that_nothing_needs_yet_is_left_for_some_minutes() -> None:
    world = World("1.0.0")
    alarm = HealthAlarm("checkout", Version.parse("1.0.0"), "error-rate", 5, 20)  # type: ignore[arg-type]
    world.alarms.ensure([alarm])
    world.minutes(ALARM_GRACE // MINUTE)
    assert len(world.alarms.standing()) == 1
    (tick,) = world.minutes(1)
    assert tick.alarms_removed == 1
    assert world.alarms.standing() == []


def test_a_change_of_the_limits_rewrites_the_alarms_in_place() -> None:
    world = rolling()
    names = set(world.alarms.alarms)
    world.change_policy(
        "checkout",
        lambda p: replace(p, thresholds=replace(p.thresholds, error_rate=3, minimum_sample=50)),
        world.occasion(),
    )
    (tick,) = world.minutes(1)
    assert (tick.alarms_made, tick.alarms_removed) == (3, 0)
    assert set(world.alarms.alarms) == names
    found = {(a.alarm.check.value, a.alarm.limit, a.alarm.minimum_sample) for a in world.alarms.standing() if a.alarm}
    assert found == {("error-rate", 3, 50), ("latency", 2000, 50), ("memory", 100, 50)}
    (tick,) = world.minutes(1)
    assert (tick.alarms_made, tick.alarms_removed) == (0, 0)


def test_an_alarm_that_somebody_changed_or_removed_is_made_anew() -> None:
    world = rolling()
    first, second, third = sorted(world.alarms.alarms)
    kept = {name: world.alarms.alarms[name].alarm for name in (first, second, third)}
    world.alarms.spoil(first)
    world.alarms.remove([second])
    world.minutes(10)
    assert {name: each.alarm for name, each in world.alarms.alarms.items()} == kept


def test_a_release_is_rolled_back_before_an_alarm_is_corrected() -> None:
    class Slow(FakeAlarms):
        """Each call takes as long as is left; what has happened by then is known."""

        def ensure(self, alarms: Sequence[HealthAlarm]) -> None:
            before_alarms.append(world.phase)
            super().ensure(alarms)

    before_alarms: list[str | None] = []
    world = rolling()
    world.upload("1.0.0", "button")
    watch = replace(world.watch, alarms=Slow(lambda: world.now))
    for _ in range(3):
        world.report("1.1.0", failed=50)
        world.minutes(1, tick=False)
    tick = watch(world.occasion())
    assert [change.event for change in tick.changes] == [EventType.ROLLOUT_ABORTED]
    assert before_alarms == ["aborted"] * 3
    assert tick.alarms_made == 3


def test_alarms_are_made_three_a_second_at_most_and_as_many_as_there_is_time_for() -> None:
    world = World(policy=Policy())
    widgets = [f"w-{number:03}" for number in range(60)]
    for widget in widgets:
        world.upload("1.0.0", widget)
    world.upload("1.1.0", "w-059")
    world.alarms.alarms.clear()
    tick = world.tick()
    # 40 seconds of the minute; the health pages have the rest.
    assert 3 * world.slept >= tick.alarms_made - 1
    assert (tick.alarms_made, tick.alarms_postponed) == (len(world.alarms.standing()), 183 - tick.alarms_made)
    assert 100 < tick.alarms_made < 120
    assert world.slept <= 40
    assert ("w-059", "1.1.0") in {(a.alarm.widget, str(a.alarm.version)) for a in world.alarms.standing() if a.alarm}
    assert len(world.pages.pages) == 61
    (tick,) = world.minutes(1)
    assert (tick.alarms_postponed, len(world.alarms.standing())) == (0, 183)
    assert tick.faults == []


def test_without_time_a_tick_says_how_many_channels_were_not_checked() -> None:
    world = rolling()
    world.tick_seconds = 4
    (tick,) = world.minutes(1)
    ((what, fault),) = tick.faults
    assert (what, str(fault)) == ("time", "1 channels were not checked")
    assert tick.changes == []


def test_where_there_is_time_for_some_rollouts_come_first_and_the_rest_in_turns() -> None:
    class Slow(FakeState):
        """Each check costs ten seconds."""

        def commit(self, transaction: Transaction) -> None:
            super().commit(transaction)
            closed.extend(e.widget for e in transaction.events if e.type is EventType.ROLLBACK_WINDOW_CLOSED)
            if closed:
                world.slept += 10

    closed: list[str] = []
    world = World(state=Slow())
    for number in range(12):
        world.upload("1.0.0", f"w-{number:02}")
    world.minutes(70, tick=False)
    first = len(world.tick().changes)
    assert first == 6
    world.minutes(1)
    assert sorted(closed) == [f"w-{number:02}" for number in range(12)]


# Other channels, other writers


def test_a_channel_whose_check_fails_does_not_stop_the_rest() -> None:
    class Broken(FakeState):
        def release(self, widget: str, version: Version) -> Any:
            if widget == "broken" and ticking:
                raise ZeroDivisionError("a bug")
            return super().release(widget, version)

    ticking = False
    world = World(state=Broken())
    for widget in ("broken", "alpha", "zeta"):
        world.upload("1.0.0", widget)
    for widget in ("broken", "alpha", "zeta"):
        world.upload("1.1.0", widget)
    for _ in range(11):
        for widget in ("broken", "alpha", "zeta"):
            world.report("1.1.0", widget=widget)
        world.minutes(1, tick=False)
    ticking = True
    tick = world.tick()
    assert sorted(change.widget for change in tick.changes) == ["alpha", "zeta"]
    ((where, fault),) = tick.faults
    assert where == "broken/latest"
    assert isinstance(fault, ZeroDivisionError)


def test_who_was_faster_is_not_overwritten_and_is_no_fault() -> None:
    class Racing(FakeState):
        """An operator pauses between the tick's read and its write."""

        raced = False

        def commit(self, transaction: Transaction) -> None:
            events = [event.type for event in transaction.events]
            if events == [EventType.ROLLOUT_ADVANCED] and not self.raced:
                self.raced = True
                world.steer.pause("checkout", "latest", world.occasion())
            super().commit(transaction)

    world = World(state=Racing())
    world.upload("1.0.0")
    world.upload("1.1.0")
    assert go_on(world, 15, v1_1_0={}) == []
    assert world.phase == "paused"
    assert world.events_of(EventType.ROLLOUT_ADVANCED) == []


def test_a_channel_as_an_index_that_lags_behind_shows_it_is_not_written() -> None:
    class Lagging(FakeState):
        shown: Sequence[Channel] | None = None

        def watched(self) -> list[Channel]:
            return list(self.shown) if self.shown is not None else super().watched()

    state = Lagging()
    world = World(state=state)
    world.upload("1.0.0")
    world.upload("1.1.0")
    state.shown = state.watched()
    world.steer.abort("checkout", "latest", world.occasion())
    before = world.channel()
    go_on(world, 15, v1_1_0={})
    assert world.channel() == before


# What fails does not take the other path with it


class _NoAlarms(FakeAlarms):
    """CloudWatch's alarms can't be read, made or removed."""

    failing: frozenset[str] = frozenset()

    def ensure(self, alarms: Sequence[HealthAlarm]) -> None:
        if "ensure" in self.failing:
            raise OSError("LimitExceeded")
        super().ensure(alarms)

    def standing(self) -> list[StandingAlarm]:
        if "standing" in self.failing:
            raise OSError("Throttling")
        return super().standing()


class _NoMetrics(FakeMetrics):
    def periods(self, *_: object) -> dict[Subject, list[Datapoint]]:
        raise OSError("PartialData")


@pytest.mark.parametrize("failing", ["ensure", "standing"])
def test_when_the_alarms_fail_the_metrics_still_take_a_bad_release_back(failing: str) -> None:
    world = rolling()
    # Its alarms can't be made, or not be read.
    world.upload("1.0.0", "button")
    alarms = _NoAlarms(lambda: world.now)
    alarms.failing = frozenset({failing})
    watch = replace(world.watch, alarms=alarms)
    for _ in range(3):
        world.report("1.1.0", failed=50)
        world.minutes(1, tick=False)
    tick = watch(world.occasion())
    assert [change.event for change in tick.changes] == [EventType.ROLLOUT_ABORTED]
    assert [type(fault) for _, fault in tick.faults] == [OSError]


def test_when_the_metrics_fail_the_alarms_still_take_a_bad_release_back_and_no_step_is_left() -> None:
    world = rolling()
    world.change_policy("checkout", lambda p: replace(p, on_inconclusive="pass"), world.occasion())
    watch = replace(world.watch, metrics=_NoMetrics())
    world.minutes(30, tick=False)
    tick = watch(world.occasion())
    assert tick.changes == []
    assert [type(fault) for _, fault in tick.faults] == [OSError]
    assert world.percent == 1
    world.sound("1.1.0")
    tick = watch(world.occasion())
    assert [change.event for change in tick.changes] == [EventType.ROLLOUT_ABORTED]


# Cost


@pytest.mark.parametrize("busy", [1, 20])
def test_the_calls_of_a_tick_do_not_grow_with_the_widgets_that_nothing_happens_to(busy: int) -> None:
    def calls_with(idle: int) -> list[str]:
        world = World(policy=Policy())
        for number in range(idle):
            world.upload("1.0.0", f"idle-{number}")
        world.minutes(25 * 60, tick=False)
        world.minutes(2)
        assert world.state.watched() == []
        assert world.alarms.standing() == []
        for number in range(busy):
            world.upload("1.0.0", f"busy-{number}")
        world.minutes(6, tick=False)
        calls: list[str] = []
        state, alarms, metrics = (counted(port, calls) for port in (world.state, world.alarms, world.metrics))
        start = StartWaiting(state, world.promote_upload)
        watch = replace(world.watch, state=state, alarms=alarms, metrics=metrics, start_waiting=start)
        assert watch(world.occasion()).watched == busy
        return sorted(calls)

    calls = calls_with(1000)
    assert calls == calls_with(0)
    # Two of them are for freezes, and for releases that wait for the end of one; two for channels at rest, and for
    # releases that are quarantined.
    assert len(calls) <= 9


def test_metrics_are_asked_for_in_one_call_however_many_rollouts_there_are() -> None:
    class Asked(FakeMetrics):
        def __init__(self) -> None:
            super().__init__()
            self.calls: list[int] = []

        def periods(
            self,
            subjects: Sequence[Subject],
            count: int,
            now: datetime,
            custom: CustomMetrics = NO_CUSTOM_METRICS,
        ) -> dict[Subject, list[Datapoint]]:
            self.calls.append(len(subjects))
            return super().periods(subjects, count, now, custom)

        def totals(self, spans: Sequence[Span], custom: CustomMetrics = NO_CUSTOM_METRICS) -> dict[Span, Datapoint]:
            self.calls.append(len(spans))
            return super().totals(spans, custom)

    world = World()
    for number in range(7):
        world.upload("1.0.0", f"w-{number}")
        world.upload("1.1.0", f"w-{number}")
    world.minutes(1)
    asked = Asked()
    replace(world.watch, metrics=asked)(world.occasion())
    assert asked.calls == [14]
    world.minutes(10, tick=False)
    replace(world.watch, metrics=asked)(world.occasion())
    assert asked.calls[1:] == [14, 14]
