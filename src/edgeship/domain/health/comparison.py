"""Whether a candidate fails more often than the stable version: a test that may be looked at every minute.

Sessions come in blocks: those of both versions in the same minutes. Before each block, a bet is made on how much worse
the candidate is. While the candidate's error rate is at most `margin` above the stable version's, a bet can't be
expected to gain, whatever the two rates are, and also when both change, as in an outage of a backend. So the chance
that the evidence (what the bets have made of 1) ever reaches 1/p is at most p, however often one looks (Ville's
inequality).

A bet multiplies by the likelihood of the block under the rates that are bet on, and divides by its likelihood under the
nearest rates that the margin allows, by Kullback-Leibler divergence. That is fair because the allowed rates are a
convex set. Source: Turner and Grünwald, "Exact anytime-valid confidence intervals for contingency tables and beyond",
https://arxiv.org/abs/2203.09785.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log, sqrt

from edgeship.domain.health.score_interval import score_interval

BETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""So much above the stable version's error rate the candidate's is bet to be, with an equal stake each."""
_FIRST_STAKE = 0.5
LATER_STAKES = 144
"""The other half is bet in so many equal parts, one an hour: days in which the candidate was as good, or an outage that
lost the first bets, must not hide what comes later. The default schedule has 144 hours."""
_GUESS, _GUESS_SESSIONS = 0.01, 50
"""The stable version's error rate is taken from its sessions so far, and these."""
_FEWEST_STABLE, _FEWEST_CANDIDATE = 10, 1
"""Sessions of a block, if they come within its longest time."""
LONGEST_BLOCK_MINUTES = 30
_Z_95 = 1.959964
_MOST_ROUNDS, _CLOSE = 60, 1e-13


@dataclass(frozen=True)
class Sample:
    """Sessions of one version, and how many of them failed: at most all."""

    sessions: int = 0
    failed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.failed <= self.sessions:
            raise ValueError(f"{self.failed} failed of {self.sessions} sessions")

    def __add__(self, other: Sample) -> Sample:
        return Sample(self.sessions + other.sessions, self.failed + other.failed)

    @property
    def rate(self) -> float:
        """In [0, 1]; 0 of no sessions."""
        return self.failed / self.sessions if self.sessions else 0.0


@dataclass(frozen=True)
class Block:
    """What both versions had in the same minutes."""

    candidate: Sample = Sample()
    stable: Sample = Sample()

    def __add__(self, other: Block) -> Block:
        return Block(self.candidate + other.candidate, self.stable + other.stable)

    @property
    def is_enough(self) -> bool:
        """Only numbers of sessions may decide where a block ends, and never how many failed."""
        return self.stable.sessions >= _FEWEST_STABLE and self.candidate.sessions >= _FEWEST_CANDIDATE


@dataclass(frozen=True)
class Evidence:
    """What the blocks so far say. `capital` is the natural logarithm of what each of `BETS` has become; `hours` is how
    many later stakes were laid."""

    total: Block = Block()
    capital: tuple[float, ...] = (log(_FIRST_STAKE / len(BETS)),) * len(BETS)
    hours: int = 0

    @property
    def log_value(self) -> float:
        """The natural logarithm of the evidence; 0 at the beginning, about."""
        laid = _FIRST_STAKE + (1 - _FIRST_STAKE) * min(self.hours, LATER_STAKES) / LATER_STAKES
        return _log_sum([*self.capital, log(1 - laid) if laid < 1 else -inf])

    def reaches(self, probability: float) -> bool:
        """Whether it is so large that it errs with at most this probability, over all time."""
        return self.log_value >= -log(probability)

    @property
    def odds(self) -> float:
        """The evidence as so many to 1; at most a million million."""
        return exp(min(self.log_value, log(1e12)))


def after_block(evidence: Evidence, block: Block, margin: float) -> Evidence:
    """The evidence after one more block; `margin` is in [0, 1]."""
    base = (evidence.total.stable.failed + _GUESS * _GUESS_SESSIONS) / (
        evidence.total.stable.sessions + _GUESS_SESSIONS
    )
    capital = tuple(
        kept + _won(block, base, min(base + bet, (1 + base + margin) / 2), margin)
        for kept, bet in zip(evidence.capital, BETS, strict=True)
    )
    return replace(evidence, total=evidence.total + block, capital=capital)


