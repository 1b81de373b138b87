"""A release is quarantined: what a channel does that exposes it."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.channels.move_channel import commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.channels.reacting.reaction import Reaction
from edgeship.application.channels.served_targets import to_what_is_served
from edgeship.application.ports import Pause
from edgeship.application.releases.ports import ReleaseFiles
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.incidents.quarantined_elsewhere import react_to_quarantine
from edgeship.domain.events import Occasion


@dataclass(frozen=True)
class ReactToQuarantine:
    state: ChannelState
    files: ReleaseFiles
    pause: Pause

    def __call__(self, widget: str, name: str, occasion: Occasion) -> Reaction | None:
        """React in one channel, as the table has it now; None when there is nothing to do."""

        def attempt() -> Reaction | None:
            channel = self.state.channel(widget, name)
            releases = self.state.releases(widget)
            policy = self.state.policy(widget).policy
            window = policy.rollback_window_seconds
            moved, _ = to_what_is_served(
                lambda skip: react_to_quarantine(channel, releases, occasion, window, skip, policy.mode),
                releases,
                self.state,
                self.files,
            )
            if moved is None:
                return None
            commit_move(self.state, moved)
            return Reaction.of(moved)

        return retry_conflict(attempt, self.pause)
