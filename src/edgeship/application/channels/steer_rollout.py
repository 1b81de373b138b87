"""Pause, resume, advance or abort a rollout, by an operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgeship.application.calendar.read_gate import freezes_of
from edgeship.application.channels.move_channel import Exposure, commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.health.ports import Alarms
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.frozen import despite_freezes
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout_moves import (
    abort_rollout,
    advance_rollout,
    pause_rollout,
    resume_rollout,
    rollout_of,
)
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.releases.release import Release


@dataclass(frozen=True)
class SteerRollout:
    """Each method raises Refused: `widget_invalid`, `channel_invalid`, `no_rollout`, `phase_invalid`, or
    `moved_meanwhile` when the rollout has changed meanwhile. Methods that give a candidate to users also raise
    `quarantined`, and `frozen` without `override`."""

    state: ChannelState
    alarms: Alarms
    pause_between: Pause

    def pause(self, widget: str, channel: str, occasion: Occasion) -> Channel:
        """Give everybody the stable version until the rollout is resumed."""
        return self._steer(widget, channel, lambda before, *_: pause_rollout(before, occasion), exposes=False)

    def resume(self, widget: str, channel: str, occasion: Occasion, *, override: bool = False) -> Channel:
        """Give the candidate to the same users again; its bake starts again."""

        def resumed(before: Channel, candidate: Release, _: Policy) -> Moved:
            moved = resume_rollout(before, candidate, occasion)
            return despite_freezes(moved, freezes_of(self.state, widget), occasion.at, override=override)

        return self._steer(widget, channel, resumed, exposes=True)

    def advance(self, widget: str, channel: str, occasion: Occasion, *, override: bool = False) -> Channel:
        """Start the next step now, whatever the bake and the metrics say."""

        def advanced(before: Channel, candidate: Release, policy: Policy) -> Moved:
            moved = advance_rollout(before, candidate, occasion, policy.rollback_window_seconds)
            return despite_freezes(moved, freezes_of(self.state, widget), occasion.at, override=override)

        return self._steer(widget, channel, advanced, exposes=True)

    def abort(self, widget: str, channel: str, occasion: Occasion) -> Channel:
        """End the rollout: the candidate is quarantined, and the channel is locked."""

        def aborted(before: Channel, candidate: Release, _: Policy) -> Moved:
            return abort_rollout(before, candidate, occasion)

        return self._steer(widget, channel, aborted, exposes=False)

    def _steer(
        self,
        widget: str,
        channel: str,
        change: Callable[[Channel, Release, Policy], Moved],
        *,
        exposes: bool,
    ) -> Channel:
        check_widget(widget)
        check_channel(channel)
        seen = self.state.channel(widget, channel)
        exposure = Exposure(self.state, self.alarms)

        def attempt() -> Channel:
            before = self.state.channel(widget, channel)
            rollout = rollout_of(before)
            if _stage(before) != _stage(seen):
                raise Refused(
                    "moved_meanwhile",
                    f"The rollout of {widget} changed while this ran. Nothing was written.",
                    "Check edgeship status, and decide again.",
                )
            candidate = self.state.release(widget, rollout.candidate)
            assert candidate is not None  # a rollout starts from a registered release, and none is ever removed
            policy = self.state.policy(widget).policy
            moved = change(before, candidate, policy)
            if exposes:
                exposure.commit(moved, policy.thresholds)
            else:
                commit_move(self.state, moved)
            return moved.channel

        return retry_conflict(attempt, self.pause_between)


def _stage(channel: Channel) -> tuple[object, ...]:
    rollout = channel.rollout
    return (rollout.candidate, rollout.phase, rollout.step) if rollout else ()
