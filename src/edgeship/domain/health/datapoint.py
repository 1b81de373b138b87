"""The metrics of a release in one span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from edgeship.domain.health.thresholds import Check


@dataclass(frozen=True)
class Datapoint:
    """The metrics of a release in `seconds` from `start` (aware). None: nothing was reported.

    `latency_ms` and `memory_mb` are 95th percentiles.
    """

    start: datetime
    seconds: int
    sessions: int = 0
    failed_sessions: int = 0
    latency_ms: float | None = None
    memory_mb: float | None = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    @property
    def error_rate(self) -> float | None:
        """Failed sessions, per cent of sessions."""
        return 100 * self.failed_sessions / self.sessions if self.sessions else None

    def value(self, check: Check) -> float | None:
        match check:
            case Check.LATENCY:
                return self.latency_ms
            case Check.MEMORY:
                return self.memory_mb
            case _:
                return self.error_rate
