"""Rollouts: uploads, alarms, ticks and operators that start, change and end them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edgeship.adapters.dynamodb.health.error_books import DynamoDBErrorBooks
from edgeship.bootstrap import operator, promotion
from edgeship.domain.channels.rollout import Step
from edgeship.domain.errors import Refused
from edgeship.domain.events import timestamp
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.requirements.requirement import Requirement
from edgeship.domain.telemetry.beacon import fingerprint
from edgeship.domain.telemetry.error_book import ErrorBook, KeptError
from edgeship.domain.version import Version
from tests.support.crash.scenes.actors import (
    ANN,
    NOW,
    UNHEALTHY_SINCE,
    alarm,
    alarm_on,
    make_live,
    on,
    promote,
    registered,
    tick,
    tools,
)
from tests.support.crash.search import Scene
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.function_env import function_env

STARTED = datetime(2026, 11, 23, 10, 0, 40, tzinfo=UTC)
FIRST_MINUTE = datetime(2026, 11, 23, 10, 1, tzinfo=UTC)
BAKED = datetime(2026, 11, 23, 10, 11, 20, tzinfo=UTC)
"""The first step's ten minutes are over."""
MINUTES = 10
ALARMS_MADE = NOW + timedelta(days=1)
"""Later than any tick: no alarm is old enough to be removed unless a scene dates it."""
FOR_EVER = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())

QUICK = (Step(10, 600), Step(50, 600), Step(100, 0))
LAST = (Step(50, 600), Step(100, 0))
HEALTHY = {"sessions": 400, "failed_sessions": 4}
UNHEALTHY = {"sessions": 400, "failed_sessions": 80}
STABLE, CANDIDATE = Version.parse("1.0.0"), Version.parse("1.1.0")


def live(aws: Aws, *, steps: tuple[Step, ...] = QUICK, **policy: Any) -> None:
    """1.0.0 is live, and 1.1.0 is registered."""
    registered(aws, str(STABLE), str(CANDIDATE))
    make_live(str(STABLE))
    tools().policy("checkout", lambda before: replace(before, steps=steps, **policy), ANN)


def rolling_out(aws: Aws, *, steps: tuple[Step, ...] = QUICK, **policy: Any) -> None:
    live(aws, steps=steps, **policy)
    tools().start_rollout("checkout", CANDIDATE, "latest", replace(ANN, at=STARTED))


def measured(aws: Aws, candidate: Mapping[str, float], stable: Mapping[str, float] = HEALTHY) -> None:
    aws.report("checkout", str(CANDIDATE), FIRST_MINUTE, MINUTES, **candidate)
    aws.report("checkout", str(STABLE), FIRST_MINUTE, MINUTES, **stable)


def upload_starts_a_rollout(aws: Aws) -> Callable[[], None]:
    live(aws)
    return lambda: promote(aws, str(CANDIDATE))


def upload_replaces_a_rollout(aws: Aws) -> Callable[[], None]:
    rolling_out(aws, during_rollout="replace")
    registered(aws, "1.2.0")
    return lambda: promote(aws, "1.2.0")


def waiting_release_starts(aws: Aws) -> Callable[[], None]:
    """1.2.0 came while 1.1.0 was rolled out, which is now complete."""
    rolling_out(aws)
    registered(aws, "1.2.0")
    promote(aws, "1.2.0")
    assert aws.state.channel("checkout", "latest").candidate == CANDIDATE
    make_live(str(CANDIDATE), BAKED)

    def deliver() -> None:
        use_case = replace(promotion.build(function_env("promotion", aws)), pause=lambda _: None)
        use_case.promote_waiting("checkout", on(BAKED))

    return deliver


def waiting_release_starts_after_a_lock(aws: Aws) -> Callable[[], None]:
    """1.1.0 was aborted, 1.2.0 came while the channel was locked, and now it is unlocked."""
    rolling_out(aws)
    tools().steer_rollout.abort("checkout", "latest", replace(ANN, at=STARTED))
    registered(aws, "1.2.0")
    promote(aws, "1.2.0")
    tools().unlock("checkout", "latest", ANN)

    def deliver() -> None:
        use_case = replace(promotion.build(function_env("promotion", aws)), pause=lambda _: None)
        use_case.promote_waiting("checkout", on(BAKED))

    return deliver


def alarm_of_the_candidate(aws: Aws) -> Callable[[], None]:
    rolling_out(aws)
    return lambda: alarm(aws, CANDIDATE, BAKED)


