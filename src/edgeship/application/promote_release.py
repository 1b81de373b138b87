"""Point a channel at a release because an operator says so."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.move_channel import commit_move
from edgeship.application.ports import Pause, State
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channel import Channel, promote
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.version import Version


@dataclass(frozen=True)
class PromoteRelease:
    state: State
    pause: Pause

    def __call__(self, widget: str, version: Version, channel: str, occasion: Occasion) -> Channel:
        """Move the channel; a move made meanwhile is taken into account, not overwritten unseen.

        Raises:
            Refused: `widget_invalid`, `channel_invalid`, `not_registered`, `quarantined` or `already_live`.
        """
        check_widget(widget)
        check_channel(channel)
        return retry_conflict(lambda: self._attempt(widget, version, channel, occasion), self.pause)

    def _attempt(self, widget: str, version: Version, channel: str, occasion: Occasion) -> Channel:
        release = self.state.release(widget, version)
        if release is None:
            known = [str(r.version) for r in self.state.releases(widget)]
            raise Refused(
                "not_registered",
                f"{widget} {version} is not a registered release.",
                f"Registered are: {', '.join(known)}." if known else f"{widget} has none; publish one first.",
            )
        moved = promote(self.state.channel(widget, channel), release, occasion)
        commit_move(self.state, moved)
        return moved.channel
