"""How a rollout ended."""

from __future__ import annotations

from enum import StrEnum

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Rollout


class Outcome(StrEnum):
    COMPLETED = "completed"
    ABORTED = "aborted"
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled_back"
    REPLACED = "replaced"
    """A rollout to another version has begun in its place."""

    @property
    def is_good(self) -> bool:
        return self is Outcome.COMPLETED


_OF_PHASE = {
    Phase.COMPLETED: Outcome.COMPLETED,
    Phase.ABORTED: Outcome.ABORTED,
    Phase.CANCELLED: Outcome.CANCELLED,
    Phase.ROLLED_BACK: Outcome.ROLLED_BACK,
}


def outcome_of(channel: Channel, followed: Rollout) -> Outcome | None:
    """How the rollout that is followed ended, by what its channel holds now; None while it goes on.

    A channel keeps its last rollout alone. If another has begun, the one before it ended well where its candidate is
    or was live there."""
    last = channel.rollout
    if last is not None and (last.candidate, last.started_at) == (followed.candidate, followed.started_at):
        return None if last.active else _OF_PHASE[last.phase]
    if followed.candidate in (channel.version, *channel.trail):
        return Outcome.COMPLETED
    return Outcome.REPLACED
