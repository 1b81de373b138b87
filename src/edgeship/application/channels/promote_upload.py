"""Apply the widget's policy to registered releases."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edgeship.application.calendar.read_gate import freezes_of
from edgeship.application.channels.move_channel import Exposure
from edgeship.application.channels.ports import ChannelState
from edgeship.application.health.ports import Alarms
from edgeship.application.ports import Pause
from edgeship.application.releases.ports import ReleaseFiles
from edgeship.application.requirements.read_environment import environment_for
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.calendar.gate import OPEN, Gate, gate_of
from edgeship.domain.calendar.waiting import WaitingRecord, left, none_waits
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.conditions.eligible import and_served, gone
from edgeship.domain.channels.moves import promote
from edgeship.domain.channels.policy import Decision, Policy, UploadAction, decide_upload, newest_due
from edgeship.domain.channels.rollout_moves import start_rollout
from edgeship.domain.events import Occasion
from edgeship.domain.naming import LATEST
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


@dataclass(frozen=True)
class PromoteUpload:
    state: ChannelState
    alarms: Alarms
    files: ReleaseFiles
    pause: Pause

    def __call__(self, widget: str, version: Version, occasion: Occasion) -> Decision:
        """Decide what a release does to `latest`, and do it; the order and number of events make no difference.

        The widget's first release goes live before any other is decided, even if its event is late: what an upload does
        depends on what is live.
        """
        first = self._first(widget)
        if first is None:
            return Decision(UploadAction.LEAVE, f"{widget} has no registered release")
        # Later the first release is like any other: an operator may have moved away from it.
        if first != version and self.state.channel(widget, LATEST).version is None:
            retry_conflict(lambda: self._attempt(widget, first, first, occasion), self.pause)
        return retry_conflict(lambda: self._attempt(widget, version, first, occasion), self.pause)

    def promote_waiting(self, widget: str, occasion: Occasion) -> Decision:
        """A rollout or a freeze has ended, a lock was lifted, or a calendar window has opened: decide about the newest
        of the releases that may have waited."""
        first = self._first(widget)
        if first is None:
            return Decision(UploadAction.LEAVE, f"{widget} has no registered release")

        def attempt() -> Decision:
            # Read before the releases: a release that is left later changes the record.
            waiting = self.state.waiting_of(widget)
            policy = self.state.policy(widget).policy
            channel = self.state.channel(widget, LATEST)
            releases = self.state.releases(widget)
            environment = environment_for(self.state, releases)
            unserved = Decision(UploadAction.LEAVE, "no release waits")
            while (newest := newest_due(policy, channel, releases, first)) is not None:
                closed = and_served(OPEN, newest, environment).closed
                if closed is None and not self.files.are_gone(newest):
                    return self._do(policy, channel, newest, first, occasion)
                if closed is not None and not unserved.waits:
                    unserved = Decision(UploadAction.LEAVE, closed, waits=True)
                    # An older one may start meanwhile; this one goes on waiting.
                    self._keep(left(waiting, newest.version))
                releases.remove(newest)
            if not unserved.waits:
                self._keep(none_waits(waiting))
            return unserved

        return retry_conflict(attempt, self.pause)

    def _first(self, widget: str) -> Version | None:
        record = self.state.widget(widget)
        return record.first if record else None

    def _attempt(self, widget: str, version: Version, first: Version, occasion: Occasion) -> Decision:
        release = self.state.release(widget, version)
        if release is None:
            return Decision(UploadAction.LEAVE, f"{widget} {version} is not registered")
        policy = self.state.policy(widget).policy
        channel = self.state.channel(widget, LATEST)
        starts = decide_upload(policy, channel, release, first).action is not UploadAction.LEAVE
        if starts and self.files.are_gone(release):
            return Decision(UploadAction.LEAVE, gone(widget, version).reason)
        return self._do(policy, channel, release, first, occasion)

    def _do(self, policy: Policy, channel: Channel, release: Release, first: Version, occasion: Occasion) -> Decision:
        gate = self._gate(policy, release, occasion)
        decision = decide_upload(policy, channel, release, first, gate)
        if decision.waits:
            self._keep(left(self.state.waiting_of(channel.widget), release.version))
        moved = _moved(policy, channel, release, decision, occasion.because(decision.reason))
        if moved is not None:
            moved = replace(moved, unchanged=(*moved.unchanged, *gate.relies_on))
            Exposure(self.state, self.alarms).commit(moved, policy.thresholds)
        return decision

    def _gate(self, policy: Policy, release: Release, occasion: Occasion) -> Gate:
        gate = gate_of(freezes_of(self.state, release.widget), policy.calendar_windows, occasion.at)
        return and_served(gate, release, environment_for(self.state, (release,)))

    def _keep(self, waiting: WaitingRecord | None) -> None:
        """Write where a release waits, if that is news. No event says so: it is where to search, and nobody decides by
        it."""
        if waiting is not None:
            self.state.commit(Transaction(puts=(waiting,), events=()))


def _moved(policy: Policy, channel: Channel, release: Release, decision: Decision, occasion: Occasion) -> Moved | None:
    match decision.action:
        case UploadAction.PROMOTE:
            return promote(channel, release, occasion, policy.rollback_window_seconds)
        case UploadAction.ROLL_OUT:
            return start_rollout(channel, release, policy.steps, occasion)
        case UploadAction.REPLACE if policy.at_once:
            return promote(channel, release, occasion, policy.rollback_window_seconds)
        case UploadAction.REPLACE:
            return start_rollout(channel, release, policy.steps, occasion, replace_running=True)
        case UploadAction.LEAVE:
            return None
