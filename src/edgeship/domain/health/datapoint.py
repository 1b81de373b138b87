"""The metrics of a release in one span of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from edgeship.domain.health.thresholds import Check, Thresholds

CUSTOM_METRIC_SAMPLE = 20
"""Values of a custom metric, fewer of which are not judged: a page reports it when it has one, not once a session."""


@dataclass(frozen=True)
class Datapoint:
    """The metrics of a release in `seconds` from `start` (aware). None: nothing was reported.

    `latency_ms`, `memory_mb` and `custom_metric` are 95th percentiles, the last of `CUSTOM_METRIC_SAMPLE` values at
    least. `failed_sessions` include the `chunk_failed_sessions`, in which only parts of the release did not load;
    whether these count in the error rate is the policy's, see `under`. No
    other field has what is unverified.
    """

    start: datetime
    seconds: int
    sessions: int = 0
    failed_sessions: int = 0
    latency_ms: float | None = None
    memory_mb: float | None = None
    chunk_failed_sessions: int = 0
    chunk_failures: int = 0
    counts_chunks: bool = True
    unverified_sessions: int = 0
    unverified_failed_sessions: int = 0
    custom_metric: float | None = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    @property
    def error_rate(self) -> float | None:
        """Counted sessions, per cent of sessions."""
        return 100 * self.counted_sessions / self.sessions if self.sessions else None

    @property
    def counted_sessions(self) -> int:
        """The failed sessions that count in the error rate."""
        return max(0, self.failed_sessions - (0 if self.counts_chunks else self.chunk_failed_sessions))

    @property
    def chunk_failure_rate(self) -> float | None:
        """Sessions in which only parts of the release did not load, per cent of sessions."""
        return 100 * self.chunk_failed_sessions / self.sessions if self.sessions else None

    def under(self, limits: Thresholds) -> Datapoint:
        """The same metrics, as the policy counts them."""
        return replace(self, counts_chunks=limits.count_chunk_failures)

    def and_also(self, other: Datapoint) -> Datapoint:
        """Both together, of the same time. Percentiles can't be added: they are means, weighted by sessions."""
        return replace(
            self,
            sessions=self.sessions + other.sessions,
            failed_sessions=self.failed_sessions + other.failed_sessions,
            latency_ms=self._mean(self.latency_ms, other, other.latency_ms),
            memory_mb=self._mean(self.memory_mb, other, other.memory_mb),
            chunk_failed_sessions=self.chunk_failed_sessions + other.chunk_failed_sessions,
            chunk_failures=self.chunk_failures + other.chunk_failures,
            unverified_sessions=self.unverified_sessions + other.unverified_sessions,
            unverified_failed_sessions=self.unverified_failed_sessions + other.unverified_failed_sessions,
            custom_metric=self._mean(self.custom_metric, other, other.custom_metric),
        )

    def _mean(self, mine: float | None, other: Datapoint, others: float | None) -> float | None:
        if mine is None or others is None:
            return others if mine is None else mine
        own, weight = max(1, self.sessions), max(1, other.sessions)
        return (mine * own + others * weight) / (own + weight)

    def value(self, check: Check) -> float | None:
        match check:
            case Check.LATENCY:
                return self.latency_ms
            case Check.MEMORY:
                return self.memory_mb
            case Check.CUSTOM_METRIC:
                return self.custom_metric
            case _:
                return self.error_rate


def together(first: Iterable[Datapoint], second: Iterable[Datapoint]) -> list[Datapoint]:
    """The datapoints of both, oldest first, those of the same period as one."""
    found = {datapoint.start: datapoint for datapoint in first}
    for datapoint in second:
        known = found.get(datapoint.start)
        found[datapoint.start] = datapoint if known is None else known.and_also(datapoint)
    return sorted(found.values(), key=lambda datapoint: datapoint.start)
