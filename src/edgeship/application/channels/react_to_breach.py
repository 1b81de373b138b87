"""A release was found unhealthy: react in every channel that exposes it."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.channels.move_channel import commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.channels.reaction import Reaction
from edgeship.application.channels.served_targets import to_what_is_served
from edgeship.application.ports import Pause
from edgeship.application.releases.ports import ReleaseFiles
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.reaction import react
from edgeship.domain.events import Occasion
from edgeship.domain.health.breach import Breach


@dataclass(frozen=True)
class ReactToBreach:
    state: ChannelState
    files: ReleaseFiles
    pause: Pause

    def __call__(self, breach: Breach, occasion: Occasion) -> list[Reaction]:
        """React in every channel of the widget. A breach may be delivered twice, late or out of order."""
        return [
            self.in_channel(channel.name, breach, occasion)
            for channel in self.state.channels(breach.widget)
            if breach.version in (channel.version, channel.candidate)
        ]

    def in_channel(self, name: str, breach: Breach, occasion: Occasion) -> Reaction:
        """React in one channel, as the table has it now."""

        def attempt() -> Reaction:
            channel = self.state.channel(breach.widget, name)
            releases = self.state.releases(breach.widget)
            policy = self.state.policy(breach.widget).policy
            window = policy.rollback_window_seconds
            moved = to_what_is_served(
                lambda gone: react(channel, releases, breach, occasion, window, gone, policy.mode), self.files
            )
            if moved is None:
                return Reaction(breach.widget, name, None, "late, or known: nothing to do")
            commit_move(self.state, moved)
            return Reaction.of(moved)

        return retry_conflict(attempt, self.pause)
