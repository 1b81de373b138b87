"""A token bucket: so many tokens a second, and at most one second's tokens at once."""

from __future__ import annotations

from datetime import datetime


class TokenBucket:
    """Full at first. Every call passes the time; a clock that goes backwards adds no tokens."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._tokens = float(per_second)
        self._filled_at: datetime | None = None

    def take(self, now: datetime) -> bool:
        """Whether there was a token to take."""
        if self._filled_at is not None:
            passed = max(0.0, (now - self._filled_at).total_seconds())
            self._tokens = min(float(self._per_second), self._tokens + passed * self._per_second)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
