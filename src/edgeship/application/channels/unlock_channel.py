"""Lift the lock that a rollback put on a channel."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.channels.move_channel import commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.channel import Moved
from edgeship.domain.channels.operator_changes import unlock
from edgeship.domain.errors import check_unchanged
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget


@dataclass(frozen=True)
class UnlockChannel:
    state: ChannelState
    pause: Pause

    def __call__(self, widget: str, channel: str, occasion: Occasion, seen: str | None = None) -> None:
        """Let uploads move the channel again. `seen` is when the lock was set that the person saw; None: the one that
        is there now.

        Raises:
            Refused: `widget_invalid`, `channel_invalid`, `not_locked`, or `changed_since` when it is another lock, also
                when it becomes one while this runs.
        """
        check_widget(widget)
        check_channel(channel)

        def attempt() -> None:
            nonlocal seen
            before = self.state.channel(widget, channel)
            since = before.lock.since if before.lock is not None else None
            check_unchanged(seen, since, f"The lock of {channel} of {widget}")
            seen = since
            unlocked, event = unlock(before, occasion)
            commit_move(self.state, Moved(unlocked, (event,)))

        retry_conflict(attempt, self.pause)
