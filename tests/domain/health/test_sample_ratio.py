"""The ratio of sessions: fair while the share is allowed, for users with several sessions too, and soon certain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import comb, exp, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.sample_ratio import (
    BETS,
    CLUSTER,
    FEWEST_EXPECTED,
    SETTLED_PERIODS,
    STEADY_PERIODS,
    Ratio,
    after_minute,
    follow,
    judge_ratio,
)
from edgeship.domain.health.thresholds import Thresholds

START = datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC)
LIMITS = Thresholds()
MISSING = LIMITS.missing_sessions / 100
NEW = Ratio(START, START)


def binomial(k: int, n: int, share: Fraction) -> Fraction:
    return comb(n, k) * share**k * (1 - share) ** (n - k)


def share(weight: Fraction, reporting: Fraction) -> Fraction:
    """By the expected sessions of 10,000 page views, of which a part reports."""
    ours, theirs = 10_000 * weight * reporting, 10_000 * (1 - weight)
    return ours / (ours + theirs)


@pytest.mark.parametrize(
    ("candidate", "stable", "weight"), [(0, 100, "1/100"), (3, 97, "1/20"), (40, 60, "1/2"), (7, 13, "1/4")]
)
def test_golden_by_exact_fractions(candidate: int, stable: int, weight: str) -> None:
    """The likelihoods of the binomial distribution, in exact arithmetic."""
    part, allowed = Fraction(weight), Fraction(7, 10)
    ratios = [
        binomial(candidate, candidate + stable, share(part, allowed * Fraction(str(bet))))
        / binomial(candidate, candidate + stable, share(part, allowed))
        for bet in BETS
    ]
    expected = sum(float(ratio) ** (1 / CLUSTER) for ratio in ratios) / len(BETS)
    found = after_minute(NEW, candidate, stable, float(part), 0.3)
    assert exp(found.log_value) == pytest.approx(expected, rel=1e-9)
    assert found.expected == pytest.approx(float(stable * part / (1 - part)))


@pytest.mark.parametrize(
    ("candidate", "minutes", "odds"), [(0, 1, 1441.55), (5, 10, 3.25203e20), (50, 10, 0.000190894)]
)
def test_golden(candidate: int, minutes: int, odds: float) -> None:
    """At 5 %, beside 950 sessions of the stable version a minute."""
    ratio = NEW
    for _ in range(minutes):
        ratio = after_minute(ratio, candidate, 950, 0.05, 0.3)
    assert exp(ratio.log_value) == pytest.approx(odds, rel=1e-4)


@given(st.floats(0.0001, 0.99), st.floats(0.001, 0.95), st.floats(0, 1), st.sampled_from(BETS))
def test_no_bet_gains_on_average_while_the_share_is_allowed(
    weight: float, missing: float, more: float, bet: float
) -> None:
    """For one user with as many sessions as a cluster has, which is the worst that is allowed for."""

    def of(reporting: float) -> float:
        return weight * reporting / (weight * reporting + 1 - weight)

    lowest = of(1 - missing)
    true = lowest + more * (1 - lowest)
    sides = [after_minute(NEW, *sessions, weight, missing) for sessions in ((CLUSTER, 0), (0, CLUSTER))]
    won, lost = (exp(side.capital[BETS.index(bet)]) for side in sides)
    assert true * won + (1 - true) * lost <= 1 + 1e-9


def test_it_begins_at_one_and_minutes_without_sessions_change_nothing() -> None:
    assert NEW.log_value == pytest.approx(0, abs=1e-12)
    assert after_minute(NEW, 0, 0, 0.01, MISSING) == NEW


def simulated(dice: Random, weight: float, reporting: float, minutes: int, users: int = 100) -> bool:
    """Users come with one to four sessions, and all of one's go the same way."""
    ratio = NEW
    for _ in range(minutes):
        candidate = stable = 0
        for _ in range(users):
            sessions = dice.randint(1, CLUSTER)
            if dice.random() >= weight:
                stable += sessions
            elif dice.random() < reporting:
                candidate += sessions
        ratio = after_minute(ratio, candidate, stable, weight, MISSING)
        if judge_ratio(ratio, Thresholds(error_probability=0.05), steps=1) is not None:
            return True
    return False


