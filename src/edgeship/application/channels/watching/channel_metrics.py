"""Reads the metrics that the channels' analyses need, in as few calls as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from edgeship.application.health.ports import (
    NO_CUSTOM_METRICS,
    NONE_IN_TWO,
    CustomMetrics,
    InTwo,
    Metrics,
    Span,
    Subject,
)
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Rollout
from edgeship.domain.channels.step_decision import Evidence, analyse_candidate
from edgeship.domain.health import comparison
from edgeship.domain.health.datapoint import Datapoint, together
from edgeship.domain.health.health_page import Finding
from edgeship.domain.health.low_traffic import HOUR_PERIODS, analyse_recent, analysed_periods
from edgeship.domain.health.sample_ratio import Ratio
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.telemetry.metrics import Source
from edgeship.domain.version import Version


@dataclass(frozen=True)
class ChannelMetrics:
    """The metrics of every watched version, at one time."""

    now: datetime
    periods: Mapping[Source, Sequence[Datapoint]]
    totals: Mapping[Span, Datapoint]
    compared: Mapping[tuple[str, str], comparison.Evidence] = field(default_factory=dict)
    """By widget and channel."""
    ratios: Mapping[tuple[str, str], Ratio] = field(default_factory=dict)

    def recent(self, channel: Channel, version: Version) -> Sequence[Datapoint]:
        """What came of a version by the channel; and by exact paths and ranges, which are no channel's."""
        whole, own = _sources(channel, version)
        of_whole = self.periods.get(whole, ())
        return together(of_whole, self.periods[own]) if own in self.periods else of_whole

    def of(self, channel: Channel) -> dict[Subject, Sequence[Datapoint]]:
        """What came of the channel's versions."""
        versions = (each for each in (channel.version, channel.candidate) if each is not None)
        return {(channel.widget, version): self.recent(channel, version) for version in versions}

    def evidence(self, channel: Channel) -> Evidence:
        """The datapoints that decide a running rollout of the channel."""
        rollout = channel.rollout
        assert rollout is not None
        candidate, stable = _both(channel)
        bake, stable_bake = (self._total(channel, rollout, version) for version in (candidate, stable))
        compared = self.compared.get((channel.widget, channel.name))
        ratio = self.ratios.get((channel.widget, channel.name))
        recent, stable_recent = (self.recent(channel, version) for version in (candidate, stable))
        return Evidence(recent, stable_recent, bake, stable_bake, compared, ratio)

    def _total(self, channel: Channel, rollout: Rollout, version: Version) -> Datapoint | None:
        """The step of a version, once its bake is over."""
        spans = (_span(source, rollout, self.now) for source in _sources(channel, version))
        whole, own = (self.totals.get(span) for span in spans)
        return whole.and_also(own) if whole is not None and own is not None else whole

    def finding(self, channel: Channel, version: Version, limits: Thresholds) -> Finding:
        """The analysis of the last periods of a version that the channel exposes."""
        rollout = channel.rollout
        datapoints = self.recent(channel, version)
        if rollout is not None and version == channel.candidate:
            since = rollout.exposed_at
            analysis = analyse_candidate(rollout, limits, self.evidence(channel), self.now)
        else:
            assert channel.exposed_at is not None  # a watch begins with an exposure
            since = channel.exposed_at
            analysis = analyse_recent(datapoints, (), limits, since, self.now)
        return Finding(analysis, limits, analysed_periods(datapoints, limits, since, self.now), self.now)


def read_metrics(
    metrics: Metrics,
    channels: Iterable[Channel],
    now: datetime,
    custom: CustomMetrics = NO_CUSTOM_METRICS,
    in_two: InTwo = NONE_IN_TWO,
) -> ChannelMetrics:
    """Read the last hour of every version that is live or a candidate, and the whole step where a bake is over.

    Of a version that is `in_two` channels, what came by each of them is read, too.
    """
    sources: set[Source] = set()
    spans: set[Span] = set()
    for channel in channels:
        versions = {*channel.exposed, *([channel.version] if channel.version is not None else ())}
        sources.update(source for version in versions for source in _asked(channel, version, in_two))
        rollout = channel.rollout
        if rollout is not None and rollout.phase is Phase.RUNNING and now >= rollout.bakes_until:
            both = (source for version in _both(channel) for source in _asked(channel, version, in_two))
            spans.update(_span(source, rollout, now) for source in both)
    listed = sorted(sources, key=_order)
    asked = sorted(spans, key=lambda span: (span.start, _order(span.source)))
    return ChannelMetrics(
        now,
        metrics.periods(listed, HOUR_PERIODS, now, custom) if listed else {},
        metrics.totals(asked, custom) if asked else {},
    )


def _both(channel: Channel) -> tuple[Version, Version]:
    """The candidate and the stable version of a rollout."""
    assert channel.candidate is not None
    assert channel.version is not None
    return channel.candidate, channel.version


def _sources(channel: Channel, version: Version) -> tuple[Subject, Source]:
    """Of a version: what no channel has alone, and what the channel has."""
    return (channel.widget, version), (channel.widget, version, channel.name)


def _asked(channel: Channel, version: Version, in_two: InTwo) -> Sequence[Source]:
    whole, own = _sources(channel, version)
    return (whole, own) if channel.name in in_two.get(whole, ()) else (whole,)


def _span(source: Source, rollout: Rollout, now: datetime) -> Span:
    later = rollout.had_traffic and rollout.stepped_at == rollout.exposed_at
    return Span(source, rollout.stepped_at, now, later)


def _order(source: Source) -> tuple[str, ...]:
    return tuple(map(str, source))
