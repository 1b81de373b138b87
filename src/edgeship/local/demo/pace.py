"""How long things take in the story: all of it follows from how fast its cloud is."""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(frozen=True)
class Pace:
    """Seconds, unless they say otherwise.

    `store_delay` is how long a write to the edge's store takes to reach the edge; `speed` is how many times faster
    than real time minutes go by.
    """

    store_delay: float
    speed: float

    @property
    def minute(self) -> float:
        """How long a minute of CloudWatch's takes."""
        return MINUTE / self.speed

    @property
    def in_browsers(self) -> float:
        """The longest time from a move, or from an alarm, to the release that every browser gets: 8 s with the store's
        usual delay. Beside the store, two functions and a stream take one to three seconds, more on a busy machine."""
        return self.store_delay + 6

    @property
    def quiet(self) -> float:
        """Without a page view of a version: longer than any edge goes without news."""
        return self.store_delay + 1

    @property
    def bake(self) -> int:
        """Of a rollout's step, in whole seconds: every browser has seen the step before."""
        return math.ceil(self.store_delay + 1)

    @property
    def page_views(self) -> float:
        """Of the crowd, in a second: 80, and fewer in shorter minutes, so that a minute costs less."""
        return min(80, 40 * self.minute)

    @property
    def minimum_sample(self) -> int:
        """Sessions of a release in a minute of CloudWatch's that are enough for its alarms. In less than two seconds
        5 are not certain, and the minute tick analyses periods with too few together: it would be first."""
        return 5 if self.minute >= 2 else 1
