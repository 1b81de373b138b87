"""What browsers reported of a channel's versions, period by period, with what happened meanwhile: for charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from edgeship.application.health.ports import Metrics
from edgeship.application.ports import Clock
from edgeship.application.status.ports import EnvironmentState
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.events import Event, timestamp
from edgeship.domain.health.datapoint import Datapoint, together
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.telemetry.metrics import Source
from edgeship.domain.version import Version

MARKS_READ = 50
"""Of a widget's events, the newest: those in the time shown are its marks."""


@dataclass(frozen=True)
class VersionSeries:
    """Datapoints, the oldest first; periods in which nothing was reported have none."""

    version: Version
    role: str
    """`candidate` or `stable`; or how the last rollout of the version ended, as `aborted`."""
    datapoints: tuple[Datapoint, ...]


@dataclass(frozen=True)
class ChannelSeries:
    """`marks` are the channel's events between `since` and `until` (aware), the oldest first."""

    channel: Channel
    since: datetime
    until: datetime
    period_seconds: int
    versions: tuple[VersionSeries, ...]
    limits: Thresholds
    marks: tuple[Event, ...]


@dataclass(frozen=True)
class ReadSeries:
    state: EnvironmentState
    metrics: Metrics
    clock: Clock

    def __call__(self, channels: Sequence[Channel], periods: int) -> list[ChannelSeries]:
        """Of channels of one widget that point at a version: its last `periods` periods. The number of calls does not
        grow with the channels."""
        shown = [channel for channel in channels if channel.version is not None]
        if not shown:
            return []
        now, widget = self.clock(), shown[0].widget
        sources = [
            source for channel in shown for version in _versions(channel) for source in _sources(channel, version)
        ]
        found = self.metrics.periods(sources, periods, now)
        limits = self.state.policy(widget).policy.thresholds
        since = now - timedelta(seconds=periods * self.metrics.period_seconds)
        recent = [event for event in self.state.events(widget, MARKS_READ) if event.occurred_at >= timestamp(since)]
        return [
            ChannelSeries(
                channel,
                since,
                now,
                self.metrics.period_seconds,
                tuple(_series(found, channel, limits)),
                limits,
                tuple(event for event in reversed(recent) if (event.new or {}).get("channel") == channel.name),
            )
            for channel in shown
        ]


def _series(
    found: Mapping[Source, Sequence[Datapoint]], channel: Channel, limits: Thresholds
) -> Iterator[VersionSeries]:
    """Of the versions that the channel exposes; and of one that it did, while there are datapoints of it."""
    for version, role in _versions(channel).items():
        datapoints = _datapoints(found, channel, version, limits)
        if datapoints or version in (channel.candidate, channel.version):
            yield VersionSeries(version, role, datapoints)


def _versions(channel: Channel) -> dict[Version, str]:
    """The candidate first, as in every table; after a rollout that did not complete, what became of its candidate."""
    rollout, found = channel.rollout, {}
    if rollout is not None and rollout.phase is not Phase.COMPLETED:
        found[rollout.candidate] = "candidate" if rollout.active else rollout.phase.value.replace("_", " ")
    if channel.version is not None:
        found[channel.version] = "stable"
    return found


def _sources(channel: Channel, version: Version) -> tuple[Source, Source]:
    """A channel's sessions of a version are the sum of the two (edgeship.domain.telemetry.metrics)."""
    return (channel.widget, version), (channel.widget, version, channel.name)


def _datapoints(
    found: Mapping[Source, Sequence[Datapoint]], channel: Channel, version: Version, limits: Thresholds
) -> tuple[Datapoint, ...]:
    whole, own = (found.get(source, ()) for source in _sources(channel, version))
    return tuple(datapoint.under(limits) for datapoint in together(whole, own))
