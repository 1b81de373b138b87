"""The comparison with the stable version: fair whatever the rates are, and quick where the candidate is worse."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import exp, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.health import comparison
from edgeship.domain.health.comparison import (
    BETS,
    LATER_STAKES,
    LONGEST_BLOCK_MINUTES,
    Block,
    Evidence,
    Sample,
    after_block,
    after_hour,
    blocks_of,
    interval,
)

MARGIN = 0.005

rates = st.floats(0, 1)
sessions = st.integers(0, 500)


def expected_factor(block: Block, stable: float, candidate: float, bets: tuple[float, float], margin: float) -> float:
    """What a bet becomes on average, when these are the true rates: a product over sessions, exactly."""
    stable_bet, candidate_bet = bets
    nearest = comparison._nearest(block, stable_bet, candidate_bet, margin)

    def one(true: float, bet: float, allowed: float) -> float:
        return true * bet / allowed + (1 - true) * (1 - bet) / (1 - allowed)

    return float(
        one(stable, stable_bet, nearest) ** block.stable.sessions
        * one(candidate, candidate_bet, nearest + margin) ** block.candidate.sessions
    )


@given(sessions, sessions, rates, st.floats(0, 0.2), st.floats(0.0001, 0.6), st.sampled_from(BETS), st.data())
def test_no_bet_gains_on_average_while_the_margin_is_kept(
    n_stable: int, n_candidate: int, stable: float, margin: float, base: float, bet: float, data: st.DataObject
) -> None:
    """The property on which all else rests (Ville's inequality), at every pair of true rates that is allowed."""
    candidate = data.draw(st.floats(0, min(1.0, stable + margin)))
    if bet <= margin:
        return
    block = Block(Sample(n_candidate), Sample(n_stable))
    if not n_candidate or not n_stable:
        return
    bets = (base, min(base + bet, (1 + base + margin) / 2))
    if bets[1] <= base + margin:
        return
    assert expected_factor(block, stable, candidate, bets, margin) <= 1 + 1e-6


def by_grid(block: Block, stable_bet: float, candidate_bet: float, margin: float) -> float:
    """The logarithm of a bet's result, with the nearest allowed rates found by trying a million of them."""

    def divergence(true: float, rate: float) -> float:
        return true * log(true / rate) + (1 - true) * log((1 - true) / (1 - rate))

    low, high = stable_bet, candidate_bet - margin
    for _ in range(6):
        tried = [low + (high - low) * (0.0005 + n / 1_001) for n in range(1_001)]
        tried = [rate for rate in tried if 0 < rate < 1 and 0 < rate + margin < 1]
        away = [
            block.stable.sessions * divergence(stable_bet, rate)
            + block.candidate.sessions * divergence(candidate_bet, rate + margin)
            for rate in tried
        ]
        best = away.index(min(away))
        low, high = tried[max(0, best - 1)], tried[min(len(tried) - 1, best + 1)]
    rate = (low + high) / 2
    result = 0.0
    for sample, bet, allowed in ((block.stable, stable_bet, rate), (block.candidate, candidate_bet, rate + margin)):
        result += sample.failed * (log(bet) - log(allowed))
        result += (sample.sessions - sample.failed) * (log(1 - bet) - log(1 - allowed))
    return result


@pytest.mark.parametrize("seed", range(8))
def test_an_implementation_that_tries_every_rate_agrees(seed: int) -> None:
    dice = Random(seed)
    evidence, capital = Evidence(), list(Evidence().capital)
    for _ in range(3):
        n_stable, n_candidate = dice.randint(1, 3_000), dice.randint(1, 300)
        block = Block(
            Sample(n_candidate, dice.randint(0, n_candidate // 4)), Sample(n_stable, dice.randint(0, n_stable // 20))
        )
        seen = evidence.total.stable
        base = (seen.failed + 0.5) / (seen.sessions + 50)
        capital = [
            kept + by_grid(block, base, min(base + bet, (1 + base + MARGIN) / 2), MARGIN)
            for kept, bet in zip(capital, BETS, strict=True)
        ]
        evidence = after_block(evidence, block, MARGIN)
        assert evidence.capital == pytest.approx(capital, rel=1e-4, abs=1e-4)
    assert exp(evidence.log_value) == pytest.approx(0.5 + sum(map(exp, capital)), rel=1e-3)


GOLDEN = [
    # candidate, stable, blocks: the evidence, as so many to 1, by `by_grid`
    ((1_000, 20), (99_000, 99), 1, 1_648.6),
    ((1_000, 5), (99_000, 99), 1, 0.545465),
    ((500, 25), (500, 5), 1, 44.775),
    ((500, 5), (500, 5), 10, 0.500199),
    ((60, 30), (60, 30), 10, 0.526761),
]


@pytest.mark.parametrize(("candidate", "stable", "blocks", "odds"), GOLDEN)
def test_golden(candidate: tuple[int, int], stable: tuple[int, int], blocks: int, odds: float) -> None:
    evidence = Evidence()
    for _ in range(blocks):
        evidence = after_block(evidence, Block(Sample(*candidate), Sample(*stable)), MARGIN)
    assert evidence.odds == pytest.approx(odds, rel=1e-4)


def test_it_begins_at_one() -> None:
    assert Evidence().log_value == pytest.approx(0, abs=1e-9)
    hours = Evidence()
    for _ in range(LATER_STAKES + 5):
        hours = after_hour(hours)
        assert hours.log_value == pytest.approx(0, abs=1e-9)
    assert hours.hours == LATER_STAKES


def failing(rate: float, count: int) -> Sample:
    return Sample(count, round(count * rate))


def test_an_outage_of_both_is_no_evidence_and_hides_nothing_that_comes_later() -> None:
    evidence = Evidence()
    for hour in range(4):
        for _ in range(6):
            rate = 0.5 if hour == 1 else 0.01
            evidence = after_block(evidence, Block(failing(rate, 100), failing(rate, 900)), MARGIN)
            assert not evidence.reaches(0.05)
        evidence = after_hour(evidence)
    failed = 0
    while not evidence.reaches(0.001):
        evidence = after_block(evidence, Block(failing(0.05, 100), failing(0.01, 900)), MARGIN)
        failed += 5
    assert failed <= 100


@pytest.mark.parametrize(("stable", "candidate"), [(0.001, 0.02), (0.01, 0.05), (0.01, 0.25), (0.03, 0.06)])
def test_a_worse_candidate_is_found_after_few_failures(stable: float, candidate: float) -> None:
    evidence, failed = Evidence(), 0
    while not evidence.reaches(0.001):
        evidence = after_block(evidence, Block(failing(candidate, 100), failing(stable, 10_000)), MARGIN)
        failed += round(100 * candidate)
        assert failed <= 100


def test_evidence_never_reaches_its_odds_too_often() -> None:
    """100 rollouts of a candidate that is as bad as the margin allows."""
    dice = Random(11)
    wrong = 0
    for _ in range(100):
        evidence = Evidence()
        for _ in range(30):
            block = Block(
                Sample(40, sum(dice.random() < 0.03 for _ in range(40))),
                Sample(60, sum(dice.random() < 0.025 for _ in range(60))),
            )
            evidence = after_block(evidence, block, MARGIN)
            if evidence.reaches(0.05):
                wrong += 1
                break
    assert wrong <= 5


def test_a_block_ends_by_its_sessions_and_never_by_its_failures() -> None:
    minutes = [Block(Sample(1, 1), Sample(4)), Block(Sample(0), Sample(4)), Block(Sample(1), Sample(4)), Block()]
    assert [count for count, _ in blocks_of(minutes)] == [3]
    healed = [replace(each, candidate=replace(each.candidate, failed=0)) for each in minutes]
    assert [count for count, _ in blocks_of(healed)] == [3]
    quiet = [Block()] * (2 * LONGEST_BLOCK_MINUTES + 1)
    assert [count for count, _ in blocks_of(quiet)] == [LONGEST_BLOCK_MINUTES] * 2


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=200))
def test_blocks_lose_no_session(minutes: list[tuple[int, int]]) -> None:
    blocks = list(blocks_of(Block(Sample(a), Sample(b)) for a, b in minutes))
    covered = sum(count for count, _ in blocks)
    assert 0 <= len(minutes) - covered < LONGEST_BLOCK_MINUTES
    total = sum((block for _, block in blocks), Block())
    assert total.candidate.sessions == sum(a for a, _ in minutes[:covered])
    assert total.stable.sessions == sum(b for _, b in minutes[:covered])


def test_the_interval_is_newcombes() -> None:
    """His example (a): 56 of 70 and 48 of 80, 0.0524 to 0.3339 by method 10."""
    low, high = interval(Block(Sample(70, 56), Sample(80, 48)))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    assert interval(Block()) == (-1.0, 1.0)


def test_more_failures_than_sessions_are_refused() -> None:
    with pytest.raises(ValueError, match="3 failed of 2"):
        Sample(2, 3)


def test_the_bets_are_spread() -> None:
    assert all(after == 2 * before for before, after in pairwise(BETS))