@pytest.mark.parametrize("weight", [0.05, 0.5])
def test_as_many_as_are_allowed_are_held_at_most_as_often_as_the_error_probability_says(weight: float) -> None:
    dice = Random(3)
    assert sum(simulated(dice, weight, 1 - MISSING, 30) for _ in range(60)) <= 3
    assert not any(simulated(dice, weight, 1, 30) for _ in range(20))


@pytest.mark.parametrize("reporting", [0.0, 0.1, 0.3])
def test_a_candidate_that_hardly_reports_is_held(reporting: float) -> None:
    dice = Random(5)
    assert all(simulated(dice, 0.05, reporting, 60) for _ in range(5))


def points(first: int, count: int, sessions: int) -> list[Datapoint]:
    """From so many minutes after 10:00 on."""
    return [Datapoint(START.replace(second=0) + timedelta(minutes=first + n), 60, sessions) for n in range(count)]


def at(minute: float) -> datetime:
    return START.replace(second=0) + timedelta(minutes=minute)


def followed(kept: Ratio | None, minute: float, *, weight: float | None = 0.05) -> tuple[Ratio | None, Ratio | None]:
    first = max(0, int(minute) - 60)
    return follow(kept, START, weight, points(first, 60, 2), points(first, 60, 950), LIMITS, 60, at(minute))


def test_however_often_it_is_followed_no_minute_counts_twice_and_none_is_lost() -> None:
    kept, often = None, None
    for minute in range(1, 100):
        kept, often = followed(kept, minute + 0.4)
    kept, seldom = None, None
    for minute in (40, 70, 99):
        kept, seldom = followed(kept, minute + 0.4)
    assert often == seldom
    assert often is not None
    # The step began in minute 0; its first ten whole minutes do not count.
    assert often.stable == 950 * (99 - 1 - STEADY_PERIODS)
    assert kept is not None
    assert kept.through == at(99 - SETTLED_PERIODS)


def test_a_datapoint_that_comes_late_counts_once() -> None:
    kept, _ = followed(None, 30)
    early = follow(kept, START, 0.05, points(0, 31, 2), points(0, 20, 950), LIMITS, 60, at(31))
    assert early[1] is not None
    assert early[1].stable == 950 * (20 - 1 - STEADY_PERIODS)
    late = followed(early[0], 32)
    assert late[1] is not None
    assert late[1].stable == 950 * (32 - 1 - STEADY_PERIODS)


def test_a_new_step_begins_again_and_without_a_share_there_is_none() -> None:
    kept, _ = followed(None, 60)
    assert kept is not None
    assert kept.stable
    again, _ = follow(kept, at(60), 0.25, points(0, 61, 2), points(0, 61, 950), LIMITS, 60, at(61))
    assert again == Ratio(at(60), at(60))
    assert followed(kept, 60, weight=None) == (None, None)
    off = Thresholds(missing_sessions=100)
    assert follow(kept, START, 0.05, [], [], off, 60, at(61)) == (None, None)


def test_the_numbers_are_in_the_reason() -> None:
    ratio = NEW
    for _ in range(3):
        ratio = after_minute(ratio, 5, 950, 0.05, MISSING)
    found = judge_ratio(ratio, LIMITS, steps=5)
    assert found is not None
    assert found.reason.startswith(
        "15 sessions of the candidate, where its share of users makes 150 beside 2,850 of the stable version: "
        "90 % do not report (allowed 30 %); evidence "
    )
    assert ratio.expected >= FEWEST_EXPECTED
    assert ratio.log_value >= log(5 / 0.001)
    assert judge_ratio(after_minute(NEW, 0, 950, 0.05, MISSING), LIMITS, steps=5) is None
