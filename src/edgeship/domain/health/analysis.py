"""Whether a release is healthy: its last datapoints against the limits.

Two paths come to a result, and either is enough: CloudWatch's alarms (`alarms`), and `analyse`, on the metrics that the
minute tick reads. Both hold the same limits, in the same way: three periods in a row, each with enough sessions, at or
over a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.thresholds import PERIODS, Check, Thresholds


class Health(StrEnum):
    """An analysis's kind."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    """A hard limit was reached."""
    DEGRADED = "degraded"
    """The soft limit was passed: clearly worse than the stable version."""
    INCONCLUSIVE = "inconclusive"
    """Too few sessions to tell."""


@dataclass(frozen=True)
class AnalysisResult:
    """How a release is, with the numbers that say so; `sample` is sessions."""

    health: Health
    reason: str
    check: Check | None = None
    value: float | None = None
    limit: float | None = None
    sample: int = 0

    @property
    def is_unhealthy(self) -> bool:
        return self.health is Health.UNHEALTHY

    def numbers(self) -> dict[str, Any]:
        """What events and the history say of it."""
        return {
            "health": self.health.value,
            "check": self.check.value if self.check else None,
            "value": round(self.value, 2) if self.value is not None else None,
            "limit": self.limit,
            "sample": self.sample,
        }


def analyse(
    datapoints: Iterable[Datapoint], stable: Iterable[Datapoint], limits: Thresholds, since: datetime, now: datetime
) -> AnalysisResult:
    """The analysis of a release's last periods, each of `PERIODS` in a row up to the newest that is over.

    Args:
        datapoints: the release's periods, in any order; those that are not over at `now`, or began before `since`, the
            moment at which traffic reached it, say nothing.
        stable: the stable version's periods, to compare a candidate with; none to compare with nothing.
    """
    datapoints = list(datapoints)
    mine = deciding_periods(datapoints, limits, since, now)
    if not mine:
        sample = sum(datapoint.sessions for datapoint in _last(datapoints, since, now))
        return AnalysisResult(
            Health.INCONCLUSIVE,
            f"{sample} sessions in the last {PERIODS} periods: fewer than {limits.minimum_sample} in one of them",
            sample=sample,
        )
    sample = sum(datapoint.sessions for datapoint in mine)
    for check, limit in limits.hard():
        values = [datapoint.value(check) for datapoint in mine]
        if all(value is not None and value >= limit for value in values):
            lowest = min(value for value in values if value is not None)
            return over_limit(Health.UNHEALTHY, check, lowest, limit, sample, f"in {PERIODS} periods in a row")
    theirs = {w.start: w for w in stable if w.sessions >= limits.minimum_sample}
    points = [
        datapoint.error_rate - theirs[datapoint.start].error_rate  # type: ignore[operator]  # both have sessions
        for datapoint in mine
        if datapoint.start in theirs
    ]
    if len(points) == PERIODS and all(over_soft_limit(point, limits) for point in points):
        return over_limit(
            Health.DEGRADED,
            Check.ERROR_RATE_OVER_STABLE,
            min(points),
            limits.soft_error_points,
            sample,
            f"in {PERIODS} periods in a row",
        )
    return AnalysisResult(Health.HEALTHY, f"no limit reached, {sample} sessions", sample=sample)


def deciding_periods(
    datapoints: Iterable[Datapoint], limits: Thresholds, since: datetime, now: datetime
) -> list[Datapoint]:
    """The `PERIODS` that `analyse` goes by, the oldest first; none where they don't suffice for an analysis."""
    last = _last(datapoints, since, now)
    enough = _tells(last, now) and all(datapoint.sessions >= limits.minimum_sample for datapoint in last)
    return last if enough else []


def over_soft_limit(points: float, limits: Thresholds) -> bool:
    """Whether an error rate lies too far above the stable version's; the difference of two rates is never exact."""
    return points > limits.soft_error_points + 1e-9


_SAID = {
    Check.ERROR_RATE: "error rate {value:.4g} % (limit {limit:g} %)",
    Check.LATENCY: "p95 load latency {value:,.0f} ms (limit {limit:,g} ms)",
    Check.MEMORY: "p95 memory {value:.4g} MB (limit {limit:g} MB)",
    Check.ERROR_RATE_OVER_STABLE: "error rate {value:.4g} points over the stable version's (limit {limit:g})",
}


def over_limit(health: Health, check: Check, value: float, limit: float, sample: int, when: str) -> AnalysisResult:
    """The analysis that a value is at or over a limit; `when` says over which time."""
    said = _SAID[check].format(value=value, limit=limit)
    return AnalysisResult(health, f"{said} {when}, {sample} sessions", check, value, limit, sample)


def _last(datapoints: Iterable[Datapoint], since: datetime, now: datetime) -> list[Datapoint]:
    over = sorted((w for w in datapoints if w.end <= now and w.start >= since), key=lambda datapoint: datapoint.start)
    return over[-PERIODS:]


def _tells(datapoints: Sequence[Datapoint], now: datetime) -> bool:
    """Whether they are enough, without a gap, and not of long ago."""
    if len(datapoints) < PERIODS or any(after.start != before.end for before, after in pairwise(datapoints)):
        return False
    return now - datapoints[-1].end <= timedelta(seconds=PERIODS * datapoints[-1].seconds)
