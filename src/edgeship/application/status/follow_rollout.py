"""Follow a rollout until it has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from edgeship.application.ports import Clock
from edgeship.application.status.ports import EnvironmentState
from edgeship.application.status.read_numbers import ChannelNumbers, ReadNumbers
from edgeship.domain.channels.rollout import Rollout
from edgeship.domain.errors import Refused
from edgeship.domain.status.outcome import Outcome, outcome_of


@dataclass(frozen=True)
class Seen:
    """The channel at a time (aware) with its numbers. `rollout` is the one that is followed, as it was last known;
    `outcome` is None while it goes on."""

    numbers: ChannelNumbers
    rollout: Rollout
    outcome: Outcome | None
    at: datetime


@dataclass(frozen=True)
class FollowRollout:
    state: EnvironmentState
    numbers: ReadNumbers
    clock: Clock
    sleep: Callable[[float], None]

    def __call__(self, widget: str, channel: str, every: float, timeout: timedelta | None) -> Iterator[Seen]:
        """What is seen every so many seconds; the last has the outcome. A rollout that has ended already is seen once.

        Raises:
            Refused: `no_rollout`.
            TimeoutError: it has not ended in time.
        """
        deadline = self.clock() + timeout if timeout is not None else None
        followed: Rollout | None = None
        while True:
            now, there = self.clock(), self.state.channel(widget, channel)
            if followed is None and there.rollout is None:
                raise Refused(
                    "no_rollout",
                    f"{channel} of {widget} has no rollout.",
                    f"Start one: edgeship rollout start {widget} VERSION.",
                )
            followed = followed or there.rollout
            assert followed is not None
            outcome = outcome_of(there, followed)
            if outcome is None or (there.rollout is not None and there.rollout.started_at == followed.started_at):
                assert there.rollout is not None  # it is the one that is followed
                followed = there.rollout
            (numbers,) = self.numbers([there]) or (ChannelNumbers(there, {}),)
            yield Seen(numbers, followed, outcome, now)
            if outcome is not None:
                return
            if deadline is not None and now >= deadline:
                raise TimeoutError(f"the rollout to {followed.candidate} has not ended; see edgeship status {widget}")
            self.sleep(every)
