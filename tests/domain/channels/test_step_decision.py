"""What the minute tick does with a running rollout, by table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.domain.channels.policy import OnInconclusive, Policy
from edgeship.domain.channels.rollout import Rollout, Step, start
from edgeship.domain.channels.step_decision import Evidence, StepAction, decide_step
from edgeship.domain.health import comparison
from edgeship.domain.health.analysis import Health
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.version import Version

STARTED = datetime(2026, 11, 23, 10, tzinfo=UTC)
STEPS = (Step(1, 3600), Step(25, 0), Step(100, 0))
ROLLOUT = start(Version.parse("1.1.0"), STEPS, STARTED)
OVER = 60
"""The minute in which the bake is over."""
POLICY = Policy(thresholds=Thresholds(error_rate=10, soft_error_points=5, minimum_sample=20))


def last_periods(now: float, sessions: int, failed: int) -> list[Datapoint]:
    return [Datapoint(STARTED + timedelta(minutes=now - 3 + n), 60, sessions, failed) for n in range(3)]


def whole(sessions: int, failed: int) -> Datapoint:
    return Datapoint(STARTED, 3600, sessions, failed)


def decide(
    minute: float, policy: Policy = POLICY, rollout: Rollout = ROLLOUT, **evidence: Any
) -> tuple[StepAction, Health]:
    decision = decide_step(rollout, policy, Evidence(**evidence), STARTED + timedelta(minutes=minute))
    return decision.action, decision.analysis.health


def recent(minute: float, sessions: int, failed: int, stable_failed: int | None = None) -> dict[str, Any]:
    evidence: dict[str, Any] = {"candidate": last_periods(minute, sessions, failed)}
    if stable_failed is not None:
        evidence["stable"] = last_periods(minute, sessions, stable_failed)
    return evidence


@pytest.mark.parametrize(
    ("minute", "evidence", "action", "health"),
    [
        pytest.param(0, {}, StepAction.BAKE, Health.INCONCLUSIVE, id="just begun"),
        pytest.param(30, recent(30, 100, 0), StepAction.BAKE, Health.HEALTHY, id="healthy, not over"),
        pytest.param(59.9, recent(59, 100, 0), StepAction.BAKE, Health.HEALTHY, id="a moment before the end"),
        pytest.param(30, recent(30, 100, 10), StepAction.ABORT, Health.UNHEALTHY, id="breach before the end"),
        pytest.param(
            30, recent(30, 100, 9, 0), StepAction.PAUSE, Health.DEGRADED, id="worse than stable before the end"
        ),
        pytest.param(30, recent(30, 100, 10, 0), StepAction.ABORT, Health.UNHEALTHY, id="both: the breach counts"),
        pytest.param(30, recent(30, 5, 0), StepAction.BAKE, Health.INCONCLUSIVE, id="too few, not over"),
        pytest.param(30, recent(30, 5, 1), StepAction.BAKE, Health.INCONCLUSIVE, id="too few to blame, not over"),
        pytest.param(30, recent(30, 5, 5), StepAction.ABORT, Health.UNHEALTHY, id="few, and all of them failed"),
        pytest.param(OVER, {"bake": whole(100, 0)}, StepAction.ADVANCE, Health.HEALTHY, id="over and healthy"),
        pytest.param(OVER, {"bake": whole(20, 1)}, StepAction.ADVANCE, Health.HEALTHY, id="over with just enough"),
        pytest.param(OVER, {"bake": whole(19, 0)}, StepAction.HOLD, Health.INCONCLUSIVE, id="over with too few"),
        pytest.param(OVER, {}, StepAction.HOLD, Health.INCONCLUSIVE, id="over with nothing"),
        pytest.param(
            OVER, {"bake": whole(100, 40)}, StepAction.ABORT, Health.UNHEALTHY, id="unhealthy over the whole step"
        ),
        pytest.param(
            OVER, {"bake": whole(100, 10)}, StepAction.PAUSE, Health.DEGRADED, id="at the limit over the whole step"
        ),
        pytest.param(
            OVER,
            {"bake": whole(100, 9), "stable_bake": whole(100, 0)},
            StepAction.PAUSE,
            Health.DEGRADED,
            id="worse than stable over the whole step",
        ),
        pytest.param(
            OVER,
            {**recent(OVER, 100, 10), "bake": whole(6000, 30)},
            StepAction.ABORT,
            Health.UNHEALTHY,
            id="unhealthy in the last three minutes, healthy over the whole step",
        ),
        pytest.param(
            OVER,
            {**recent(OVER, 100, 0), "bake": whole(6000, 900)},
            StepAction.ABORT,
            Health.UNHEALTHY,
            id="healthy in the last three minutes, unhealthy over the whole step",
        ),
        pytest.param(
            OVER,
            {**recent(OVER, 5, 0), "bake": whole(300, 0)},
            StepAction.ADVANCE,
            Health.HEALTHY,
            id="thin periods that are enough together",
        ),
        pytest.param(OVER * 24, {"bake": whole(100, 0)}, StepAction.ADVANCE, Health.HEALTHY, id="long over"),
    ],
)
def test_courses(minute: float, evidence: dict[str, Any], action: StepAction, health: Health) -> None:
    assert decide(minute, **evidence) == (action, health)


@pytest.mark.parametrize(
    ("on_inconclusive", "action"), [("hold", StepAction.HOLD), ("pass", StepAction.ADVANCE), ("fail", StepAction.ABORT)]
)
def test_what_no_data_means_is_the_policys(on_inconclusive: OnInconclusive, action: StepAction) -> None:
    policy = replace(POLICY, on_inconclusive=on_inconclusive)
    assert decide(OVER, policy, bake=whole(19, 0)) == (action, Health.INCONCLUSIVE)
    assert decide(OVER, policy) == (action, Health.INCONCLUSIVE)
    # It is asked at the end of the bake alone, and never where there are enough sessions.
    assert decide(OVER - 1, policy) == (StepAction.BAKE, Health.INCONCLUSIVE)
    assert decide(OVER, policy, bake=whole(20, 0)) == (StepAction.ADVANCE, Health.HEALTHY)
    assert decide(OVER, policy, bake=whole(20, 20)) == (StepAction.ABORT, Health.UNHEALTHY)


def test_a_step_without_a_bake_is_left_at_once_when_it_is_healthy() -> None:
    quick = replace(ROLLOUT, step=1)
    assert decide(0, rollout=quick) == (StepAction.HOLD, Health.INCONCLUSIVE)
    assert decide(1, rollout=quick, bake=whole(20, 0)) == (StepAction.ADVANCE, Health.HEALTHY)


def test_a_resumed_rollout_bakes_anew_and_is_not_judged_by_what_was_before() -> None:
    resumed = replace(ROLLOUT, stepped_at=STARTED + timedelta(minutes=50), exposed_at=STARTED + timedelta(minutes=50))
    assert decide(52, rollout=resumed, **recent(52, 100, 100)) == (StepAction.BAKE, Health.INCONCLUSIVE)
    assert decide(53, rollout=resumed, **recent(53, 100, 100)) == (StepAction.ABORT, Health.UNHEALTHY)
    assert decide(OVER, rollout=resumed) == (StepAction.BAKE, Health.INCONCLUSIVE)
    assert decide(OVER + 50, rollout=resumed, bake=whole(20, 0)) == (StepAction.ADVANCE, Health.HEALTHY)


def test_an_advanced_step_is_judged_by_what_its_candidate_did_in_the_last_minutes_of_the_step_before() -> None:
    advanced = replace(ROLLOUT, step=1, stepped_at=STARTED + timedelta(minutes=60))
    assert decide(61, rollout=advanced, **recent(61, 100, 100)) == (StepAction.ABORT, Health.UNHEALTHY)


def slow(minute: float, latency: float, sessions: int = 100) -> list[Datapoint]:
    return [replace(each, latency_ms=latency) for each in last_periods(minute, sessions, 0)]


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(recent(30, 100, 60, 55), id="errors, enough sessions"),
        pytest.param(recent(30, 100, 100, 10), id="errors, the stable version just at the limit"),
        pytest.param(
            {"candidate": last_periods(30, 5, 5), "stable": last_periods(30, 900, 500)}, id="errors, few sessions"
        ),
        pytest.param({"candidate": slow(30, 4000), "stable": slow(30, 3000)}, id="latency"),
        pytest.param(
            {
                "candidate": [replace(each, memory_mb=300) for each in last_periods(30, 100, 0)],
                "stable": [replace(each, memory_mb=250) for each in last_periods(30, 100, 0)],
            },
            id="memory",
        ),
    ],
)
def test_a_limit_that_both_versions_reach_pauses(evidence: dict[str, Any]) -> None:
    decision = decide_step(ROLLOUT, POLICY, Evidence(**evidence), STARTED + timedelta(minutes=30))
    assert (decision.action, decision.analysis.health) == (StepAction.PAUSE, Health.INCONCLUSIVE)
    assert decision.analysis.is_shared
    assert "the stable version has" in decision.analysis.reason
    assert decision.analysis.numbers()["other_value"] is not None


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param({"candidate": slow(30, 4000), "stable": last_periods(30, 100, 60)}, id="limits of two kinds"),
        pytest.param(recent(30, 100, 60, 9), id="the stable version just below the limit"),
        pytest.param({"candidate": last_periods(30, 100, 60)}, id="nothing of the stable version"),
        pytest.param(
            {"candidate": last_periods(30, 100, 60), "stable": last_periods(26, 100, 60)}, id="not at the same time"
        ),
        pytest.param(
            {"candidate": last_periods(30, 100, 60), "stable": last_periods(30, 1, 1)}, id="3 sessions of the other"
        ),
    ],
)
def test_a_limit_that_the_candidate_alone_reaches_aborts(evidence: dict[str, Any]) -> None:
    assert decide(30, **evidence) == (StepAction.ABORT, Health.UNHEALTHY)


def test_an_outage_of_minutes_is_in_the_last_hour_of_both_though_their_sessions_are_spread_otherwise() -> None:
    """Most of the candidate's few sessions were in the outage, and few of the stable version's."""
    minutes = [STARTED + timedelta(minutes=n) for n in range(30)]
    out = [minute for n, minute in enumerate(minutes) if 20 <= n < 25]
    candidate = [Datapoint(minute, 60, 4 if minute in out else 0, 3 if minute in out else 0) for minute in minutes]
    stable = [Datapoint(minute, 60, 900, 600 if minute in out else 0) for minute in minutes]
    assert decide(30, candidate=candidate, stable=stable) == (StepAction.PAUSE, Health.INCONCLUSIVE)
    assert decide(30, candidate=candidate, stable=[replace(each, failed_sessions=0) for each in stable]) == (
        StepAction.ABORT,
        Health.UNHEALTHY,
    )


def test_what_is_certain_by_comparison_pauses_while_the_stable_version_is_over_its_limit() -> None:
    block = comparison.Block(comparison.Sample(3000, 1500), comparison.Sample(3000, 900))
    compared = comparison.after_block(comparison.Evidence(), block, 0.005)
    certain = {"compared": compared, **recent(30, 1000, 60, 0)}
    assert decide(30, **certain) == (StepAction.ABORT, Health.UNHEALTHY)
    assert decide(30, **{**certain, **recent(30, 1000, 500, 300)}) == (StepAction.PAUSE, Health.INCONCLUSIVE)


def test_a_whole_step_that_is_over_the_limit_of_both_pauses() -> None:
    both = {**recent(OVER, 100, 0, 0), "bake": whole(6000, 900), "stable_bake": whole(60_000, 8_000)}
    decision = decide_step(ROLLOUT, POLICY, Evidence(**both), STARTED + timedelta(minutes=OVER))
    assert (decision.action, decision.analysis.is_shared) == (StepAction.PAUSE, True)
