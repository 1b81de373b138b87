"""What was done to a channel because of an alarm, a failed deployment or the minute tick."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.domain.channels.channel import Moved
from edgeship.domain.events import EventType


@dataclass(frozen=True)
class Reaction:
    """`event` is the type of the event that says what was done; None when there was nothing to do."""

    widget: str
    channel: str
    event: EventType | None
    reason: str

    @classmethod
    def of(cls, moved: Moved) -> Reaction:
        event = moved.events[0]
        return cls(moved.channel.widget, moved.channel.name, event.type, event.cause)