def alarm_of_the_candidate_in_an_outage(aws: Aws) -> Callable[[], None]:
    rolling_out(aws)
    measured(aws, UNHEALTHY, UNHEALTHY)
    return lambda: alarm(aws, CANDIDATE, BAKED)


def tick_in_an_outage(aws: Aws) -> Callable[[], None]:
    rolling_out(aws)
    measured(aws, UNHEALTHY, UNHEALTHY)
    return lambda: tick(aws, BAKED, pages=False)


def alarm_of_the_live_version(aws: Aws) -> Callable[[], None]:
    live(aws)
    make_live(str(CANDIDATE), STARTED)
    return lambda: alarm(aws, CANDIDATE, BAKED)


def alarm_passes_over_what_is_gone(aws: Aws) -> Callable[[], None]:
    live(aws)
    make_live(str(CANDIDATE), STARTED)
    registered(aws, "1.2.0")
    make_live("1.2.0", STARTED)
    aws.s3.delete_object(Bucket=NAMES.site_bucket, Key=f"checkout/v{CANDIDATE}/widget.js")
    return lambda: alarm(aws, Version.parse("1.2.0"), BAKED)


def alarm_with_nothing_to_go_back_to(aws: Aws) -> Callable[[], None]:
    live(aws)
    return lambda: alarm(aws, STABLE, BAKED)


def alarm_after_the_window(aws: Aws) -> Callable[[], None]:
    live(aws)
    make_live(str(CANDIDATE), STARTED)
    late = STARTED + timedelta(days=2)
    return lambda: alarm(aws, CANDIDATE, late, late)


def ticks(
    candidate: Mapping[str, float] | None = None,
    *,
    at: datetime = BAKED,
    steps: tuple[Step, ...] = QUICK,
    pages: bool = False,
    before: datetime | None = None,
    **policy: Any,
) -> Scene:
    """A tick of a rollout of which this was measured, and one `before` it."""

    def scene(aws: Aws) -> Callable[[], None]:
        rolling_out(aws, steps=steps, **policy)
        if before is not None:
            tick(aws, before)
        if candidate is not None:
            measured(aws, candidate)
        return lambda: tick(aws, at, pages=pages)

    return scene


def tick_sees_an_alarm(aws: Aws) -> Callable[[], None]:
    """It went off, but its event never came."""
    rolling_out(aws)
    aws.put_in_alarm(alarm_on(CANDIDATE), UNHEALTHY_SINCE)
    return lambda: tick(aws, BAKED, pages=False)


def tick_finds_the_live_version_unhealthy(aws: Aws) -> Callable[[], None]:
    live(aws)
    make_live(str(CANDIDATE), STARTED)
    measured(aws, UNHEALTHY)
    return lambda: tick(aws, BAKED)


def tick_follows_a_quarantine(*, rolling: bool) -> Scene:
    """A person rolled `next` back from what is a candidate in `latest`, or live there."""

    def scene(aws: Aws) -> Callable[[], None]:
        rolling_out(aws) if rolling else live(aws)
        if not rolling:
            make_live(str(CANDIDATE), STARTED)
        for version in (STABLE, CANDIDATE):
            tools().promote("checkout", version, "next", replace(ANN, at=STARTED))
        tools().roll_back("checkout", "next", None, replace(ANN, at=STARTED + timedelta(minutes=1)))
        return lambda: tick(aws, BAKED, pages=False)

    return scene


def tick_makes_what_is_missing(aws: Aws) -> Callable[[], None]:
    rolling_out(aws)
    aws.cloudwatch.delete_alarms(AlarmNames=list(aws.alarms())[::2])
    return lambda: tick(aws, NOW, pages=False)


def tick_follows_the_policy(aws: Aws) -> Callable[[], None]:
    rolling_out(aws)
    tools().policy("checkout", lambda policy: replace(policy, thresholds=Thresholds(latency_ms=1500)), ANN)
    return lambda: tick(aws, NOW, pages=False)


def tick_removes_what_is_left_over(aws: Aws) -> Callable[[], None]:
    """The candidate was given up: its alarms and its page are those of before. The stable version is still watched."""
    rolling_out(aws)
    measured(aws, HEALTHY)
    thrown(aws, "Error: no price for 3 items")
    tick(aws, BAKED - timedelta(minutes=5))
    tools().steer_rollout.abort("checkout", "latest", replace(ANN, at=STARTED))
    aws.date_alarms(STARTED)
    return lambda: tick(aws, BAKED)


