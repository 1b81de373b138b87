"""Whether a candidate's sessions are as many as its share of users: a release that breaks early never reports.

Of `weight` of the users, a candidate has that share of the sessions, if as many of its page views report as of the
stable version's. The allowed share is lower: up to `missing` of its sessions may not report. Each minute, bets are made
that fewer do. A bet multiplies by the likelihood of the minute's sessions under the share that is bet on, and divides
by that under the allowed share. While the share is allowed, it can't be expected to gain, so the chance that the mean
of the bets ever reaches 1/p is at most p, however often it is checked (Ville's inequality).

Users have several sessions, and all of one user's are of one version. So a bet's logarithm is divided by `CLUSTER`: it
is fair for users who have up to so many sessions each (by Jensen's inequality).

Sequential tests of a sample ratio: Lindon and Malek, "Anytime-valid inference for multinomial count data",
https://arxiv.org/abs/2011.03567.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import exp, log

from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import HOUR_PERIODS
from edgeship.domain.health.thresholds import Thresholds

BETS = (0.85, 0.6, 0.3, 0.1, 0.02)
"""So much of what is allowed to report is bet to do so, with an equal stake each."""
CLUSTER = 4
STEADY_PERIODS = 10
"""Browsers keep a moving path's answer for some minutes, so a step's first periods have fewer of its users."""
SETTLED_PERIODS = 15
FEWEST_EXPECTED = 100
"""Sessions that the candidate should have: fewer are a handful of users."""


@dataclass(frozen=True)
class Ratio:
    """The sessions of one step, which began at `since`, up to the period that begins at `through`; both are aware.
    `expected` is how many the candidate should have, by the stable version's. `capital` is the natural logarithm of
    what each of `BETS` has become."""

    since: datetime
    through: datetime
    candidate: int = 0
    stable: int = 0
    expected: float = 0
    capital: tuple[float, ...] = (0.0,) * len(BETS)

    @property
    def log_value(self) -> float:
        """The natural logarithm of the evidence that too few report; 0 at the beginning."""
        most = max(self.capital)
        return most + log(sum(exp(each - most) for each in self.capital) / len(BETS))


def after_minute(ratio: Ratio, candidate: int, stable: int, weight: float, missing: float) -> Ratio:
    """The evidence after one more minute, with so many sessions of both; `weight` and `missing` are in (0, 1)."""
    allowed = _share(weight, 1 - missing)
    capital = tuple(
        kept + _won(candidate, stable, _share(weight, (1 - missing) * bet), allowed) / CLUSTER
        for kept, bet in zip(ratio.capital, BETS, strict=True)
    )
    return replace(
        ratio,
        candidate=ratio.candidate + candidate,
        stable=ratio.stable + stable,
        expected=ratio.expected + stable * weight / (1 - weight),
        capital=capital,
    )


def follow(
    kept: Ratio | None,
    since: datetime,
    weight: float | None,
    candidate: Iterable[Datapoint],
    stable: Iterable[Datapoint],
    limits: Thresholds,
    period_seconds: int,
    now: datetime,
) -> tuple[Ratio | None, Ratio | None]:
    """What to keep from now on, and the ratio up to now; None where it can't be known.

    Args:
        kept: of an earlier run; one of another step is dropped.
        since: when the step began, or was resumed.
        weight: the candidate's share of users in this step, in (0, 1); None where something else chooses the version.
        candidate, stable: the last `HOUR_PERIODS` periods of both.
    """
    missing = limits.missing_sessions / 100
    if weight is None or not 0 < weight < 1 or missing >= 1:
        return None, None
    if kept is None or kept.since != since:
        kept = Ratio(since, since)
    steady = -int(-since.timestamp() // period_seconds) + STEADY_PERIODS
    ended = int(now.timestamp() // period_seconds)
    first = max(-int(-kept.through.timestamp() // period_seconds), steady, ended - HOUR_PERIODS)
    ours, theirs = ({int(p.start.timestamp() // period_seconds): p.sessions for p in of} for of in (candidate, stable))
    ratio = kept
    for number in range(first, ended):
        ratio = after_minute(ratio, ours.get(number, 0), theirs.get(number, 0), weight, missing)
        ratio = replace(ratio, through=datetime.fromtimestamp((number + 1) * period_seconds, UTC))
        if number < ended - SETTLED_PERIODS:
            kept = ratio
    return kept, ratio


def judge_ratio(ratio: Ratio, limits: Thresholds, steps: int) -> AnalysisResult | None:
    """Inconclusive, if certainly too few of the candidate's sessions report; None otherwise. The error probability is
    that of a whole rollout, so each of its `steps` has a part of it."""
    if ratio.expected < FEWEST_EXPECTED or ratio.log_value < log(steps / limits.error_probability):
        return None
    absent = 100 * (1 - ratio.candidate / ratio.expected)
    return AnalysisResult(
        Health.INCONCLUSIVE,
        f"{ratio.candidate:,} sessions of the candidate, where its share of users makes {ratio.expected:,.0f} beside "
        f"{ratio.stable:,} of the stable version: {absent:.3g} % do not report (allowed "
        f"{limits.missing_sessions:g} %); evidence {exp(min(ratio.log_value, log(1e12))):,.0f} to 1",
        sample=ratio.candidate,
    )


def _share(weight: float, reporting: float) -> float:
    return weight * reporting / (weight * reporting + 1 - weight)


def _won(candidate: int, stable: int, bet: float, allowed: float) -> float:
    return candidate * log(bet / allowed) + stable * log((1 - bet) / (1 - allowed))
