"""Whether a release is healthy: its last datapoints against the limits.

An unhealthy release is found in two ways, and one is enough: by CloudWatch's alarms (`alarms`), or by `analyse`, on
the metrics that the minute tick reads. Both use the same limits and the same rule: three periods in a row, each with
enough sessions, at or over a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.thresholds import PERIODS, Check, Thresholds


class Health(StrEnum):
    """What an analysis found."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    """A hard limit was reached."""
    DEGRADED = "degraded"
    """The soft limit was passed: clearly worse than the stable version."""
    INCONCLUSIVE = "inconclusive"
    """Too few sessions to decide."""


@dataclass(frozen=True)
class AnalysisResult:
    """The health of a release, and the numbers behind it; `sample` is sessions."""

    health: Health
    reason: str
    check: Check | None = None
    value: float | None = None
    limit: float | None = None
    sample: int = 0
    other_value: float | None = None
    """Of the rollout's other version, where it reaches the same limit in the same time: no result about either."""

    periods: tuple[Datapoint, ...] = field(default=(), compare=False, repr=False)
    """What an unhealthy one rests on."""

    @property
    def is_shared(self) -> bool:
        """Whether both versions of the rollout reach the limit."""
        return self.other_value is not None

    @property
    def is_unhealthy(self) -> bool:
        return self.health is Health.UNHEALTHY

    def numbers(self) -> dict[str, Any]:
        """The document in events and in the history."""
        return {
            **self.document(),
            **({"other_value": round(self.other_value, 2)} if self.other_value is not None else {}),
        }

    def document(self) -> dict[str, Any]:
        """The document on health pages."""
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
    """Analyse a release's last `PERIODS` periods in a row, up to the newest that has ended.

    Args:
        datapoints: the release's periods, in any order. A period does not count if it has not ended at `now`, or began
            before `since`, when traffic first reached the release.
        stable: the stable version's periods, to compare a candidate with; empty for no comparison.
    """
    datapoints = [datapoint.under(limits) for datapoint in datapoints]
    periods = deciding_periods(datapoints, limits, since, now)
    if not periods:
        sample = sum(datapoint.sessions for datapoint in _last(datapoints, since, now))
        return AnalysisResult(
            Health.INCONCLUSIVE,
            f"{sample} sessions in the last {PERIODS} periods: fewer than {limits.minimum_sample} in one of them",
            sample=sample,
        )
    sample = sum(period.sessions for period in periods)
    for check, limit in limits.hard():
        values = [period.value(check) for period in periods]
        if all(value is not None and value >= limit for value in values):
            lowest = min(value for value in values if value is not None)
            found = over_limit(Health.UNHEALTHY, check, lowest, limit, sample, f"in {PERIODS} periods in a row")
            return replace(found, periods=tuple(periods))
    stable_at = {period.start: period.under(limits) for period in stable if period.sessions >= limits.minimum_sample}
    points = [
        period.error_rate - stable_at[period.start].error_rate  # type: ignore[operator]  # both have sessions
        for period in periods
        if period.start in stable_at
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
    """The `PERIODS` that `analyse` uses, the oldest first; empty when they are not enough for an analysis."""
    last = _last(datapoints, since, now)
    enough = _is_complete(last, now) and all(datapoint.sessions >= limits.minimum_sample for datapoint in last)
    return last if enough else []


def over_soft_limit(points: float, limits: Thresholds) -> bool:
    """Whether an error rate is too far above the stable version's; the difference of two rates is never exact."""
    return points > limits.soft_error_points + 1e-9


_TEXTS = {
    Check.ERROR_RATE: "error rate {value} (limit {limit:g} %)",
    Check.LATENCY: "p95 load latency {value} (limit {limit:,g} ms)",
    Check.MEMORY: "p95 memory {value} (limit {limit:g} MB)",
    Check.CUSTOM_METRIC: "p95 of the custom metric {value} (limit {limit:,g})",
    Check.ERROR_RATE_OVER_STABLE: "error rate {value} over the stable version's (limit {limit:g})",
}
_VALUES = {
    Check.ERROR_RATE: "{:.4g} %",
    Check.LATENCY: "{:,.0f} ms",
    Check.MEMORY: "{:.4g} MB",
    Check.CUSTOM_METRIC: "{:,.6g}",
    Check.ERROR_RATE_OVER_STABLE: "{:.4g} points",
}


def shown(check: Check, value: float) -> str:
    """A value of a check with its unit."""
    return _VALUES[check].format(value)


def over_limit(health: Health, check: Check, value: float, limit: float, sample: int, when: str) -> AnalysisResult:
    """The result for a value at or over a limit; `when` names the time span."""
    text = _TEXTS[check].format(value=shown(check, value), limit=limit)
    return AnalysisResult(health, f"{text} {when}, {sample} sessions", check, value, limit, sample)


def _last(datapoints: Iterable[Datapoint], since: datetime, now: datetime) -> list[Datapoint]:
    ended = (datapoint for datapoint in datapoints if datapoint.end <= now and datapoint.start >= since)
    return sorted(ended, key=lambda datapoint: datapoint.start)[-PERIODS:]


def _is_complete(datapoints: Sequence[Datapoint], now: datetime) -> bool:
    """Whether there are `PERIODS` of them, without a gap, and recent."""
    if len(datapoints) < PERIODS or any(after.start != before.end for before, after in pairwise(datapoints)):
        return False
    return now - datapoints[-1].end <= timedelta(seconds=PERIODS * datapoints[-1].seconds)
