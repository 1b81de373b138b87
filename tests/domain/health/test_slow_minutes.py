"""Percentiles of minutes with few sessions: what is chance, by exact sums and by simulation, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product
from math import prod
from random import Random

import pytest

from edgeship.domain.health.analysis import Health
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import HOUR_PERIODS, analyse_recent
from edgeship.domain.health.slow_minutes import CHANCE, by_chance, tail
from edgeship.domain.health.thresholds import Check, Thresholds

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=1)
LIMITS = Thresholds()


def test_the_tail_is_that_of_every_outcome_of_the_coins() -> None:
    coins = [Fraction(1, 20), Fraction(2, 3), Fraction(1, 2), Fraction(9, 10), Fraction(1, 7)]
    for count in range(len(coins) + 2):
        exact = sum(
            prod(coin if side else 1 - coin for coin, side in zip(coins, sides, strict=True))
            for sides in product((0, 1), repeat=len(coins))
            if sum(sides) >= count
        )
        assert tail([float(coin) for coin in coins], count) == pytest.approx(float(exact))
    assert tail([], 0) == 1
    assert tail([], 1) == 0


@pytest.mark.parametrize(
    ("sessions", "chance"), [(1, 0.05), (2, 0.0975), (10, 1 - 0.95**10), (21, 1 - 0.95**21), (100, 0.5640)]
)
def test_golden_chances(sessions: int, chance: float) -> None:
    assert by_chance(sessions) == pytest.approx(chance, abs=1e-4)


def interpolated(values: list[float], share: float) -> float:
    """Between the neighbours in rank, as most implementations do."""
    values = sorted(values)
    at = share * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (at - low) * (values[high] - values[low])


@pytest.mark.parametrize("sessions", [1, 3, 19, 20, 21, 39, 40, 50, 99])
def test_no_percentile_reaches_the_limit_more_often_than_chance_says(sessions: int) -> None:
    """One in twenty is slow, and so slow that it draws an interpolated percentile over the limit."""
    dice = Random(sessions)
    tries = 1_500
    reached = sum(
        interpolated([1e9 if dice.random() < 0.05 else 1 for _ in range(sessions)], 0.95) >= 2_000 for _ in range(tries)
    )
    assert reached / tries <= by_chance(sessions) + 0.05


def minutes(count: int, sessions: int, latency: float | None = None, memory: float | None = None) -> list[Datapoint]:
    first = NOW - timedelta(minutes=count)
    return [Datapoint(first + timedelta(minutes=n), 60, sessions, 0, latency, memory) for n in range(count)]


@pytest.mark.parametrize("sessions", [1, 2, 5, 10, 19, 21, 39, 60, 99])
@pytest.mark.parametrize("check", [Check.LATENCY, Check.MEMORY])
def test_a_release_that_is_always_over_the_limit_is_found_within_half_an_hour(sessions: int, check: Check) -> None:
    value = {"latency": 2_500.0} if check is Check.LATENCY else {"memory": 120.0}
    took = next(
        count
        for count in range(1, HOUR_PERIODS)
        if analyse_recent(minutes(count, sessions, **value), (), LIMITS, SINCE, NOW).is_unhealthy
    )
    assert took <= 30
    found = analyse_recent(minutes(took, sessions, **value), (), LIMITS, SINCE, NOW)
    assert (found.check, found.health) == (check, Health.UNHEALTHY)
    assert f"in {took} of {took} minutes of the last hour" in found.reason
    assert len(found.periods) == took


@pytest.mark.parametrize("sessions", [1, 5, 20, 60])
def test_a_release_with_one_slow_session_in_fifty_is_never_unhealthy_in_a_day(sessions: int) -> None:
    dice = Random(9 + sessions)
    day = [
        Datapoint(
            SINCE + timedelta(minutes=n),
            60,
            sessions,
            0,
            interpolated([5_000 if dice.random() < 0.02 else 300 for _ in range(sessions)], 0.95),
        )
        for n in range(24 * 60)
    ]
    for minute in range(60, 24 * 60, 7):
        hour = day[minute - 60 : minute]
        assert not analyse_recent(hour, (), LIMITS, SINCE, hour[-1].end).is_unhealthy


def test_the_chance_is_that_of_the_error_rates_bound() -> None:
    assert pytest.approx(1 / 30_000) == CHANCE
