"""The minute tick judges the team's custom metric, which the policy names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeship.domain.events import EventType
from edgeship.domain.health.thresholds import Thresholds
from tests.support.world import World, just_live, rolling

SLOW, FAST = [4_000.0] * 20, [800.0] * 20


def judged(world: World, custom_metric: str = "checkout_ms") -> World:
    if not custom_metric:
        return world

    def edit(limits: Thresholds) -> Thresholds:
        return replace(limits, custom_metric=custom_metric, custom_metric_limit=3_000)

    world.change_policy(
        "checkout", lambda policy: replace(policy, thresholds=edit(policy.thresholds)), world.occasion()
    )
    return world


def minutes(world: World, count: int, candidate: list[float], stable: list[float] = FAST) -> list[EventType]:
    changed: list[EventType] = []
    for _ in range(count):
        world.report("1.1.0", custom_metrics={"checkout_ms": candidate})
        world.report("1.0.0", custom_metrics={"checkout_ms": stable})
        (tick,) = world.minutes(1)
        assert tick.faults == []
        changed += [change.event for change in tick.changes]
    return changed


def test_a_candidate_over_its_limit_is_aborted() -> None:
    world = judged(rolling())
    assert minutes(world, 4, SLOW) == [EventType.ROLLOUT_ABORTED]
    (aborted,) = world.events_of(EventType.ROLLOUT_ABORTED)
    assert "p95 of the custom metric 4,000 (limit 3,000) in 3 periods in a row" in aborted.cause
    assert (aborted.new or {})["analysis"]["check"] == "custom-metric"
    assert world.is_quarantined("1.1.0")


def test_what_one_network_reports_pauses() -> None:
    world = judged(rolling())
    world.witnesses.networks = 1
    assert minutes(world, 4, SLOW) == [EventType.ROLLOUT_PAUSED]
    assert not world.is_quarantined("1.1.0")


def test_a_live_release_over_it_is_rolled_back() -> None:
    world = judged(just_live())
    assert EventType.POINTER_MOVED in minutes(world, 4, SLOW)
    assert world.live == "1.0.0"


@pytest.mark.parametrize(
    ("custom_metric", "values", "stable"),
    [
        pytest.param("", SLOW, FAST, id="no custom_metric is named"),
        pytest.param("items", SLOW, FAST, id="another is named"),
        pytest.param("checkout_ms", FAST, FAST, id="under the limit"),
        pytest.param("checkout_ms", SLOW[:19], FAST, id="too few values"),
    ],
)
def test_nothing_is_done(custom_metric: str, values: list[float], stable: list[float]) -> None:
    world = judged(rolling(), custom_metric)
    assert minutes(world, 8, values, stable) == []
    assert world.phase == "running"


def test_a_limit_that_both_versions_reach_is_not_the_candidates_fault() -> None:
    world = judged(rolling())
    assert minutes(world, 4, SLOW, SLOW) == [EventType.ROLLOUT_PAUSED]
    assert not world.is_quarantined("1.1.0")


def test_it_has_no_alarm() -> None:
    world = judged(rolling())
    minutes(world, 1, FAST)
    assert {alarm.alarm.check.value for alarm in world.alarms.standing() if alarm.alarm} == {
        "error-rate",
        "latency",
        "memory",
    }
