"""What the minute tick does with a running rollout, by table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.domain.channels.policy import OnInconclusive, Policy
from edgeship.domain.channels.rollout import Rollout, Step, start
from edgeship.domain.channels.step_decision import Evidence, StepAction, decide_step
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
