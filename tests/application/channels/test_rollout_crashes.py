"""Rollouts, and the two paths that end one: each dies at every AWS call, alone and beside the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from edgeship.adapters.cloudwatch.alarm_definitions import alarm_name
from edgeship.adapters.dynamodb.error_books import DynamoDBErrorBooks
from edgeship.application.transaction import Transaction
from edgeship.bootstrap import operator, promotion, rollback, rollout
from edgeship.domain.channels.rollout import Step
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion, timestamp
from edgeship.domain.health.alarms import HealthAlarm
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.health_page import Page
from edgeship.domain.health.thresholds import Check, Thresholds
from edgeship.domain.releases.release import Release
from edgeship.domain.telemetry.beacon import fingerprint
from edgeship.domain.telemetry.error_book import ErrorBook, KeptError
from edgeship.domain.version import Version
from tests.application.test_crashes import (
    ANN,
    NOW,
    Scene,
    dies_again_and_again,
    dies_anywhere,
    make_live,
    play,
    promote,
)
from tests.fakes.health import FakeHealthPages
from tests.fakes.telemetry import FakeErrorBooks
from tests.support.aws import ALARM_REASON, NAMES, Aws, empty_again, function_env
from tests.support.crash import Death, process, run

STARTED = datetime(2026, 11, 23, 10, 0, 40, tzinfo=UTC)
FIRST_MINUTE = datetime(2026, 11, 23, 10, 1, tzinfo=UTC)
BAKED = datetime(2026, 11, 23, 10, 11, 20, tzinfo=UTC)
"""The first step's ten minutes are over."""
MINUTES = 10
ILL_SINCE = datetime(2026, 11, 23, 10, 9, 30, tzinfo=UTC)

ALARMS_MADE = NOW + timedelta(days=1)
"""Later than any tick: no alarm is old enough to be removed unless a scene dates it."""

FOR_EVER = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())

QUICK = (Step(10, 600), Step(50, 600), Step(100, 0))
LAST = (Step(50, 600), Step(100, 0))
WELL = {"sessions": 400, "failed_sessions": 4}
ILL = {"sessions": 400, "failed_sessions": 80}
LIMIT = 5.0
STABLE, CANDIDATE = Version.parse("1.0.0"), Version.parse("1.1.0")


def tools() -> operator.Operator:
    return operator.build(NAMES, boto3.DEFAULT_SESSION or boto3.Session(), None)


def on(at: datetime) -> Occasion:
    """Both paths act on the same occasion, so what they leave behind does not tell which of them it was."""
    return Occasion(NAMES.environment, "edgeship", "something happened", at)


def tick(aws: Aws, at: datetime, *, pages: bool = True) -> None:
    """Without `pages`, those and what they tell of errors lie elsewhere: they are many calls to die at."""
    watch, environment = rollout.build(function_env("rollout", aws))
    assert environment == NAMES.environment
    publish = watch.publish
    if not pages:
        publish = replace(publish, pages=FakeHealthPages(), errors=FakeErrorBooks(lambda: at))
    done = replace(watch, react=replace(watch.react, pause=lambda _: None), publish=publish)(on(at))
    assert not done.faults, done.faults


def alarm(aws: Aws, version: Version, at: datetime, since: datetime = ILL_SINCE) -> None:
    """One delivery of the event that an alarm on a version's error rate sends."""
    use_case = replace(rollback.build(function_env("rollback", aws))[0], pause=lambda _: None)
    breach = Breach.by_alarm(("checkout", version), Check.ERROR_RATE, LIMIT, alarm_on(version), ALARM_REASON, since)
    use_case(breach, on(at))


def alarm_on(version: Version) -> str:
    return alarm_name(NAMES.environment, HealthAlarm("checkout", version, Check.ERROR_RATE, LIMIT, 100))


def registered(aws: Aws, *versions: str) -> None:
    """Releases without their files, of which no rollout knows anything."""
    for version in versions:
        release = Release(
            widget="checkout",
            version=Version.parse(version),
            digest="0" * 64,
            entrypoint="widget.js",
            files=1,
            total_bytes=3,
            created_at=timestamp(NOW),
            git_commit=None,
            registered_at=timestamp(NOW),
            registered_by="test",
        )
        aws.state.commit(Transaction(puts=(release,), events=(), registers=release))


