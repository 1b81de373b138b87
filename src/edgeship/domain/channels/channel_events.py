"""The events of a channel, each made from the channel before and after the change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.events import Event, EventType, Occasion

Numbers = Mapping[str, Any] | None
"""The numbers of the analysis, for the event and the history."""


def channel_event(
    kind: EventType, before: Channel, after: Channel, occasion: Occasion, numbers: Numbers = None
) -> Event:
    """The event of a change that changes neither the pointer nor the rollout."""
    return Event.of(
        kind,
        occasion,
        before.widget,
        (before.name, before.revision),
        old=before.summary(),
        new={**after.summary(), **_analysis(numbers)},
    )


def move_events(
    before: Channel, after: Channel, occasion: Occasion, numbers: Numbers = None, *, rollback: bool = False
) -> tuple[Event, ...]:
    """The event of a move, and the event of the rollout that the move has ended, if any. The numbers belong to a
    completed rollout; they did not abort another version's."""
    moved = _pointer_moved(before, after, occasion, numbers, rollback)
    if before.candidate is None or after.rollout is None:
        return (moved,)
    if after.rollout.phase is Phase.COMPLETED:
        return moved, rollout_changed(EventType.ROLLOUT_COMPLETED, before, after, occasion, numbers)
    return moved, rollout_changed(EventType.ROLLOUT_ABORTED, before, after, occasion)


def _pointer_moved(before: Channel, after: Channel, occasion: Occasion, numbers: Numbers, rollback: bool) -> Event:
    # The sequence number is unique among the channel's moves.
    return Event.of(
        EventType.POINTER_MOVED,
        occasion,
        before.widget,
        (before.name, after.sequence),
        old=before.summary(),
        new={**after.summary(), **({"rollback": True} if rollback else {}), **_analysis(numbers)},
    )


def rollout_changed(
    kind: EventType, before: Channel, after: Channel, occasion: Occasion, numbers: Numbers = None
) -> Event:
    """The event of a change of the channel's rollout."""
    running = before.rollout.summary() if before.rollout is not None and before.rollout.active else None
    return Event.of(
        kind,
        occasion,
        before.widget,
        (before.name, before.revision),
        old={**before.summary(), "rollout": running},
        new={
            **after.summary(),
            "rollout": after.rollout.summary() if after.rollout else None,
            **_analysis(numbers),
        },
    )


def _analysis(numbers: Numbers) -> dict[str, Any]:
    return {"analysis": dict(numbers)} if numbers else {}
