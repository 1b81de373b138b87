"""How long to wait before the next attempt."""

from __future__ import annotations

FIRST = 15.0
LONGEST = 900.0


def backoff(attempt: int, jitter: float) -> float:
    """Seconds to wait after attempt 1, 2, …: `jitter`, from 0 to 1, times 15, 30, … 900.

    Full jitter, so that messages that failed together are not tried again together.
    Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    return jitter * min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 6))
