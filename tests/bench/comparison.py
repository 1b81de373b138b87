"""Failed sessions until a worse candidate is stopped by comparison, over the whole default schedule.

A simulation of the domain's own test on sessions drawn by chance, by traffic and by the true error rates of both
versions. The peers are rules on one measurement of the candidate a minute, on the same sessions:

- as Argo Rollouts' analysis: over 5 % of errors it fails, and the third failed measurement ends the rollout
- as Flagger's: over 1 % of errors (a success rate under 99 %) it fails, and the fifth failed check ends the rollout
- as edgeship before it compared: three in a row that have the minimum sample and 5 % of errors
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
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
FEW_MORE = (0.1, 2, 1_000)
"""The case that no limit finds."""
OURS, ARGO, FLAGGER, LIMIT = "comparison", "Argo-like", "Flagger-like", "limit alone"
RULES = (OURS, ARGO, FLAGGER, LIMIT)
_COARSE = 10
"""Minutes drawn together where the candidate is no worse than the margin allows: only their sums matter there."""
_MOST_FALSE_STOPS = 0.01


@dataclass(frozen=True)
class Stops:
    """`share` of the runs were stopped; the median of failed sessions until then is None if fewer than half were."""

    share: float
    failed: float | None


def measure(progress: Callable[[str], None]) -> Report:
    rows, missed = [], []
    false_stops: dict[str, list[float]] = {rule: [] for rule in RULES}
    worse: dict[str, list[float]] = {rule: [] for rule in RULES}
    few: dict[str, float | None] = {}
    for stable in STABLE:
        for candidate in CANDIDATE:
            for rate in SESSIONS_A_MINUTE:
                progress(f"stable {stable:g} %, candidate {candidate:g} %, {rate:,} sessions a minute")
                dice = random.Random(f"{stable} {candidate} {rate}")
                runs = [_run(rate, candidate / 100, stable / 100, dice) for _ in range(RUNS)]
                stops = {rule: _of([run[rule] for run in runs]) for rule in RULES}
                ours, argo = stops[OURS], stops[ARGO]
                shares = ", ".join(f"{stops[rule].share:.0%}" for rule in RULES)
                what = f"{candidate:g} % against {stable:g} %, {rate:,} a minute; stopped: {shares}"
                rows.append(Row(what, "failed", ours.failed, argo.failed, digits=0))
                for rule in RULES:
                    if candidate - stable <= DEFAULT_THRESHOLDS.margin_points:
                        false_stops[rule].append(stops[rule].share)
                    if candidate - stable >= 2:
                        worse[rule].append(stops[rule].share)
                if (stable, candidate, rate) == FEW_MORE:
                    few = {rule: stops[rule].failed for rule in RULES}
                if candidate - stable >= 2 and ours.share < (0.85 if rate == 2 else 1):
                    missed.append(what)
    return Report(
        name="comparison",
        title="Failed sessions of the candidate until it is stopped by comparison (medians; empty: never)",
        peer=ARGO,
        rows=(
            *rows,
            *(
                Row(
                    f"{rule}: stopped though not worse, of all such runs",
                    "",
                    statistics.mean(false_stops[rule]),
                    budget=_MOST_FALSE_STOPS if rule == OURS else None,
                    digits=4,
                )
                for rule in RULES
            ),
            *(
                Row(f"{rule}: stopped, of all runs worse by 2 points or more", "", statistics.mean(shares), digits=4)
                for rule, shares in worse.items()
            ),
            *(
                Row(f"{rule}: 2 % against 0.1 %, 1,000 a minute", "failed", failed, digits=0)
                for rule, failed in few.items()
            ),
            Row("worse by 2 points or more, and not stopped as often as promised", "", len(missed), budget=0, digits=0),
        ),
        notes=(
            f"the shares that were stopped are those of {', '.join(RULES)}",
            f"{RUNS} runs each; the default schedule, {sum(s.bake_seconds for s in DEFAULT_STEPS) // 86_400} days",
        ),
    )


def _of(failed: Sequence[int | None]) -> Stops:
    stopped = [each for each in failed if each is not None]
    never = math.inf
    median = statistics.median(never if each is None else each for each in failed)
    return Stops(len(stopped) / len(failed), None if median == never else median)


class _Peers:
    """The rules without a comparison, one measurement after the other."""

    def __init__(self) -> None:
        self._argo = self._flagger = self._in_a_row = 0

    def stop(self, sample: Sample) -> Iterator[str]:
        """The rules that end the rollout by now."""
        self._argo += sample.sessions > 0 and sample.rate > 0.05
        self._flagger += sample.sessions > 0 and sample.rate > 0.01
        reaches = sample.sessions >= DEFAULT_THRESHOLDS.minimum_sample and sample.rate >= 0.05
        self._in_a_row = self._in_a_row + 1 if reaches else 0
        if self._argo >= 3:
            yield ARGO
        if self._flagger >= 5:
            yield FLAGGER
        if self._in_a_row >= 3:
            yield LIMIT


def _run(rate: int, candidate: float, stable: float, dice: random.Random) -> dict[str, int | None]:
    """The failed sessions until each rule stops one rollout."""
    margin, probability = DEFAULT_THRESHOLDS.margin_points / 100, DEFAULT_THRESHOLDS.error_probability
    minutes = 1 if candidate > stable + margin else _COARSE
    evidence, block, waited = Evidence(), Block(), 0
    failed, peers = 0, _Peers()
    stopped: dict[str, int | None] = dict.fromkeys(RULES)
    for step in DEFAULT_STEPS[:-1]:
        for minute in range(0, step.bake_seconds // 60, minutes):
            sample = _draw(rate * minutes * step.percent / 100, candidate, dice)
            block += Block(sample, _draw(rate * minutes * (1 - step.percent / 100), stable, dice))
            failed, waited = failed + sample.failed, waited + minutes
            for rule in peers.stop(sample):
                stopped[rule] = failed if stopped[rule] is None else stopped[rule]
            if stopped[OURS] is None and (block.is_enough or waited >= LONGEST_BLOCK_MINUTES):
                evidence, block, waited = after_block(evidence, block, margin), Block(), 0
                if evidence.total.candidate.failed >= FEWEST_FAILED and evidence.reaches(probability):
                    stopped[OURS] = failed
            if stopped[OURS] is not None and (failed > 100_000 or None not in stopped.values()):
                return stopped
            if minute % 60 == 0:
                evidence = after_hour(evidence)
    return stopped


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