def tick_closes_the_window(aws: Aws) -> Callable[[], None]:
    live(aws)
    tick(aws, STARTED)
    return lambda: tick(aws, NOW + timedelta(days=1))


def thrown(aws: Aws, message: str) -> None:
    """Let browsers have reported an error of the candidate, in a book that outlasts these tests."""
    error = KeptError(fingerprint(message), message, 3, 0, timestamp(STARTED), timestamp(STARTED))
    books = DynamoDBErrorBooks(aws.dynamodb, NAMES.table, lambda: STARTED)
    books.write(ErrorBook("checkout", CANDIDATE, (error,), expires_at=FOR_EVER))


def by_an_operator(act: Callable[[operator.Operator], object], *, paused: bool = False) -> Scene:
    """An operator acts on a rollout, and looks at the answer before acting again."""

    def scene(aws: Aws) -> Callable[[], None]:
        rolling_out(aws)
        if paused:
            tools().steer_rollout.pause("checkout", "latest", replace(ANN, at=STARTED))

        def deliver() -> None:
            try:
                act(tools())
            except Refused as refused:
                if refused.code not in ("phase_invalid", "already_live", "already_held"):
                    raise

        return deliver

    return scene


def started_by_an_operator(aws: Aws) -> Callable[[], None]:
    live(aws)

    def deliver() -> None:
        try:
            tools().start_rollout("checkout", CANDIDATE, "latest", ANN)
        except Refused as refused:
            if refused.code != "rollout_running":
                raise

    return deliver


def advanced_by_an_operator(aws: Aws) -> Callable[[], None]:
    rolling_out(aws)

    def deliver() -> None:
        """Whoever lost the connection looks at the status, and advances if that is still needed."""
        each = tools()
        under_way = each.state.channel("checkout", "latest").rollout
        if under_way is not None and under_way.step == 0:
            each.steer_rollout.advance("checkout", "latest", ANN)

    return deliver


def frozen(widget: str | None, hours: int = 1, at: datetime = NOW) -> None:
    tools().freeze.set(widget, NOW + timedelta(hours=hours), replace(ANN, at=at))


def upload_is_left_by_a_freeze(aws: Aws) -> Callable[[], None]:
    live(aws)
    frozen(None)
    return lambda: promote(aws, str(CANDIDATE))


def end_of_a_rollout_is_left_by_a_freeze(aws: Aws) -> Callable[[], None]:
    deliver = waiting_release_starts(aws)
    frozen("checkout")
    return deliver


def tick_starts_what_waited(*, steps: tuple[Step, ...] = QUICK) -> Scene:
    def scene(aws: Aws) -> Callable[[], None]:
        live(aws, steps=steps)
        frozen("checkout")
        promote(aws, str(CANDIDATE))
        return lambda: tick(aws, NOW + timedelta(hours=2), pages=False)

    return scene


def tick_finds_that_nothing_waits(aws: Aws) -> Callable[[], None]:
    tick_starts_what_waited()(aws)
    tools().policy("checkout", lambda policy: replace(policy, auto=frozenset()), ANN)
    return lambda: tick(aws, NOW + timedelta(hours=2), pages=False)


def tick_holds_a_frozen_step(aws: Aws) -> Callable[[], None]:
    rolling_out(aws)
    frozen(None)
    measured(aws, HEALTHY)
    return lambda: tick(aws, BAKED, pages=False)


def freeze_set_by_an_operator(widget: str | None) -> Scene:
    def scene(_: Aws) -> Callable[[], None]:
        def deliver() -> None:
            try:
                frozen(widget)
            except Refused as refused:
                if refused.code != "freeze_unchanged":
                    raise

        return deliver

    return scene


def freeze_lifted_by_an_operator(_: Aws) -> Callable[[], None]:
    frozen("checkout")

    def deliver() -> None:
        try:
            tools().freeze.lift("checkout", replace(ANN, at=NOW))
        except Refused as refused:
            if refused.code != "not_frozen":
                raise

    return deliver


def environment_changed_by_an_operator(aws: Aws) -> Callable[[], None]:
    live(aws)

    def deliver() -> None:
        try:
            tools().environment.set("api", "4.2", replace(ANN, at=NOW))
        except Refused as refused:
            if refused.code != "environment_unchanged":
                raise
        assert tools().unserved() == ()

    return deliver


