"""Whether a 95th percentile is over its limit where minutes have few sessions: a sign test on the minutes' percentiles.

If at most one session in twenty is over the limit, the percentile of a minute with n sessions reaches it no more often
than so many of n are over it by chance as that takes. How many of the minutes did is compared with that: a sum of
unequal coins, whose distribution is computed exactly. It needs no more than what is read of each minute anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from math import comb, floor

from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.thresholds import Check

OVER = 0.05
"""The share of sessions that is over the 95th percentile."""
CHANCE = 1 / 30_000
"""As of the error rate of few sessions: the check runs each minute, so its errors add up."""


def minutes_over(check: Check, limit: float, periods: Iterable[Datapoint]) -> tuple[int, int, bool]:
    """How many periods have a value, how many of these reach the limit, and whether that is no chance."""
    told = [(period.sessions, value) for period in periods if (value := period.value(check)) is not None]
    over = sum(value >= limit for _, value in told)
    return len(told), over, over > 0 and tail([by_chance(max(1, n)) for n, _ in told], over) < CHANCE


@cache
def by_chance(sessions: int) -> float:
    """At most how probable it is that the percentile of so many sessions reaches the limit, if `OVER` of all do.

    The percentile lies between two neighbours in rank, or at one of them; the upper one is over the limit then.
    """
    needed = max(1, sessions - 1 - floor((1 - OVER) * (sessions - 1)))
    fewer = sum(comb(sessions, k) * OVER**k * (1 - OVER) ** (sessions - k) for k in range(needed))
    return max(0.0, 1 - fewer)


def tail(chances: Sequence[float], count: int) -> float:
    """The probability that `count` or more of independent coins with these chances fall on their heads."""
    counts = [1.0]
    for chance in chances:
        counts = [
            (counts[k] * (1 - chance) if k < len(counts) else 0) + (counts[k - 1] * chance if k else 0)
            for k in range(len(counts) + 1)
        ]
    return sum(counts[count:])