def live(aws: Aws, *, steps: tuple[Step, ...] = QUICK, **policy: Any) -> None:
    """1.0.0 is live, and 1.1.0 is registered."""
    registered(aws, str(STABLE), str(CANDIDATE))
    make_live(str(STABLE))
    tools().policy("checkout", lambda before: replace(before, steps=steps, **policy), ANN)


def rolling_out(aws: Aws, *, steps: tuple[Step, ...] = QUICK, **policy: Any) -> None:
    live(aws, steps=steps, **policy)
    tools().start_rollout("checkout", CANDIDATE, "latest", replace(ANN, at=STARTED))


def measured(aws: Aws, candidate: Mapping[str, float], stable: Mapping[str, float] = WELL) -> None:
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
        use_case.judge_waiting("checkout", on(BAKED))

    return deliver


def alarm_of_the_candidate(aws: Aws) -> Callable[[], None]:
    rolling_out(aws)
    return lambda: alarm(aws, CANDIDATE, BAKED)


def alarm_of_the_live_version(aws: Aws) -> Callable[[], None]:
    live(aws)
    make_live(str(CANDIDATE), STARTED)
    return lambda: alarm(aws, CANDIDATE, BAKED)


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
    aws.put_in_alarm(alarm_on(CANDIDATE), ILL_SINCE)
    return lambda: tick(aws, BAKED, pages=False)


def tick_finds_the_live_version_ill(aws: Aws) -> Callable[[], None]:
    live(aws)
    make_live(str(CANDIDATE), STARTED)
    measured(aws, ILL)
    return lambda: tick(aws, BAKED)


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
    measured(aws, WELL)
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
                if refused.code not in ("phase_invalid", "already_live"):
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


