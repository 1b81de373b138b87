"""A CDN does not serve the version of a move: roll back, if the widget's policy says so."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.channels.move_channel import commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.channels.reacting.reaction import Reaction
from edgeship.application.channels.served_targets import to_what_is_served
from edgeship.application.ports import Pause
from edgeship.application.releases.ports import ReleaseFiles
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.reaction import react_to_failed_deployment
from edgeship.domain.events import Occasion


@dataclass(frozen=True)
class ReactToFailedDeployment:
    state: ChannelState
    files: ReleaseFiles
    pause: Pause

    def __call__(self, widget: str, name: str, sequence: int, occasion: Occasion) -> Reaction:
        """React to the failed deployment of move number `sequence`. Delivered twice or late it changes nothing: the
        channel must still be at that move."""

        def attempt() -> Reaction:
            policy = self.state.policy(widget).policy
            if policy.on_failed_verification != "rollback":
                return Reaction(widget, name, None, "policy: people are notified, and nothing moves")
            if policy.mode == "watch":
                return Reaction(widget, name, None, "mode watch: people are notified, and nothing moves")
            channel, releases = self.state.channel(widget, name), self.state.releases(widget)
            window = policy.rollback_window_seconds
            moved, _ = to_what_is_served(
                lambda skip: react_to_failed_deployment(channel, releases, sequence, occasion, window, skip),
                releases,
                self.state,
                self.files,
            )
            if moved is None:
                return Reaction(widget, name, None, "late, or known: nothing to do")
            commit_move(self.state, moved)
            return Reaction.of(moved)

        return retry_conflict(attempt, self.pause)
