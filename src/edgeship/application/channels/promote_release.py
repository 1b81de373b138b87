"""Point a channel at a release, by an operator."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.calendar.read_gate import freezes_of
from edgeship.application.channels.check_expected import check_expected
from edgeship.application.channels.move_channel import Exposure
from edgeship.application.channels.ports import ChannelState
from edgeship.application.health.ports import Alarms
from edgeship.application.ports import Pause
from edgeship.application.releases.ports import ReleaseFiles
from edgeship.application.releases.registered_release import registered_release
from edgeship.application.requirements.read_environment import environment_for
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.conditions.eligible import only_served, refuse_gone
from edgeship.domain.channels.conditions.frozen import despite_freezes
from edgeship.domain.channels.expectation import Act, Expected
from edgeship.domain.channels.moves import promote
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.version import Version


@dataclass(frozen=True)
class PromoteRelease:
    state: ChannelState
    alarms: Alarms
    files: ReleaseFiles
    pause: Pause

    def __call__(
        self,
        widget: str,
        version: Version,
        channel: str,
        occasion: Occasion,
        expected: Expected | None = None,
        *,
        override: bool = False,
    ) -> Channel:
        """Move the channel, at once. A concurrent move is never overwritten: the change is decided again after it.

        A rollout of this version is completed; a rollout of another version is aborted. `expected` is the version that
        the channel moves from. `override` moves it during a freeze, too.

        Raises:
            Refused: `widget_invalid`, `channel_invalid`, `not_registered`, `quarantined`, `already_live`,
                `files_gone`, `requirement_unmet`, `requirement_unknown`,
                `changed_since` or `frozen`.
        """
        check_widget(widget)
        check_channel(channel)
        exposure = Exposure(self.state, self.alarms)

        def attempt() -> Channel:
            release = registered_release(self.state, widget, version)
            policy = self.state.policy(widget).policy
            before = self.state.channel(widget, channel)
            # Where somebody else has done it already, that is the answer.
            if before.version != version:
                check_expected(self.state, Act.PROMOTE, before, expected, version)
            moved = promote(before, release, occasion, policy.rollback_window_seconds)
            moved = despite_freezes(moved, freezes_of(self.state, widget), occasion.at, override=override)
            moved = only_served(moved, release, environment_for(self.state, (release,)))
            if self.files.are_gone(release):
                raise refuse_gone(release)
            exposure.commit(moved, policy.thresholds)
            return moved.channel

        return retry_conflict(attempt, self.pause)
