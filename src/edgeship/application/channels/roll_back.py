"""Roll a channel back to a good version: one conditional write, however large the release."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.channels.check_expected import check_expected
from edgeship.application.channels.move_channel import commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.channels.served_targets import to_what_is_served
from edgeship.application.ports import Pause
from edgeship.application.releases.ports import ReleaseFiles
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.conditions.eligible import ALL_ELIGIBLE, IneligibleReleases
from edgeship.domain.channels.expectation import Act, Expected, ends_rollout
from edgeship.domain.channels.moves import roll_back, target_of
from edgeship.domain.channels.rollout_moves import abort_rollout
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.version import Version


@dataclass(frozen=True)
class RollBack:
    state: ChannelState
    files: ReleaseFiles
    pause: Pause

    def __call__(
        self, widget: str, channel: str, to: Version | None, occasion: Occasion, expected: Expected | None = None
    ) -> Moved:
        """Roll the channel back, quarantine the version that was live, and lock the channel, in one transaction.

        While a rollout is running or paused, it is aborted instead, its candidate is quarantined, and the stable
        version stays. With `to`, another version than the stable one, the channel moves there.

        `expected` is the version to quarantine: then a race that was lost to another change is tried again. Without it,
        a change of the channel is not followed: two people who roll back at the same time want one rollback, not two.

        Raises:
            Refused: `widget_invalid`, `channel_invalid`, `nothing_live`, `no_good_version`, `target_invalid`,
                `files_gone`, `requirement_unmet`, `changed_since` or `moved_meanwhile`.
        """
        check_widget(widget)
        check_channel(channel)
        if expected is None:
            return self._once(widget, channel, to, occasion)

        def attempt() -> Moved:
            before = self.state.channel(widget, channel)
            check_expected(self.state, Act.ROLL_BACK, before, expected, to)
            moved = self._moved(before, to, occasion)
            commit_move(self.state, moved)
            return moved

        return retry_conflict(attempt, self.pause)

    def _once(self, widget: str, channel: str, to: Version | None, occasion: Occasion) -> Moved:
        seen = self.state.channel(widget, channel)

        def attempt() -> Moved:
            now = self.state.channel(widget, channel)
            if now.revision != seen.revision:
                raise Refused(
                    "moved_meanwhile",
                    f"{channel} of {widget} changed while this ran: it was at {seen.version}, and "
                    f"{now.moved_by} has it at {now.version}. Nothing was rolled back.",
                    "Check edgeship status, and roll back again if it is still needed.",
                )
            moved = self._moved(now, to, occasion)
            commit_move(self.state, moved)
            return moved

        return retry_conflict(attempt, self.pause)

    def _moved(self, before: Channel, to: Version | None, occasion: Occasion) -> Moved:
        if before.candidate is not None and ends_rollout(before, to):
            candidate = self.state.release(before.widget, before.candidate)
            assert candidate is not None  # a rollout starts from a registered release, and none is ever removed
            return abort_rollout(before, candidate, occasion)
        window = self.state.policy(before.widget).policy.rollback_window_seconds
        releases = self.state.releases(before.widget)

        def decide(ineligible: IneligibleReleases) -> Moved:
            return roll_back(before, releases, to, occasion, window, ineligible=ineligible)

        moved, ineligible = to_what_is_served(decide, releases, self.state, self.files)
        default = target_of(decide(ALL_ELIGIBLE))
        chosen = target_of(moved)
        # A person is asked before the channel moves to another version than the last good one.
        if default is not None and chosen is not None and chosen.version != default.version:
            why = ineligible[default.version]
            raise Refused(
                why.code,
                why.reason,
                f"The next good version is {chosen.version}: edgeship rollback {before.widget} --to {chosen.version}.",
            )
        return moved
