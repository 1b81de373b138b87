"""What a whole step says, when its bake is over."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edgeship.domain.health.analysis import Health
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.step_analysis import analyse_step
from edgeship.domain.health.thresholds import Check, Thresholds

LIMITS = Thresholds(error_rate=5, latency_ms=2_000, memory_mb=100, soft_error_points=5, minimum_sample=20)
START = datetime(2026, 11, 23, 10, tzinfo=UTC)

Row = tuple[int, int] | tuple[int, int, float | None] | tuple[int, int, float | None, float | None]
"""Sessions, failed sessions, latency in ms and memory in MB."""


def step(row: Row) -> Datapoint:
    sessions, failed, latency, memory = (*row, None, None)[:4]
    return Datapoint(START, 1200, sessions, failed, latency, memory)


@pytest.mark.parametrize(
    ("bake", "stable", "health", "check"),
    [
        pytest.param((19, 19), None, Health.INCONCLUSIVE, None, id="too few sessions"),
        pytest.param((0, 0), (1000, 0), Health.INCONCLUSIVE, None, id="no sessions"),
        pytest.param((20, 0), None, Health.HEALTHY, None, id="just enough"),
        pytest.param((20, 1), None, Health.DEGRADED, Check.ERROR_RATE, id="at the limit, by one session"),
        pytest.param((20, 8), None, Health.UNHEALTHY, Check.ERROR_RATE, id="almost certainly over it"),
        pytest.param((1000, 90), None, Health.UNHEALTHY, Check.ERROR_RATE, id="over it with many sessions"),
        pytest.param((1000, 55), None, Health.DEGRADED, Check.ERROR_RATE, id="a little over it"),
        pytest.param((1000, 49), None, Health.HEALTHY, None, id="error rate just under"),
        pytest.param((20, 25), None, Health.UNHEALTHY, Check.ERROR_RATE, id="more failures than sessions"),
        pytest.param((100, 0, 2000.0), None, Health.DEGRADED, Check.LATENCY, id="latency at the limit"),
        pytest.param((100, 0, None, 100.0), None, Health.DEGRADED, Check.MEMORY, id="memory at the limit"),
        pytest.param((100, 0, 1999.0, 99.0), None, Health.HEALTHY, None, id="both just under"),
        pytest.param((1000, 49), (1000, 0), Health.HEALTHY, None, id="under the soft limit"),
    ],
)
def test_a_whole_bake(bake: Row, stable: Row | None, health: Health, check: Check | None) -> None:
    analysis = analyse_step(step(bake), step(stable) if stable else None, LIMITS)
    assert (analysis.health, analysis.check) == (health, check)


@pytest.mark.parametrize(
    ("value", "health"), [(3_000, Health.DEGRADED), (2_999, Health.HEALTHY), (None, Health.HEALTHY)]
)
def test_a_custom_metric_over_a_whole_bake(value: float | None, health: Health) -> None:
    limits = replace(LIMITS, custom_metric="checkout_ms", custom_metric_limit=3_000)
    bake = replace(step((100, 0)), custom_metric=value)
    assert analyse_step(bake, None, limits).health == health
    assert analyse_step(bake, None, LIMITS).health == Health.HEALTHY


@pytest.mark.parametrize(
    ("bake", "stable", "health"),
    [
        pytest.param((100, 12), (100, 7), Health.HEALTHY, id="exactly at the soft limit"),
        pytest.param((1000, 689), (1000, 639), Health.HEALTHY, id="exactly at it, by rates that are not exact"),
        pytest.param((1000, 121), (100, 7), Health.DEGRADED, id="over it"),
        pytest.param((100, 12), (19, 0), Health.HEALTHY, id="stable below the sample"),
        pytest.param((100, 12), None, Health.HEALTHY, id="nothing of the stable version"),
        pytest.param((100, 7), (100, 13), Health.HEALTHY, id="better than the stable version"),
    ],
)
def test_a_whole_bake_beside_the_stable_version(bake: Row, stable: Row | None, health: Health) -> None:
    limits = replace(LIMITS, error_rate=70)
    assert analyse_step(step(bake), step(stable) if stable else None, limits).health is health


def test_a_hard_limit_wins() -> None:
    analysis = analyse_step(step((100, 40)), step((100, 0)), LIMITS)
    assert (analysis.health, analysis.check) == (Health.UNHEALTHY, Check.ERROR_RATE)


def test_it_says_what_was_missing() -> None:
    assert analyse_step(step((7, 0)), None, LIMITS).reason == "7 sessions since the step began: fewer than 20"


@pytest.mark.parametrize("sessions_a_day", [100, 300, 1000])
def test_chance_seldom_stops_a_healthy_release(sessions_a_day: int) -> None:
    """A p95 of 1,200 ms and 2 % of errors, limits 2,000 ms and 5 %, over days read in hours as the tick reads them."""
    dice = random.Random(sessions_a_day)
    sigma = 0.5
    median = 1_200 / math.exp(1.645 * sigma)
    analyses = []
    for _ in range(200):
        loads: list[list[float]] = [[] for _ in range(24)]
        for _ in range(sessions_a_day):
            loads[dice.randrange(24)].append(dice.lognormvariate(math.log(median), sigma))
        percentiles = [(sorted(hour)[math.ceil(0.95 * len(hour)) - 1], len(hour)) for hour in loads if hour]
        latency = sum(value * count for value, count in percentiles) / sessions_a_day
        failed = sum(dice.random() < 0.02 for _ in range(sessions_a_day))
        analyses.append(
            analyse_step(Datapoint(START, 86_400, sessions_a_day, failed, latency), None, Thresholds()).health
        )
    assert Health.UNHEALTHY not in analyses
    assert analyses.count(Health.DEGRADED) <= 20
