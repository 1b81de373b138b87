"""Take a channel back to a good version: one conditional write, however large the release."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.move_channel import commit_move
from edgeship.application.ports import State
from edgeship.domain.channel import Moved, roll_back
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.version import Version


@dataclass(frozen=True)
class RollBack:
    state: State

    def __call__(self, widget: str, channel: str, to: Version | None, occasion: Occasion) -> Moved:
        """Move the channel back, quarantine what it leaves and lock it, in one transaction.

        A lost race is not tried again: two people who roll back at once mean one step, not two.

        Raises:
            Refused: `widget_invalid`, `channel_invalid`, `nothing_live`, `no_good_version`, `target_invalid`
                or `moved_meanwhile`.
        """
        check_widget(widget)
        check_channel(channel)
        before = self.state.channel(widget, channel)
        moved = roll_back(before, self.state.releases(widget), to, occasion)
        try:
            commit_move(self.state, moved)
        except Conflict:
            now = self.state.channel(widget, channel)
            raise Refused(
                "moved_meanwhile",
                f"{channel} of {widget} changed while this ran: it was at {before.version}, and "
                f"{now.moved_by} has it at {now.version}. Nothing was rolled back.",
                "Look at edgeship status, and roll back again if it is still needed.",
            ) from None
        return moved
