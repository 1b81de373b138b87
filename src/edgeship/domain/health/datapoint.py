"""The metrics of a release in one span of time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from edgeship.domain.health.thresholds import Check, Thresholds


@dataclass(frozen=True)
class Datapoint:
    """The metrics of a release in `seconds` from `start` (aware). None: nothing was reported.

    `latency_ms` and `memory_mb` are 95th percentiles. `failed_sessions` include the `chunk_failed_sessions`, in which
    only parts of the release did not load; whether these count in the error rate is the policy's, see `under`. No other
    field has what is unverified.
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

    def value(self, check: Check) -> float | None:
        match check:
            case Check.LATENCY:
                return self.latency_ms
            case Check.MEMORY:
                return self.memory_mb
            case _:
                return self.error_rate
