"""The comparison in the minute tick: what it finds, and that no minute counts twice or is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from edgeship.application.channels.watching.channel_metrics import read_metrics
from edgeship.application.channels.watching.compare_candidates import CompareCandidates
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import Step
from edgeship.domain.errors import Conflict
from edgeship.domain.events import EventType
from edgeship.domain.health.comparison import Evidence
from edgeship.domain.health.comparison_record import FEWEST_FAILED, SETTLED_PERIODS, Comparison
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.version import Version
from tests.fakes.health import FakeComparisons
from tests.support.world import MINUTE, World

DAY = 24 * 3600
SLOW = Policy(steps=(Step(10, DAY), Step(50, DAY), Step(100, 0)), thresholds=Thresholds(memory_mb=1_000))
WHERE = ("checkout", "latest")


def a_rollout(policy: Policy = SLOW) -> World:
    world = World("1.0.0", policy=policy)
    world.promote("1.0.0")
    world.register("1.1.0")
    world.start_rollout("checkout", Version.parse("1.1.0"), "latest", world.occasion())
    return world


Minute = tuple[tuple[int, int], tuple[int, int]]
"""Sessions and failed sessions of the candidate, and of the stable version."""


def pass_minutes(world: World, minutes: list[Minute], *, until: str = "running") -> int:
    """So many minutes as it took until the phase was another."""
    for number, (candidate, stable) in enumerate(minutes, 1):
        world.report("1.1.0", sessions=candidate[0], failed=candidate[1])
        world.report("1.0.0", sessions=stable[0], failed=stable[1])
        (tick,) = world.minutes(1)
        assert tick.faults == []
        if world.phase != until:
            return number
    return len(minutes)


def test_two_per_cent_against_one_per_mille_is_stopped() -> None:
    """No hard limit is near: the limit is 5 %."""
    world = a_rollout()
    took = pass_minutes(world, [((100, 2), (900, 1))] * 60)
    assert world.phase == "aborted"
    assert took < 20
    assert world.is_quarantined("1.1.0")
    assert world.channel().lock is not None
    (aborted,) = world.events_of(EventType.ROLLOUT_ABORTED)
    assert "error rate 2 % of" in aborted.cause
    assert "0.111 % of" in aborted.cause
    assert "95 % interval" in aborted.cause
    assert "to 1" in aborted.cause
    analysis = (aborted.new or {})["analysis"]
    assert analysis["check"] == "error-rate-over-stable"
    assert analysis["limit"] == 0.5


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.04])
def test_a_candidate_like_the_stable_version_goes_on(rate: float) -> None:
    world = a_rollout()
    minute: Minute = ((100, round(100 * rate)), (900, round(900 * rate)))
    pass_minutes(world, [minute] * 45)
    assert world.phase == "running"


def test_an_outage_of_a_backend_stops_nobody() -> None:
    """Both fail more, below the hard limit, for an hour."""
    world = a_rollout(replace(SLOW, thresholds=Thresholds(error_rate=90, memory_mb=1_000)))
    quiet: list[Minute] = [((100, 0), (900, 4))] * 30
    outage: list[Minute] = [((100, 40), (900, 360))] * 60
    pass_minutes(world, quiet + outage + quiet)
    assert world.phase == "running"


def test_one_user_who_reloads_stops_nothing() -> None:
    world = a_rollout()
    pass_minutes(world, [((1, 0), (20, 0))] * 20 + [((1, 1), (20, 0))] * (FEWEST_FAILED - 6) + [((1, 0), (20, 0))] * 60)
    assert world.phase == "running"


@pytest.mark.parametrize("every", [2, 3, 5, 15])
def test_failures_in_bursts_are_found(every: int) -> None:
    """No three minutes in a row are over a limit."""
    world = a_rollout()
    minutes: list[Minute] = [((100, 30 if n % every == 0 else 0), (900, 1)) for n in range(120)]
    assert pass_minutes(world, minutes) <= 2 * every + 2
    assert world.phase == "aborted"


def evidence_of(world: World) -> Evidence:
    """What a tick that begins from what is kept finds now."""
    compare = CompareCandidates(world.comparisons, 60)
    policies = world.state.policies({"checkout"})
    channels = world.state.watched()
    return compare(read_metrics(world.metrics, channels, world.now), channels, policies).compared[WHERE]


STEADY: list[Minute] = [((100, 0), (900, 1)), ((30, 0), (40, 0)), ((0, 0), (5, 0)), ((120, 1), (800, 4))] * 20


def test_what_is_kept_and_read_again_is_what_one_look_at_all_finds() -> None:
    """As far as one look reaches: the metrics of an hour are read."""
    often = a_rollout()
    pass_minutes(often, STEADY[:55])
    seldom = a_rollout()
    for candidate, stable in STEADY[:55]:
        seldom.report("1.1.0", sessions=candidate[0], failed=candidate[1])
        seldom.report("1.0.0", sessions=stable[0], failed=stable[1])
        seldom.minutes(1, tick=False)
    assert seldom.comparisons.kept == {}
    assert often.comparisons.kept != {}
    assert evidence_of(often) == evidence_of(seldom)


def test_a_run_that_comes_twice_counts_nothing_twice() -> None:
    once, twice = a_rollout(), a_rollout()
    for world in (once, twice):
        for minute in STEADY:
            pass_minutes(world, [minute])
            if world is twice:
                world.tick()
    assert evidence_of(once) == evidence_of(twice)


def test_datapoints_that_come_ten_minutes_late_count_once() -> None:
    in_time, late = a_rollout(), a_rollout()
    reports = [(sessions, 1 if sessions and number % 4 == 0 else 0) for number, ((sessions, _), _) in enumerate(STEADY)]

    def report(world: World, number: int, minutes_ago: int) -> None:
        sessions, failed = reports[number]
        at = world.now - minutes_ago * MINUTE
        world.metrics.record("checkout", Version.parse("1.1.0"), at, sessions=sessions, failed=failed)

    for number, (_, stable) in enumerate(STEADY):
        for world in (in_time, late):
            world.report("1.0.0", sessions=stable[0], failed=stable[1])
        report(in_time, number, 0)
        if number >= 10:
            report(late, number - 10, 10)
        in_time.minutes(1)
        late.minutes(1)
    for number in range(len(STEADY) - 10, len(STEADY)):
        report(late, number, len(STEADY) - number)
    assert evidence_of(late).total == evidence_of(in_time).total
    assert evidence_of(late).log_value == pytest.approx(evidence_of(in_time).log_value, abs=0.5)


def test_a_resumed_rollout_is_compared_anew() -> None:
    world = a_rollout()
    pass_minutes(world, [((100, 1), (900, 1))] * 40)
    before = world.comparisons.kept[WHERE]
    world.steer.pause("checkout", "latest", world.occasion())
    world.minutes(3)
    world.steer.resume("checkout", "latest", world.occasion())
    pass_minutes(world, [((100, 0), (900, 1))] * 40)
    after = world.comparisons.kept[WHERE]
    assert after.exposed_at > before.exposed_at
    assert after.evidence.total.candidate.failed == 0
    assert after.evidence.total.candidate.sessions <= 40 * 100
    assert after.revision > before.revision


def test_an_hour_without_ticks_costs_evidence_and_nothing_else() -> None:
    world = a_rollout()
    pass_minutes(world, STEADY[:30])
    for _ in range(180):
        world.report("1.1.0", sessions=10)
        world.report("1.0.0", sessions=90)
        world.minutes(1, tick=False)
    pass_minutes(world, STEADY[:30])
    assert world.phase == "running"
    assert world.comparisons.kept[WHERE].through >= world.now - timedelta(minutes=SETTLED_PERIODS + 10)


class Refusing(FakeComparisons):
    def __init__(self, fault: Callable[[], Exception]) -> None:
        super().__init__()
        self._fault = fault

    def write(self, comparison: Comparison) -> None:
        raise self._fault()


def test_another_run_that_kept_it_first_is_no_fault() -> None:
    world = a_rollout()
    world.watch = replace(world.watch, compare=CompareCandidates(Refusing(lambda: Conflict("another")), 60))
    assert pass_minutes(world, [((100, 2), (900, 1))] * 60) < 20
    assert world.phase == "aborted"


def test_without_the_table_of_comparisons_the_other_rules_still_hold() -> None:
    world = a_rollout()
    world.watch = replace(world.watch, compare=CompareCandidates(Refusing(lambda: RuntimeError("no")), 60))
    for _ in range(40):
        world.report("1.1.0", sessions=200, failed=1)
        world.report("1.0.0", sessions=200, failed=1)
        (tick,) = world.minutes(1)
    assert [name for name, _ in tick.faults] == ["comparisons"]
    for _ in range(4):
        world.report("1.1.0", sessions=200, failed=100)
        world.minutes(1)
    assert world.phase == "aborted"


def test_sessions_that_never_report_hold_the_step_once_and_operators_may_go_on() -> None:
    world = a_rollout()
    pass_minutes(world, [((1, 0), (90, 0))] * 40)
    assert (world.phase, world.percent) == ("running", 10)
    (held,) = world.events_of(EventType.ROLLOUT_HELD)
    assert "% do not report (allowed 30 %)" in held.cause
    rollout = world.channel().rollout
    assert rollout is not None
    assert rollout.held is not None
    # Nor does it advance when its bake is over, and nothing is quarantined.
    world.now = rollout.bakes_until
    pass_minutes(world, [((1, 0), (90, 0))] * 5)
    assert (world.percent, world.is_quarantined("1.1.0")) == (10, False)
    world.steer.advance("checkout", "latest", world.occasion())
    pass_minutes(world, [((50, 0), (50, 0))] * 40)
    assert (world.percent, len(world.events_of(EventType.ROLLOUT_HELD))) == (50, 1)


@pytest.mark.parametrize("why", ["as many as it should", "a flag chooses", "in another channel", "turned off"])
def test_where_sessions_say_nothing_no_step_is_held(why: str) -> None:
    world = a_rollout()
    sessions = 10 if why == "as many as it should" else 0
    if why == "a flag chooses":
        channel = world.channel()
        world.state.commit(Transaction(puts=(replace(channel, flag="checkout-release"),), events=()))
    if why == "in another channel":
        world.promote("1.1.0", "next")
    if why == "turned off":
        off = replace(SLOW.thresholds, missing_sessions=100)
        world.change_policy("checkout", lambda p: replace(p, thresholds=off), world.occasion())
    pass_minutes(world, [((sessions, 0), (90, 0))] * 60)
    assert world.events_of(EventType.ROLLOUT_HELD) == []