SCENES: dict[str, Scene] = {
    "promotion starts a rollout": upload_starts_a_rollout,
    "promotion replaces a rollout": upload_replaces_a_rollout,
    "promotion of what waited for a rollout": waiting_release_starts,
    "alarm of the candidate": alarm_of_the_candidate,
    "alarm of the live version": alarm_of_the_live_version,
    "alarm with nothing to go back to": alarm_with_nothing_to_go_back_to,
    "alarm after the window": alarm_after_the_window,
    "tick advances": ticks(WELL),
    "tick completes": ticks(WELL, steps=LAST, pages=True),
    "tick aborts": ticks(ILL, pages=True, before=STARTED),
    "tick pauses": ticks(ILL, pages=True, thresholds=Thresholds(error_rate=50)),
    "tick holds": ticks(),
    "tick has nothing to do": ticks(WELL, at=BAKED - timedelta(minutes=5), pages=True, before=STARTED),
    "tick sees an alarm": tick_sees_an_alarm,
    "tick takes the live version back": tick_finds_the_live_version_ill,
    "tick makes missing alarms": tick_makes_what_is_missing,
    "tick changes alarms with the policy": tick_follows_the_policy,
    "tick removes what is left over": tick_removes_what_is_left_over,
    "tick closes the window": tick_closes_the_window,
    "rollout started by an operator": started_by_an_operator,
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


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudWatch's clock shows the scenes' time: how old an alarm is decides whether it may be removed."""
    monkeypatch.setattr("moto.cloudwatch.models.utcnow", lambda: ALARMS_MADE.replace(tzinfo=None))


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_dies_anywhere_and_ends_the_same(name: str) -> None:
    dies_anywhere(SCENES[name])


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_dies_again_and_again_and_ends_the_same(name: str) -> None:
    dies_again_and_again(SCENES[name])


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_a_repeated_event_changes_nothing(name: str) -> None:
    scene = SCENES[name]
    assert play(scene, [Death(), Death(), Death()]) == play(scene, [Death()])


@dataclass(frozen=True)
class Paths:
    """Two ways to the same end: the alarm's event, and the tick that sees the alarm."""

    aws: Aws
    version: Version

    def event(self) -> None:
        alarm(self.aws, self.version, BAKED)

    def tick(self) -> None:
        """Without the pages, which the event has nothing to do with."""
        tick(self.aws, BAKED, pages=False)


def candidate_in_alarm(aws: Aws) -> Paths:
    rolling_out(aws)
    aws.put_in_alarm(alarm_on(CANDIDATE), ILL_SINCE)
    return Paths(aws, CANDIDATE)


def live_version_in_alarm(aws: Aws) -> Paths:
    live(aws)
    make_live(str(CANDIDATE), STARTED)
    aws.put_in_alarm(alarm_on(CANDIDATE), ILL_SINCE)
    return Paths(aws, CANDIDATE)


def nothing_to_go_back_to(aws: Aws) -> Paths:
    live(aws)
    aws.put_in_alarm(alarm_on(STABLE), ILL_SINCE)
    return Paths(aws, STABLE)


BOTH: dict[str, Callable[[Aws], Paths]] = {
    "candidate": candidate_in_alarm,
    "live version": live_version_in_alarm,
    "nothing to go back to": nothing_to_go_back_to,
}
ORDERS = {"the event first": ("event", "tick"), "the tick first": ("tick", "event")}


def meet(scene: Callable[[Aws], Paths], runs: list[tuple[str, Death]]) -> dict[str, Any]:
    aws = empty_again()
    with process(Death()):
        paths = scene(aws)
    for name, death in runs:
        run(getattr(paths, name), death)
    return {"items": aws.items(), "alarms": aws.alarms()}


def alone(scene: Callable[[Aws], Paths], path: str) -> tuple[dict[str, Any], int]:
    """What one path leaves, the other never having come, and how many calls that took."""
    count = Death()
    return meet(scene, [(path, count)]), count.calls


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", BOTH)
def test_either_path_suffices(name: str) -> None:
    scene = BOTH[name]
    assert alone(scene, "event")[0] == alone(scene, "tick")[0]


def deaths(calls: int) -> list[Death]:
    """Before the first call and after each: what lies between two calls, nobody can see."""
    return [Death(0, "before"), *(Death(call, "after") for call in range(calls))]


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", BOTH)
def test_the_other_path_makes_good_what_the_first_died_of(name: str, order: str) -> None:
    """The first is never tried again, wherever it died."""
    scene, (first, second) = BOTH[name], ORDERS[order]
    expected, _ = alone(scene, second)
    for death in deaths(alone(scene, first)[1]):
        assert meet(scene, [(first, death), (second, Death())]) == expected, death


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("order", ORDERS)
def test_both_die_anywhere_and_end_the_same(order: str) -> None:
    """Each is killed once, at every pair of their calls, and both are delivered again."""
    scene, (first, second) = BOTH["candidate"], ORDERS[order]
    (expected, calls), (_, others) = alone(scene, first), alone(scene, second)
    for one in range(calls):
        for other in range(others):
            runs = [(first, Death(one, "after")), (second, Death(other, "after")), (second, Death()), (first, Death())]
            assert meet(scene, runs) == expected, (one, other)


@pytest.mark.usefixtures("aws")
def test_no_page_of_a_tick_that_died_says_for_ever_that_its_version_is_watched() -> None:
    """The rollout is over before the next tick, which knows of the candidate by the list alone."""

    def page_after(death: Death) -> Page | None:
        aws = empty_again()
        with process(Death()):
            rolling_out(aws)
        run(lambda: tick(aws, STARTED), death)
        with process(Death()):
            tools().steer_rollout.abort("checkout", "latest", replace(ANN, at=STARTED))
            tick(aws, BAKED)
        assert aws.health_pages.published().subjects == {("checkout", STABLE)}
        return aws.health_pages.read("checkout", CANDIDATE)

    count = Death()
    undisturbed = page_after(count)
    assert undisturbed is not None
    assert undisturbed["watched"] is False
    for death in deaths(count.calls):
        page = page_after(death)
        assert page is None or page["watched"] is False, death
