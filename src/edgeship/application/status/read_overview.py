"""What every widget asks of people, in a number of calls that does not grow with the releases.

Channels come from the index that the minute tick reads: each is there by the transaction that wrote it, a moment later.
What one widget's own status reads of its releases, such as all that wait, is not read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edgeship.application.edge.read_routes import routes_under
from edgeship.application.notifications.ports import Deliveries, Delivery
from edgeship.application.ports import Clock
from edgeship.application.status.find_unserved import Unserved, find_unserved
from edgeship.application.status.ports import EnvironmentState
from edgeship.application.status.read_edge import EdgeStatus, ReadEdge
from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.incidents.turns import TURNS
from edgeship.domain.channels.policy import Widget, decide_upload
from edgeship.domain.edge.route_values import Routes
from edgeship.domain.flags.flags_snapshot import writable_flags
from edgeship.domain.naming import LATEST
from edgeship.domain.propagation.deployment import Deployment
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Release
from edgeship.domain.requirements.environment import EnvironmentRecord
from edgeship.domain.requirements.requirement import first_unmet
from edgeship.domain.status.standing import Situation, Standing, standings
from edgeship.domain.version import Version

PARALLEL = 8
LISTED = 20
"""Refused uploads, and undelivered notifications."""

Subject = tuple[str, Version]
Flags = Mapping[str, Mapping[str, Any]]
"""The flags as the edge has them, by key."""


@dataclass(frozen=True)
class WidgetOverview:
    """`standings` has at least one, the most urgent first."""

    widget: str
    channels: tuple[Channel, ...]
    standings: tuple[Standing, ...]


@dataclass(frozen=True)
class Overview:
    """`freezes` are those in effect; `at` (aware) is when it was read."""

    widgets: tuple[WidgetOverview, ...]
    freezes: tuple[FreezeRecord, ...]
    rejections: tuple[Rejection, ...]
    undelivered: tuple[Delivery, ...]
    edge: EdgeStatus
    flagged: Mapping[str, Routes]
    """Of the widgets with a channel whose version a flag chooses, what their paths mean."""
    flags_left_out: Mapping[str, str]
    """The flags that can't be brought to the edge, with the reasons."""
    month: str
    """This one: `2026-11`."""
    invalidation_paths: int
    at: datetime


@dataclass(frozen=True)
class _Around:
    """What is known besides the channels."""

    environment: EnvironmentRecord
    freezes: Sequence[FreezeRecord]
    deployments: Sequence[Deployment]
    unserved: Sequence[Unserved]
    approvals: Mapping[str, tuple[Version, str]]
    fixes: Mapping[str, Version]
    releases: Mapping[Subject, Release]

    def may_be_chosen(self, widget: str) -> Callable[[Version], bool]:
        def good(version: Version) -> bool:
            release = self.releases.get((widget, version))
            if release is None:
                return False
            return release.may_be_chosen and first_unmet(release, self.environment, rescue=True) is None

        return good


