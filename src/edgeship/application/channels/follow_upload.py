"""Follow an upload until browsers get it, or until it waits or is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from edgeship.application.calendar.read_gate import freezes_of
from edgeship.application.channels.ports import ChannelState
from edgeship.application.ports import Clock, Web
from edgeship.application.releases.publish_bundle import RECENT_REJECTIONS, Published
from edgeship.application.requirements.read_environment import environment_for
from edgeship.domain.calendar.gate import gate_of
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.conditions.eligible import and_served
from edgeship.domain.channels.policy import UploadAction, decide_upload
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST, release_prefix
from edgeship.domain.releases.release import Release

POLL_SECONDS = 0.25


class Stage(StrEnum):
    UPLOADED = "uploaded"
    REGISTERED = "registered"
    PROMOTED = "promoted"
    WAITING = "waiting"
    ROLLING_OUT = "rolling_out"
    """Served under its own path, and to the part of the users that its rollout has reached."""
    SERVED = "served"


class WaitFor(StrEnum):
    """Up to where an upload is followed. It ends before, where the release waits for a person."""

    REGISTERED = "registered"
    SERVED = "served"
    """Or served under its own path, with its rollout begun."""


_ENDS = {
    WaitFor.REGISTERED: frozenset(Stage) - {Stage.UPLOADED},
    WaitFor.SERVED: frozenset({Stage.WAITING, Stage.ROLLING_OUT, Stage.SERVED}),
}


@dataclass(frozen=True)
class Followed:
    """The stage that an upload has reached, and the reason if it waits there. `channel` is the one that shows it, as it
    was read."""

    stage: Stage
    reason: str = ""
    channel: Channel | None = None


@dataclass(frozen=True)
class FollowUpload:
    """`web` is None when the CDN's address is not known: then an upload is followed up to the table."""

    state: ChannelState
    web: Web | None
    clock: Clock
    sleep: Callable[[float], None]

    def __call__(
        self,
        published: Published,
        timeout: timedelta,
        notice: Callable[[Followed], None],
        wait_for: WaitFor = WaitFor.SERVED,
    ) -> Followed:
        """Wait until the release is served, or waits for an operator; `notice` is called once for each stage.

        Raises:
            Refused: the upload was refused, with its reason.
            TimeoutError: neither happened in time; the message names the stage that it reached.
        """
        deadline = self.clock() + timeout
        reached = Followed(Stage.UPLOADED)
        notice(reached)
        while True:
            now = self._stage_of(published)
            if now.stage is not reached.stage:
                reached = now
                notice(reached)
            if reached.stage in _ENDS[wait_for]:
                return reached
            if self.clock() >= deadline:
                raise TimeoutError(
                    f"{published.key} was {reached.stage} but not {wait_for} within {timeout.total_seconds():g} s; "
                    "see edgeship status, and the logs of the functions"
                )
            self.sleep(POLL_SECONDS)

    def _stage_of(self, published: Published) -> Followed:
        widget, version = published.key.widget, published.key.version
        release = self.state.release(widget, version)
        record = self.state.widget(widget) if release is not None else None
        if release is None or record is None or release.digest != published.digest:
            for rejection in self.state.rejections(RECENT_REJECTIONS, published.key.widget):
                same_object = (rejection.key, rejection.etag) == (str(published.key), published.drop.etag)
                if same_object and rejection.upload_id not in published.refused_before:
                    raise Refused(rejection.code, rejection.reason, rejection.remedy)
            return Followed(Stage.UPLOADED)
        channel = self.state.channel(widget, LATEST)
        exact, latest = release_prefix(widget, version), f"{widget}/{LATEST}/"
        if channel.rollout is not None and channel.candidate == version:
            if not self._is_served(release, published.entrypoint_sha256, exact):
                return Followed(Stage.PROMOTED)
            return Followed(Stage.ROLLING_OUT, f"at {channel.rollout.percent:g} %", channel)
        if channel.version != version:
            policy = self.state.policy(widget).policy
            gate = gate_of(freezes_of(self.state, widget), policy.calendar_windows, self.clock())
            gate = and_served(gate, release, environment_for(self.state, (release,)))
            decision = decide_upload(policy, channel, release, record.first, gate)
            if decision.action is UploadAction.LEAVE:
                return Followed(Stage.WAITING, decision.reason)
            return Followed(Stage.REGISTERED)
        served = self._is_served(release, published.entrypoint_sha256, exact, latest)
        return Followed(Stage.SERVED, channel=channel) if served else Followed(Stage.PROMOTED)

    def _is_served(self, release: Release, expected: str, *paths: str) -> bool:
        if self.web is None:
            return True
        for path in paths:
            try:
                answer = self.web.get(f"/{path}{release.entrypoint}")
            except OSError:
                # It is asked again until the deadline.
                return False
            if answer.status != 200 or answer.sha256 != expected:
                return False
        return True
