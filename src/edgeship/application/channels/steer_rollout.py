"""Hold, pause, resume, advance, cancel or abort a rollout, by an operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgeship.application.calendar.read_gate import freezes_of
from edgeship.application.channels.check_expected import check_expected
from edgeship.application.channels.move_channel import Exposure, commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.health.ports import Alarms
from edgeship.application.ports import Pause
from edgeship.application.requirements.read_environment import environment_for
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.conditions.eligible import only_served
from edgeship.domain.channels.conditions.frozen import despite_freezes
from edgeship.domain.channels.expectation import Act, Expected
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout_moves import (
    abort_rollout,
    advance_rollout,
    cancel_rollout,
    hold_by_person,
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
    """In each method, `expected` is the candidate that the operator saw.

    Each raises Refused: `widget_invalid`, `channel_invalid`, `no_rollout`, `phase_invalid`, `changed_since` when
    another or no rollout is under way, or `moved_meanwhile` when the rollout changes while this runs. Methods that give
    a candidate to users also raise `quarantined`, `requirement_unmet`, `requirement_unknown`, and `frozen` without
    `override`."""

    state: ChannelState
    alarms: Alarms
    pause_between: Pause

    def hold(self, widget: str, channel: str, occasion: Occasion, expected: Expected | None = None) -> Channel:
        """Stay at this percentage until the rollout is resumed or advanced; its candidate is still analysed.

        Raises:
            Refused: also `already_held`.
        """

        def held(before: Channel, *_: object) -> Moved:
            return hold_by_person(before, occasion)

        return self._steer(Act.HOLD, widget, channel, held, expected)

    def pause(self, widget: str, channel: str, occasion: Occasion, expected: Expected | None = None) -> Channel:
        """Give everybody the stable version until the rollout is resumed."""

        def paused(before: Channel, *_: object) -> Moved:
            return pause_rollout(before, occasion)

        return self._steer(Act.PAUSE, widget, channel, paused, expected)

    def resume(
        self,
        widget: str,
        channel: str,
        occasion: Occasion,
        expected: Expected | None = None,
        *,
        override: bool = False,
    ) -> Channel:
        """Give the candidate to the same users again, and start its bake again; or end a hold."""

        def resumed(before: Channel, candidate: Release, _: Policy) -> Moved:
            moved = self._served(resume_rollout(before, candidate, occasion), candidate)
            return despite_freezes(moved, freezes_of(self.state, widget), occasion.at, override=override)

        return self._steer(Act.RESUME, widget, channel, resumed, expected, exposes=True)

    def advance(
        self,
        widget: str,
        channel: str,
        occasion: Occasion,
        expected: Expected | None = None,
        *,
        override: bool = False,
    ) -> Channel:
        """Start the next step now, whatever the bake and the metrics say."""

        def advanced(before: Channel, candidate: Release, policy: Policy) -> Moved:
            moved = advance_rollout(before, candidate, occasion, policy.rollback_window_seconds)
            moved = self._served(moved, candidate)
            return despite_freezes(moved, freezes_of(self.state, widget), occasion.at, override=override)

        return self._steer(Act.ADVANCE, widget, channel, advanced, expected, exposes=True)

    def cancel(self, widget: str, channel: str, occasion: Occasion, expected: Expected | None = None) -> Channel:
        """End the rollout without blame: nothing is quarantined, nothing is locked, and no event starts it again."""

        def cancelled(before: Channel, candidate: Release, _: Policy) -> Moved:
            return cancel_rollout(before, candidate, occasion)

        return self._steer(Act.CANCEL, widget, channel, cancelled, expected)

    def abort(self, widget: str, channel: str, occasion: Occasion, expected: Expected | None = None) -> Channel:
        """End the rollout: the candidate is quarantined, and the channel is locked."""

        def aborted(before: Channel, candidate: Release, _: Policy) -> Moved:
            return abort_rollout(before, candidate, occasion)

        return self._steer(Act.ABORT, widget, channel, aborted, expected)

    def _served(self, moved: Moved, candidate: Release) -> Moved:
        return only_served(moved, candidate, environment_for(self.state, (candidate,)))

    def _steer(
        self,
        act: Act,
        widget: str,
        channel: str,
        change: Callable[[Channel, Release, Policy], Moved],
        expected: Expected | None,
        *,
        exposes: bool = False,
    ) -> Channel:
        check_widget(widget)
        check_channel(channel)
        seen = self.state.channel(widget, channel)
        exposure = Exposure(self.state, self.alarms)

        def attempt() -> Channel:
            before = self.state.channel(widget, channel)
            check_expected(self.state, act, before, expected)
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
