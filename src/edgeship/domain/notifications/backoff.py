"""How long to wait before the next attempt."""

from __future__ import annotations

FIRST = 15.0
LONGEST = 900.0


def backoff(attempt: int, jitter: float) -> float:
    """Seconds to wait after attempt 1, 2, …: half of 15, 30, … 900, and `jitter`, from 0 to 1, times the other half.

    Equal jitter: messages that failed together are not tried again together, and no wait is so short that the attempts
    are over soon.
    Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    return (1 + jitter) / 2 * min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 6))
