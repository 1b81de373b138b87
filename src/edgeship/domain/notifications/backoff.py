"""How long to leave alone what has failed."""

from __future__ import annotations

FIRST = 15.0
LONGEST = 900.0


def backoff(attempt: int, jitter: float) -> float:
    """Seconds to wait after attempt 1, 2, …: up to 15, 30, … 900, of which `jitter`, from 0 to 1, chooses one.

    Full jitter, so that what failed together does not come again together.
    Source: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    """
    return jitter * min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 6))
