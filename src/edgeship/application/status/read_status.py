"""What is live, what is waiting and what was refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edgeship.application.calendar.read_gate import among
from edgeship.application.edge.read_routes import routes_under
from edgeship.application.notifications.ports import Deliveries, Delivery
from edgeship.application.ports import Clock
from edgeship.application.status.explain_unknown import ExplainUnknown
from edgeship.application.status.find_unserved import Unserved, find_unserved
from edgeship.application.status.ports import EnvironmentState
from edgeship.application.status.read_edge import EdgeStatus, ReadEdge
from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.calendar.gate import gate_of
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.conditions.eligible import and_served
from edgeship.domain.channels.policy import Decision, Mode, UploadAction, decide_upload
from edgeship.domain.edge.route_values import Routes
from edgeship.domain.flags.flags_snapshot import writable_flags
from edgeship.domain.naming import LATEST, check_widget
from edgeship.domain.propagation.deployment import Deployment
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Release
from edgeship.domain.requirements.environment import EnvironmentRecord
from edgeship.domain.requirements.requirement import first_unmet
from edgeship.domain.status.standing import Situation, Standing, standings
from edgeship.domain.version import Version

Flags = Mapping[str, Mapping[str, Any]]
"""The flags as the edge has them, by key."""

REJECTIONS_SHOWN = 20
UNDELIVERED_SHOWN = 20


@dataclass(frozen=True)
class Waiting:
    """A release newer than what is live that has not gone live, and why."""

    version: Version
    reason: str
    needs_person: bool = False


@dataclass(frozen=True)
class WidgetStatus:
    widget: str
    channels: tuple[Channel, ...]
    releases: int
    waiting: tuple[Waiting, ...]
    quarantined: tuple[Release, ...]
    deployments: tuple[Deployment, ...]
    mode: Mode
    """Whether health acts, or people are only notified."""
    routes: Routes
    """What its channels and ranges mean."""
    unserved: tuple[Unserved, ...] = ()
    """Versions that its channels expose, and that require what does not run in the environment."""
    can_roll_back_to: frozenset[Version] = frozenset()
    """Its releases that may be chosen, and that what runs in the environment serves."""
    standings: tuple[Standing, ...] = ()
    """What it asks of people, the most urgent first."""

    @property
    def subject(self) -> Version | None:
        """The version that is asked about in an incident: the candidate, else what was quarantined last while that
        keeps the channel locked, else the live one."""
        latest = next((channel for channel in self.channels if channel.name == LATEST), None)
        if latest is None:
            return None
        if latest.candidate is not None or not self.quarantined:
            return latest.candidate or latest.version
        locked = latest.lock is not None and latest.alert is None
        newest = max(self.quarantined, key=lambda release: release.quarantine.since if release.quarantine else "")
        return newest.version if locked else latest.version


@dataclass(frozen=True)
class Status:
    """Of one widget; `widgets` is empty where every upload of it was refused."""

    widgets: tuple[WidgetStatus, ...]
    rejections: tuple[Rejection, ...]
    undelivered: tuple[Delivery, ...]
    """Notifications that a destination did not take, or that are being sent now."""
    month: str
    """This one: `2026-11`."""
    invalidation_paths: int
    """In the month, for the whole environment."""
    edge: EdgeStatus
    freezes: tuple[FreezeRecord, ...]
    """Those in effect: the environment's, and then those of the widgets shown."""
    flags_left_out: Mapping[str, str]
    """The flags that can't be brought to the edge, with the reasons."""
    at: datetime
    """When it was read (aware)."""


@dataclass(frozen=True)
class _Around:
    """What is the same for all widgets."""

    flags: Flags
    freezes: Sequence[FreezeRecord]
    environment: EnvironmentRecord


