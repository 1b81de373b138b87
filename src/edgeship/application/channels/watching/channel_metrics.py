"""Reads the metrics that the channels' analyses need, in as few calls as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from edgeship.application.health.ports import Metrics, Span, Subject
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Rollout
from edgeship.domain.channels.step_decision import Evidence, analyse_candidate
from edgeship.domain.health import comparison
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.health_page import Finding
from edgeship.domain.health.low_traffic import HOUR_PERIODS, analyse_recent, analysed_periods
from edgeship.domain.health.sample_ratio import Ratio
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.version import Version


@dataclass(frozen=True)
class ChannelMetrics:
    """The metrics of every watched version, at one time."""

    now: datetime
    periods: Mapping[Subject, Sequence[Datapoint]]
    totals: Mapping[Span, Datapoint]
    compared: Mapping[tuple[str, str], comparison.Evidence] = field(default_factory=dict)
    """By widget and channel."""
    ratios: Mapping[tuple[str, str], Ratio] = field(default_factory=dict)

    def recent(self, subject: Subject) -> Sequence[Datapoint]:
        return self.periods.get(subject, ())

    def evidence(self, channel: Channel) -> Evidence:
        """The datapoints that decide a running rollout of the channel."""
        rollout = channel.rollout
        assert rollout is not None
        candidate, stable = _subjects(channel)
        bake, stable_bake = (self.totals.get(span) for span in _spans(channel, rollout, self.now))
        compared = self.compared.get((channel.widget, channel.name))
        ratio = self.ratios.get((channel.widget, channel.name))
        return Evidence(self.recent(candidate), self.recent(stable), bake, stable_bake, compared, ratio)

    def finding(self, channel: Channel, version: Version, limits: Thresholds) -> Finding:
        """The analysis of the last periods of a version that the channel exposes."""
        rollout = channel.rollout
        datapoints = self.recent((channel.widget, version))
        if rollout is not None and version == channel.candidate:
            since = rollout.exposed_at
            analysis = analyse_candidate(rollout, limits, self.evidence(channel), self.now)
        else:
            assert channel.exposed_at is not None  # a watch begins with an exposure
            since = channel.exposed_at
            analysis = analyse_recent(datapoints, (), limits, since, self.now)
        return Finding(analysis, limits, analysed_periods(datapoints, limits, since, self.now), self.now)


def read_metrics(metrics: Metrics, channels: Iterable[Channel], now: datetime) -> ChannelMetrics:
    """Read the last hour of every version that is live or a candidate, and the whole step where a bake is over."""
    subjects: set[Subject] = set()
    spans: set[Span] = set()
    for channel in channels:
        subjects.update((channel.widget, version) for version in channel.exposed)
        if channel.version is not None:
            subjects.add((channel.widget, channel.version))
        rollout = channel.rollout
        if rollout is not None and rollout.phase is Phase.RUNNING and now >= rollout.bakes_until:
            spans.update(_spans(channel, rollout, now))
    listed = sorted(subjects, key=lambda subject: (subject[0], str(subject[1])))
    asked = sorted(spans, key=lambda span: (span.start, span.subject[0], str(span.subject[1])))
    return ChannelMetrics(
        now,
        metrics.periods(listed, HOUR_PERIODS, now) if listed else {},
        metrics.totals(asked) if asked else {},
    )


def _subjects(channel: Channel) -> tuple[Subject, Subject]:
    """The candidate and the stable version of a rollout."""
    assert channel.candidate is not None
    assert channel.version is not None
    return (channel.widget, channel.candidate), (channel.widget, channel.version)


def _spans(channel: Channel, rollout: Rollout, now: datetime) -> tuple[Span, Span]:
    candidate, stable = _subjects(channel)
    start, later = rollout.stepped_at, rollout.had_traffic and rollout.stepped_at == rollout.exposed_at
    return Span(candidate, start, now, later), Span(stable, start, now, later)