def after_hour(evidence: Evidence) -> Evidence:
    """The evidence after an hour is over, when the next stake is laid."""
    if evidence.hours >= LATER_STAKES:
        return evidence
    stake = log((1 - _FIRST_STAKE) / LATER_STAKES / len(BETS))
    return replace(
        evidence, capital=tuple(_log_sum([kept, stake]) for kept in evidence.capital), hours=evidence.hours + 1
    )


def blocks_of(minutes: Iterable[Block]) -> Iterator[tuple[int, Block]]:
    """Minutes in a row as blocks, each with the number of its minutes; those at the end that make none yet are left."""
    count, block = 0, Block()
    for minute in minutes:
        count, block = count + 1, block + minute
        if block.is_enough or count == LONGEST_BLOCK_MINUTES:
            yield count, block
            count, block = 0, Block()


def interval(block: Block) -> tuple[float, float]:
    """The difference of the two error rates, in [-1, 1], at 95 %: for people, and nothing is decided by it.

    Newcombe's hybrid score interval for two proportions (Statistics in Medicine 17, 1998, 873-890, method 10).
    """
    low, high = score_interval(block.candidate.failed, block.candidate.sessions, _Z_95)
    stable_low, stable_high = score_interval(block.stable.failed, block.stable.sessions, _Z_95)
    candidate, stable = block.candidate.rate, block.stable.rate
    below = sqrt((candidate - low) ** 2 + (stable_high - stable) ** 2)
    above = sqrt((high - candidate) ** 2 + (stable - stable_low) ** 2)
    return candidate - stable - below, candidate - stable + above


def _won(block: Block, stable_rate: float, candidate_rate: float, margin: float) -> float:
    """The logarithm of what a bet on these rates becomes; 0 where the margin allows them."""
    if candidate_rate <= stable_rate + margin:
        return 0.0
    nearest = _nearest(block, stable_rate, candidate_rate, margin)
    return _ratio(block.stable, stable_rate, nearest) + _ratio(block.candidate, candidate_rate, nearest + margin)


def _nearest(block: Block, stable_rate: float, candidate_rate: float, margin: float) -> float:
    """The stable version's rate in the nearest allowed pair, in which the candidate's is `margin` above it."""
    n_stable, n_candidate = block.stable.sessions, block.candidate.sessions
    low, high = stable_rate, candidate_rate - margin
    rate = (n_stable * low + n_candidate * high) / (n_stable + n_candidate) if n_stable + n_candidate else low
    for _ in range(_MOST_ROUNDS):
        slope = n_stable * _slope(stable_rate, rate) + n_candidate * _slope(candidate_rate, rate + margin)
        if slope < 0:
            low = rate
        else:
            high = rate
        curve = n_stable * _curve(stable_rate, rate) + n_candidate * _curve(candidate_rate, rate + margin)
        # Newton's step, or half the way where that leads out.
        better = rate - slope / curve if curve else rate
        better = better if low <= better <= high else (low + high) / 2
        if abs(better - rate) <= _CLOSE * rate:
            return better
        rate = better
    return rate


def _slope(true: float, rate: float) -> float:
    """Of the divergence of `rate` from `true`."""
    return (rate - true) / (rate * (1 - rate))


def _curve(true: float, rate: float) -> float:
    """Of the divergence: the slope of its slope."""
    return true / rate**2 + (1 - true) / (1 - rate) ** 2


def _ratio(sample: Sample, bet: float, allowed: float) -> float:
    worked = sample.sessions - sample.failed
    return sample.failed * log(bet / allowed) + worked * log((1 - bet) / (1 - allowed))


def _log_sum(logs: Sequence[float]) -> float:
    most = max(logs)
    return most + log(sum(exp(each - most) for each in logs)) if most > -inf else -inf