@dataclass(frozen=True)
class ReadStatus:
    state: EnvironmentState
    deliveries: Deliveries
    clock: Clock
    read_edge: ReadEdge
    environment: str

    def __call__(self, widget: str) -> Status:
        """
        Raises:
            Refused: `widget_invalid`, or `widget_unknown` when the widget has neither releases nor rejections.
        """
        flags, freezes = writable_flags(self.state.flags()), self.state.freezes()
        around = _Around(flags.entries, freezes, self.state.environment())
        record = self.state.widget(check_widget(widget))
        rejections = tuple(self.state.rejections(REJECTIONS_SHOWN, widget))
        if record is None and not rejections:
            raise ExplainUnknown(self.state).widget_unknown(widget)
        starts = {widget} if self.state.waiting_of(widget).version is not None else set()
        shown = (self._widget(widget, record.first, around, starts),) if record else ()
        return self._status(widget, shown, rejections, among(freezes, widget), flags.left_out)

    def _status(
        self,
        widget: str,
        widgets: tuple[WidgetStatus, ...],
        rejections: tuple[Rejection, ...],
        freezes: Sequence[FreezeRecord],
        left_out: Mapping[str, str],
    ) -> Status:
        now = self.clock()
        month = now.strftime("%Y-%m")
        frozen = tuple(record for record in freezes if record.in_effect(now) is not None)
        undelivered = tuple(self.deliveries.list_undelivered(UNDELIVERED_SHOWN, widget))
        edge = self.read_edge({each.widget: each.routes for each in widgets})
        paths = self.state.invalidation_paths(month)
        return Status(widgets, rejections, undelivered, month, paths, edge, frozen, left_out, now)

    def _widget(
        self,
        widget: str,
        first: Version,
        around: _Around,
        starts: Collection[str],
    ) -> WidgetStatus:
        """`starts` are the widgets of which a release waits for the end of a freeze, or for a window."""
        policy = self.state.policy(widget).policy
        gate = gate_of(among(around.freezes, widget), policy.calendar_windows, self.clock())
        channels = self.state.channels(widget)
        latest = next((c for c in channels if c.name == LATEST), Channel(widget, LATEST))
        releases = self.state.releases(widget)
        waiting = [
            _waiting(
                decide_upload(policy, latest, r, first, and_served(gate, r, around.environment)),
                r,
                starts=widget in starts,
            )
            for r in releases
            if r.promoted_at is None
            and r.may_be_chosen
            and r.version != latest.candidate
            and (latest.version is None or r.version > latest.version)
        ]
        deployments = tuple(self.state.deployments(widget))
        unserved = find_unserved(channels, releases, around.environment)
        good = frozenset(
            r.version for r in releases if r.may_be_chosen and first_unmet(r, around.environment, rescue=True) is None
        )
        now = self.clock()
        situation = Situation(
            widget,
            now,
            {deployment.channel: deployment for deployment in deployments},
            {each.channel: each.clause for each in unserved},
            tuple((each.version, each.reason) for each in waiting if each.needs_person),
            tuple(each for each in among(around.freezes, widget) if each.in_effect(now) is not None),
            next((each.version for each in waiting if each.version in good), None),
            good.__contains__,
        )
        return WidgetStatus(
            widget,
            tuple(channels),
            len(releases),
            tuple(waiting),
            tuple(r for r in releases if r.quarantine is not None),
            deployments,
            policy.mode,
            routes_under(policy, channels, releases, around.flags, self.environment),
            unserved,
            good,
            tuple(standings(channels, situation)),
        )


def _waiting(decision: Decision, release: Release, *, starts: bool) -> Waiting:
    return Waiting(release.version, _why(decision, release, starts=starts), decision.needs_person)


def _why(decision: Decision, release: Release, *, starts: bool) -> str:
    """Why a release is waiting. The policy is applied when a release is registered, when a rollout or a freeze has
    ended, when a lock is lifted and when a calendar window opens, not when the policy changes."""
    if decision.action is UploadAction.LEAVE:
        return decision.reason
    if starts:
        return "the minute tick starts the newest release that waits"
    return f"nothing blocks it any more: edgeship promote {release.widget} {release.version}"
