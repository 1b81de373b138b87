"""Failed sessions until a worse candidate is stopped by comparison, over the whole default schedule.

A simulation of the domain's own test on sessions drawn by chance, by traffic and by the true error rates of both
versions. The peer is a limit as Argo Rollouts' analysis has it: a measurement a minute, which fails over 5 % of errors,
and the third failed measurement ends the rollout.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from edgeship.domain.channels.rollout import DEFAULT_STEPS
from edgeship.domain.health.comparison import (
    LONGEST_BLOCK_MINUTES,
    Block,
    Evidence,
    Sample,
    after_block,
    after_hour,
)
from edgeship.domain.health.comparison_record import FEWEST_FAILED
from edgeship.domain.health.thresholds import DEFAULT_THRESHOLDS
from tests.bench.report import Report, Row

SESSIONS_A_MINUTE = (2, 10, 50, 200, 1_000, 10_000)
"""Of the whole widget."""
CANDIDATE = (0, 1, 2, 4.9, 6, 10, 25, 60)
STABLE = (0.1, 1, 3)
"""Error rates, per cent."""
RUNS = 20
PEER_LIMIT, PEER_FAILURES = 0.05, 3
_COARSE = 10
"""Minutes drawn together where the candidate is no worse than the margin allows: only their sums matter there."""
_MOST_FALSE_STOPS = 0.01


@dataclass(frozen=True)
class Stops:
    """`share` of the runs were stopped; the median of failed sessions until then is None if fewer than half were."""

    share: float
    failed: float | None


def measure(progress: Callable[[str], None]) -> Report:
    rows, false_stops, missed = [], [], []
    for stable in STABLE:
        for candidate in CANDIDATE:
            for rate in SESSIONS_A_MINUTE:
                progress(f"stable {stable:g} %, candidate {candidate:g} %, {rate:,} sessions a minute")
                dice = random.Random(f"{stable} {candidate} {rate}")
                ours, theirs = _stops([_run(rate, candidate / 100, stable / 100, dice) for _ in range(RUNS)])
                what = f"{candidate:g} % against {stable:g} %, {rate:,} a minute; stopped: {ours.share:.0%}"
                rows.append(Row(f"{what}, peer {theirs.share:.0%}", "failed", ours.failed, theirs.failed, digits=0))
                if candidate - stable <= DEFAULT_THRESHOLDS.margin_points:
                    false_stops.append(ours.share)
                if candidate - stable >= 2 and ours.share < (0.85 if rate == 2 else 1):
                    missed.append(what)
    return Report(
        name="comparison",
        title="Failed sessions of the candidate until it is stopped by comparison (medians; empty: never)",
        peer="third minute over 5 %",
        rows=(
            *rows,
            Row("false stops, of all runs", "", statistics.mean(false_stops), budget=_MOST_FALSE_STOPS, digits=4),
            Row("worse by 2 points or more, and not stopped as often as promised", "", len(missed), budget=0, digits=0),
        ),
        notes=(f"{RUNS} runs each; the default schedule, {sum(s.bake_seconds for s in DEFAULT_STEPS) // 86_400} days",),
    )


def _stops(runs: list[tuple[int | None, int | None]]) -> tuple[Stops, Stops]:
    ours, theirs = zip(*runs, strict=True)
    return _of(ours), _of(theirs)


def _of(failed: tuple[int | None, ...]) -> Stops:
    stopped = [each for each in failed if each is not None]
    never = math.inf
    median = statistics.median(never if each is None else each for each in failed)
    return Stops(len(stopped) / len(failed), None if median == never else median)


def _run(rate: int, candidate: float, stable: float, dice: random.Random) -> tuple[int | None, int | None]:
    """The failed sessions until the comparison stops one rollout, and until the peer does."""
    margin, probability = DEFAULT_THRESHOLDS.margin_points / 100, DEFAULT_THRESHOLDS.error_probability
    minutes = 1 if candidate > stable + margin else _COARSE
    evidence, block, waited = Evidence(), Block(), 0
    failed, breaches, ours, theirs = 0, 0, None, None
    for step in DEFAULT_STEPS[:-1]:
        for minute in range(0, step.bake_seconds // 60, minutes):
            sample = _draw(rate * minutes * step.percent / 100, candidate, dice)
            block += Block(sample, _draw(rate * minutes * (1 - step.percent / 100), stable, dice))
            failed, waited = failed + sample.failed, waited + minutes
            breaches += sample.sessions > 0 and sample.rate > PEER_LIMIT
            if theirs is None and breaches == PEER_FAILURES:
                theirs = failed
            if ours is None and (block.is_enough or waited >= LONGEST_BLOCK_MINUTES):
                evidence, block, waited = after_block(evidence, block, margin), Block(), 0
                if evidence.total.candidate.failed >= FEWEST_FAILED and evidence.reaches(probability):
                    ours = failed
            if ours is not None and (theirs is not None or failed > 100_000):
                return ours, theirs
            if minute % 60 == 0:
                evidence = after_hour(evidence)
    return ours, theirs


def _draw(mean: float, rate: float, dice: random.Random) -> Sample:
    sessions = _poisson(mean, dice)
    if sessions <= 200:
        return Sample(sessions, sum(dice.random() < rate for _ in range(sessions)))
    return Sample(sessions, min(sessions, _poisson(sessions * rate, dice)))


def _poisson(mean: float, dice: random.Random) -> int:
    if mean > 50:
        return max(0, round(dice.gauss(mean, mean**0.5)))
    limit, count, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        count, product = count + 1, product * dice.random()
    return count
