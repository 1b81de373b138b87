"""Point a channel at a release, by an operator."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.channels.move_channel import Exposure
from edgeship.application.channels.ports import ChannelState
from edgeship.application.health.ports import Alarms
from edgeship.application.ports import Pause
from edgeship.application.releases.registered_release import registered_release
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.moves import promote
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.version import Version


@dataclass(frozen=True)
class PromoteRelease:
    state: ChannelState
    alarms: Alarms
    pause: Pause

    def __call__(self, widget: str, version: Version, channel: str, occasion: Occasion) -> Channel:
        """Move the channel, at once. A concurrent move is never overwritten: the change is decided again after it.

        A rollout of this version is completed; a rollout of another version is aborted.

        Raises:
            Refused: `widget_invalid`, `channel_invalid`, `not_registered`, `quarantined` or `already_live`.
        """
        check_widget(widget)
        check_channel(channel)
        exposure = Exposure(self.state, self.alarms)
        return retry_conflict(lambda: self._attempt(exposure, widget, version, channel, occasion), self.pause)

    def _attempt(self, exposure: Exposure, widget: str, version: Version, channel: str, occasion: Occasion) -> Channel:
        release = registered_release(self.state, widget, version)
        policy = self.state.policy(widget).policy
        before = self.state.channel(widget, channel)
        moved = promote(before, release, occasion, policy.rollback_window_seconds)
        exposure.commit(moved, policy.thresholds)
        return moved.channel
