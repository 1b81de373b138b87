"""Rate limiting by a token bucket. Pure: the clock is an argument."""

from __future__ import annotations


class TokenBucket:
    """Full at first; a request takes a token, and tokens come back at a steady rate.

    Source: https://developers.cloudflare.com/cache/how-to/purge-cache/#token-bucket-rate-limiting
    """

    def __init__(self, rate_per_second: float, size: int, now: float) -> None:
        self._rate = rate_per_second
        self._size = size
        self._tokens = float(size)
        self._filled_at = now

    def take(self, now: float) -> float:
        """Take a token: 0.0, or the seconds until there is one to take."""
        self._tokens = min(self._size, self._tokens + max(0.0, now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate
