"""Lift the lock that a rollback put on a channel."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.channels.move_channel import commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.channel import Moved
from edgeship.domain.channels.operator_changes import unlock
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget


@dataclass(frozen=True)
class UnlockChannel:
    state: ChannelState
    pause: Pause

    def __call__(self, widget: str, channel: str, occasion: Occasion) -> None:
        """Let uploads move the channel again.

        Raises:
            Refused: `widget_invalid`, `channel_invalid` or `not_locked`.
        """
        check_widget(widget)
        check_channel(channel)

        def attempt() -> None:
            unlocked, event = unlock(self.state.channel(widget, channel), occasion)
            commit_move(self.state, Moved(unlocked, (event,)))

        retry_conflict(attempt, self.pause)
