"""What is live, what is waiting and what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeship.application.notifications.ports import Deliveries, Delivery
from edgeship.application.ports import Clock
from edgeship.application.status.ports import EnvironmentState
from edgeship.application.status.read_edge import EdgeStatus, ReadEdge
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import Decision, Mode, Policy, UploadAction, decide_upload
from edgeship.domain.edge.route_values import Routes
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.errors import Refused
from edgeship.domain.flags.flags_snapshot import writable_flags
from edgeship.domain.naming import LATEST, check_widget
from edgeship.domain.propagation.deployment import Deployment
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Release
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


@dataclass(frozen=True)
class Status:
    widgets: tuple[WidgetStatus, ...]
    rejections: tuple[Rejection, ...]
    undelivered: tuple[Delivery, ...]
    """Notifications that a destination did not take, or that are being sent now."""
    month: str
    """This one: `2026-11`."""
    invalidation_paths: int
    """In the month, for the whole environment."""
    edge: EdgeStatus
    flags_left_out: Mapping[str, str]
    """The flags that can't be brought to the edge, with the reasons."""


@dataclass(frozen=True)
class ReadStatus:
    state: EnvironmentState
    deliveries: Deliveries
    clock: Clock
    read_edge: ReadEdge
    environment: str

    def __call__(self, widget: str | None) -> Status:
        """The status of one widget, or of all.

        Raises:
            Refused: `widget_invalid`, or `widget_unknown` when the widget has neither releases nor rejections.
        """
        flags = writable_flags(self.state.flags())
        if widget is None:
            widgets = tuple(self._widget(w.name, w.first, flags.entries) for w in self.state.widgets())
            return self._status(None, widgets, tuple(self.state.rejections(REJECTIONS_SHOWN)), flags.left_out)
        record = self.state.widget(check_widget(widget))
        rejections = tuple(self.state.rejections(REJECTIONS_SHOWN, widget))
        if record is None and not rejections:
            known = ", ".join(w.name for w in self.state.widgets()) or "none yet"
            raise Refused("widget_unknown", f"There is no widget {widget!r}.", f"Known widgets: {known}.")
        shown = (self._widget(widget, record.first, flags.entries),) if record else ()
        return self._status(widget, shown, rejections, flags.left_out)

    def _status(
        self,
        widget: str | None,
        widgets: tuple[WidgetStatus, ...],
        rejections: tuple[Rejection, ...],
        left_out: Mapping[str, str],
    ) -> Status:
        month = self.clock().strftime("%Y-%m")
        undelivered = tuple(self.deliveries.list_undelivered(UNDELIVERED_SHOWN, widget))
        edge = self.read_edge({each.widget: each.routes for each in widgets})
        return Status(widgets, rejections, undelivered, month, self.state.invalidation_paths(month), edge, left_out)

    def _widget(self, widget: str, first: Version, flags: Flags) -> WidgetStatus:
        policy = self.state.policy(widget).policy
        channels = self.state.channels(widget)
        latest = next((c for c in channels if c.name == LATEST), Channel(widget, LATEST))
        releases = self.state.releases(widget)
        waiting = [
            Waiting(r.version, _why(decide_upload(policy, latest, r, first), r))
            for r in releases
            if r.promoted_at is None
            and r.version != latest.candidate
            and (latest.version is None or r.version > latest.version)
        ]
        return WidgetStatus(
            widget,
            tuple(channels),
            len(releases),
            tuple(waiting),
            tuple(r for r in releases if r.quarantine is not None),
            tuple(self.state.deployments(widget)),
            policy.mode,
            self._routes(channels, releases, policy, flags),
        )

    def _routes(
        self,
        channels: Sequence[Channel],
        releases: Sequence[Release],
        policy: Policy,
        flags: Flags,
    ) -> Routes:
        return routes_of(channels, releases, policy.serve, flags, self.environment)


def _why(decision: Decision, release: Release) -> str:
    """Why a release is waiting. The policy is applied when a release is registered, when a rollout has ended and when a
    lock is lifted, not when the policy changes."""
    if decision.action is UploadAction.LEAVE:
        return decision.reason
    return f"nothing blocks it any more: edgeship promote {release.widget} {release.version}"