@dataclass(frozen=True)
class ReadOverview:
    state: EnvironmentState
    deliveries: Deliveries
    clock: Clock
    read_edge: ReadEdge
    environment: str

    def __call__(self) -> Overview:
        """All widgets by name. Some thirty calls, `PARALLEL` at a time; a page more for each MB of channels, and one
        more for each hundred widgets with something to say: an alert, a release that may wait for approval, or, where
        the environment says what runs, a live version."""
        now = self.clock()
        month = now.strftime("%Y-%m")
        with ThreadPoolExecutor(PARALLEL) as pool:
            widgets = pool.submit(self.state.widgets)
            freezes = pool.submit(self.state.freezes)
            environment = pool.submit(self.state.environment)
            failed = pool.submit(self.state.failed_deployments)
            rejections = pool.submit(self.state.rejections, LISTED)
            undelivered = pool.submit(self.deliveries.list_undelivered, LISTED, None)
            flags = pool.submit(lambda: writable_flags(self.state.flags()))
            paths = pool.submit(self.state.invalidation_paths, month)
            turns = [pool.submit(self.state.watched)]
            turns += [pool.submit(self.state.resting, turn) for turn in range(TURNS)]
            channels = _by_widget(channel for turn in turns for channel in turn.result())
            known = widgets.result()
            # Before its first release is live, a widget's channels are in no turn.
            missing = [widget.name for widget in known if widget.name not in channels]
            for name, found in zip(missing, pool.map(self.state.channels, missing), strict=True):
                channels[name] = found
            flagged = self._flagged(channels, flags.result().entries)
            edge = pool.submit(self.read_edge, flagged)
        around = self._around(known, channels, environment.result(), freezes.result(), failed.result())
        return Overview(
            tuple(_overview(widget.name, channels[widget.name], around, now) for widget in known),
            tuple(record for record in freezes.result() if record.in_effect(now) is not None),
            tuple(rejections.result()),
            tuple(undelivered.result()),
            edge.result(),
            flagged,
            flags.result().left_out,
            month,
            paths.result(),
            now,
        )

    def _flagged(self, channels: Mapping[str, Sequence[Channel]], flags: Flags) -> dict[str, Routes]:
        """Two calls a widget."""
        found = {}
        for widget, theirs in channels.items():
            if any(channel.flag for channel in theirs):
                policy, releases = self.state.policy(widget).policy, self.state.releases(widget)
                found[widget] = routes_under(policy, theirs, releases, flags, self.environment)
        return found

    def _around(
        self,
        widgets: Sequence[Widget],
        channels: Mapping[str, Sequence[Channel]],
        environment: EnvironmentRecord,
        freezes: Sequence[FreezeRecord],
        failed: Sequence[Deployment],
    ) -> _Around:
        every = [channel for found in channels.values() for channel in found]
        newer = [(widget.name, widget.newest) for widget in widgets if _may_wait(widget, channels[widget.name])]
        wanted: set[Subject] = {(name, version) for name, version in newer if version is not None}
        wanted |= {(each.widget, version) for each in every if each.alert is not None for version in each.trail}
        if environment.running:
            wanted |= {(each.widget, version) for each in every for version in _exposed(each)}
        releases = {(each.widget, each.version): each for each in self.state.releases_of(wanted)} if wanted else {}
        unserved = find_unserved(every, releases.values(), environment) if environment.running else ()
        approvals = self._approvals(widgets, newer, channels, releases)
        fixes = {
            name: version
            for name, version in newer
            if version is not None
            and (release := releases.get((name, version))) is not None
            and release.may_be_chosen
            and release.promoted_at is None
            and first_unmet(release, environment) is None
        }
        return _Around(environment, freezes, failed, unserved, approvals, fixes, releases)

    def _approvals(
        self,
        widgets: Sequence[Widget],
        newer: Sequence[tuple[str, Version | None]],
        channels: Mapping[str, Sequence[Channel]],
        releases: Mapping[Subject, Release],
    ) -> dict[str, tuple[Version, str]]:
        policies = self.state.policies([name for name, _ in newer]) if newer else {}
        first = {widget.name: widget.first for widget in widgets}
        found = {}
        for name, version in newer:
            release = releases.get((name, version)) if version is not None else None
            if release is None or release.promoted_at is not None:
                continue
            decision = decide_upload(policies[name].policy, _latest(name, channels[name]), release, first[name])
            if decision.needs_person:
                found[name] = (release.version, decision.reason)
        return found


def _overview(widget: str, channels: Sequence[Channel], around: _Around, now: datetime) -> WidgetOverview:
    approval = around.approvals.get(widget)
    situation = Situation(
        widget,
        now,
        {each.channel: each for each in around.deployments if each.widget == widget},
        {each.channel: each.clause for each in around.unserved if each.widget == widget},
        (approval,) if approval else (),
        tuple(record for record in around.freezes if record.widget == widget and record.in_effect(now) is not None),
        around.fixes.get(widget),
        around.may_be_chosen(widget),
    )
    shown = list(channels) or [Channel(widget, LATEST)]
    return WidgetOverview(widget, tuple(channels), tuple(standings(shown, situation)))


def _may_wait(widget: Widget, channels: Sequence[Channel]) -> bool:
    """Whether the release that was registered last may be one that has not gone live."""
    latest = _latest(widget.name, channels)
    if widget.newest is None or latest.version is None:
        return False
    return widget.newest > latest.version and widget.newest != latest.candidate


def _latest(widget: str, channels: Sequence[Channel]) -> Channel:
    return next((channel for channel in channels if channel.name == LATEST), Channel(widget, LATEST))


def _exposed(channel: Channel) -> list[Version]:
    return [version for version in (channel.version, channel.candidate) if version is not None]


def _by_widget(channels: Iterable[Channel]) -> dict[str, list[Channel]]:
    found: dict[str, list[Channel]] = {}
    for channel in sorted(channels, key=lambda each: each.name):
        found.setdefault(channel.widget, []).append(channel)
    return found