def alarm_passes_over_what_is_not_served(aws: Aws) -> Callable[[], None]:
    registered(aws, "1.0.0")
    registered(aws, "1.1.0", requires=(Requirement("api", "4"),))
    registered(aws, "1.2.0")
    tools().environment.set("api", "4.2", ANN)
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        make_live(version)
    tools().environment.set("api", "5", ANN)
    return lambda: alarm(aws, Version.parse("1.2.0"), BAKED)


SCENES: dict[str, Scene] = {
    "environment changed by an operator": environment_changed_by_an_operator,
    "alarm that passes over what is not served": alarm_passes_over_what_is_not_served,
    "promotion left by a freeze": upload_is_left_by_a_freeze,
    "end of a rollout left by a freeze": end_of_a_rollout_is_left_by_a_freeze,
    "tick starts what waited for a freeze": tick_starts_what_waited(),
    "tick moves to what waited for a freeze": tick_starts_what_waited(steps=(Step(100, 0),)),
    "tick finds that nothing waits any more": tick_finds_that_nothing_waits,
    "tick holds a frozen step": tick_holds_a_frozen_step,
    "freeze of a widget by an operator": freeze_set_by_an_operator("checkout"),
    "freeze of every widget by an operator": freeze_set_by_an_operator(None),
    "freeze lifted by an operator": freeze_lifted_by_an_operator,
    "promotion starts a rollout": upload_starts_a_rollout,
    "promotion replaces a rollout": upload_replaces_a_rollout,
    "promotion of what waited for a rollout": waiting_release_starts,
    "alarm of the candidate": alarm_of_the_candidate,
    "alarm of the candidate in an outage of both": alarm_of_the_candidate_in_an_outage,
    "alarm of the live version": alarm_of_the_live_version,
    "alarm that passes over what is gone": alarm_passes_over_what_is_gone,
    "alarm with nothing to go back to": alarm_with_nothing_to_go_back_to,
    "alarm after the window": alarm_after_the_window,
    "tick advances": ticks(HEALTHY),
    "tick completes": ticks(HEALTHY, steps=LAST, pages=True),
    "tick aborts": ticks(UNHEALTHY, pages=True, before=STARTED),
    "tick aborts by comparison": ticks(
        UNHEALTHY, pages=True, before=STARTED, thresholds=Thresholds(error_rate=50, soft_error_points=100)
    ),
    "tick pauses": ticks(UNHEALTHY, pages=True, thresholds=Thresholds(error_rate=50, margin_points=100)),
    "tick holds": ticks(),
    "tick notifies of the candidate": ticks(UNHEALTHY, at=BAKED - timedelta(minutes=5), mode="watch"),
    "tick advances by the schedule": ticks(mode="watch"),
    "tick pauses in an outage of both": tick_in_an_outage,
    "tick has nothing to do": ticks(HEALTHY, at=BAKED - timedelta(minutes=5), pages=True, before=STARTED),
    "tick sees an alarm": tick_sees_an_alarm,
    "tick rolls back the live version": tick_finds_the_live_version_unhealthy,
    "tick aborts what another channel quarantined": tick_follows_a_quarantine(rolling=True),
    "tick rolls back what another channel quarantined": tick_follows_a_quarantine(rolling=False),
    "tick makes missing alarms": tick_makes_what_is_missing,
    "tick changes alarms with the policy": tick_follows_the_policy,
    "tick removes what is left over": tick_removes_what_is_left_over,
    "tick closes the window": tick_closes_the_window,
    "rollout started by an operator": started_by_an_operator,
    "rollout held by an operator": by_an_operator(lambda o: o.steer_rollout.hold("checkout", "latest", ANN)),
    "rollout cancelled by an operator": by_an_operator(lambda o: o.steer_rollout.cancel("checkout", "latest", ANN)),
    "promotion of what waited for a lock": waiting_release_starts_after_a_lock,
    "rollout paused by an operator": by_an_operator(lambda o: o.steer_rollout.pause("checkout", "latest", ANN)),
    "rollout resumed by an operator": by_an_operator(
        lambda o: o.steer_rollout.resume("checkout", "latest", ANN), paused=True
    ),
    "rollout advanced by an operator": advanced_by_an_operator,
    "rollout aborted by an operator": by_an_operator(lambda o: o.steer_rollout.abort("checkout", "latest", ANN)),
    "rollout completed by an operator": by_an_operator(
        lambda o: o.promote("checkout", CANDIDATE, "latest", replace(ANN, at=BAKED))
    ),
}
