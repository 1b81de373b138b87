"""Start a rollout, by an operator."""

from __future__ import annotations

from collections.abc import Sequence
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
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.conditions.eligible import only_served, refuse_gone
from edgeship.domain.channels.conditions.frozen import despite_freezes
from edgeship.domain.channels.expectation import Act, Expected
from edgeship.domain.channels.moves import promote
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import Step, check_steps
from edgeship.domain.channels.rollout_moves import start_rollout
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


@dataclass(frozen=True)
class StartRollout:
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
        steps: Sequence[Step] | None = None,
        expected: Expected | None = None,
        *,
        override: bool = False,
    ) -> Channel:
        """Roll the release out by `steps`, or by the widget's policy; a locked channel accepts it, too.

        If no version is live to start from, or the first step is 100 %, the channel moves at once. `expected` is the
        version that it starts from. `override` starts it during a freeze, too.

        Raises:
            Refused: `widget_invalid`, `channel_invalid`, `not_registered`, `quarantined`, `already_live`,
                `rollout_running`, `steps_invalid`, `files_gone`, `requirement_unmet`,
                `requirement_unknown`, `changed_since` or `frozen`.
        """
        check_widget(widget)
        check_channel(channel)
        schedule = check_steps(steps, testers=True) if steps is not None else None
        exposure = Exposure(self.state, self.alarms)

        def attempt() -> Channel:
            release = registered_release(self.state, widget, version)
            policy = self.state.policy(widget).policy
            before = self.state.channel(widget, channel)
            # Where somebody else has done it already, that is the answer.
            if version not in (before.version, before.candidate):
                check_expected(self.state, Act.START, before, expected)
            chosen = check_steps(schedule or policy.steps, testers=bool(policy.testers))
            moved = _moved(before, release, chosen, policy, occasion)
            moved = despite_freezes(moved, freezes_of(self.state, widget), occasion.at, override=override)
            moved = only_served(moved, release, environment_for(self.state, (release,)))
            if self.files.are_gone(release):
                raise refuse_gone(release)
            exposure.commit(moved, policy.thresholds)
            return moved.channel

        return retry_conflict(attempt, self.pause)


def _moved(before: Channel, release: Release, steps: tuple[Step, ...], policy: Policy, occasion: Occasion) -> Moved:
    if before.version is None or (steps[0].percent == 100 and before.candidate is None):
        return promote(before, release, occasion, policy.rollback_window_seconds)
    return start_rollout(before, release, steps, occasion)
