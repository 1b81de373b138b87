"""CloudWatch in memory: its alarms, and what browsers reported; and the health pages made from that."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from edgeship.application.health.ports import NO_CUSTOM_METRICS, CustomMetrics, Published, Span, Subject
from edgeship.application.ports import Clock
from edgeship.domain.errors import Conflict
from edgeship.domain.health.alarms import HealthAlarm, StandingAlarm
from edgeship.domain.health.comparison_record import Comparison
from edgeship.domain.health.datapoint import CUSTOM_METRIC_SAMPLE, Datapoint
from edgeship.domain.health.health_page import Page
from edgeship.domain.telemetry.metrics import Source
from edgeship.domain.version import Version


class FakeAlarms:
    """`alarms` is by name. An alarm goes off when `set_state` says so, never by itself."""

    def __init__(self, clock: Clock, environment: str = "test") -> None:
        self.alarms: dict[str, StandingAlarm] = {}
        self._clock = clock
        self._environment = environment

    def name(self, alarm: HealthAlarm) -> str:
        where = f"{alarm.widget}@{alarm.channel}" if alarm.channel else alarm.widget
        return f"edgeship-{self._environment}-health-{where}-v{alarm.version}-{alarm.check}"

    def ensure(self, alarms: Sequence[HealthAlarm]) -> None:
        for alarm in alarms:
            name, now = self.name(alarm), self._clock()
            new = StandingAlarm(name, alarm, False, "Unchecked: Initial alarm creation", now, now)
            self.alarms[name] = replace(self.alarms.get(name, new), alarm=alarm, configured_at=now)

    def standing(self) -> list[StandingAlarm]:
        return list(self.alarms.values())

    def remove(self, names: Sequence[str]) -> None:
        for name in names:
            self.alarms.pop(name, None)

    def set_state(self, name: str, in_alarm: bool, reason: str = "3 datapoints", at: datetime | None = None) -> None:
        """Let an alarm's state be set, at the clock's time unless `at` is given; the same state again keeps its time.

        Raises:
            KeyError: there is no such alarm.
        """
        before = self.alarms[name]
        since = (at or self._clock()) if before.in_alarm != in_alarm else before.state_since
        self.alarms[name] = replace(before, in_alarm=in_alarm, reason=reason, state_since=since)

    def spoil(self, name: str) -> None:
        """Let somebody have changed an alarm by hand."""
        self.alarms[name] = replace(self.alarms[name], alarm=None)


class FakeComparisons:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Comparison] = {}
        self.writes = 0

    def read(self, channels: Collection[tuple[str, str]]) -> dict[tuple[str, str], Comparison]:
        return {where: self.kept[where] for where in channels if where in self.kept}

    def write(self, comparison: Comparison) -> None:
        where = (comparison.widget, comparison.channel)
        before = self.kept.get(where)
        if (before.revision if before else 0) != comparison.revision:
            raise Conflict(f"the comparison of {comparison.channel} of {comparison.widget} has changed")
        self.kept[where] = replace(comparison, revision=comparison.revision + 1)
        self.writes += 1


@dataclass(frozen=True)
class _Report:
    at: datetime
    sessions: int
    failed: int
    latencies: tuple[float, ...]
    memory: tuple[float, ...]
    custom_metrics: Mapping[str, tuple[float, ...]]
    unverified: int
    unverified_failed: int


class FakeMetrics:
    """What was recorded, at once and for good: nothing comes late, nothing is forgotten.

    Periods begin at multiples of `period_seconds`, in `totals` too.
    """

    def __init__(self, period_seconds: int = 60) -> None:
        self.period_seconds = period_seconds
        self._reports: dict[Source, list[_Report]] = {}

    def record(
        self,
        widget: str,
        version: Version,
        at: datetime,
        *,
        sessions: int = 0,
        failed: int = 0,
        latencies: Iterable[float] = (),
        memory: Iterable[float] = (),
        custom_metrics: Mapping[str, Iterable[float]] = MappingProxyType({}),
        unverified: int = 0,
        unverified_failed: int = 0,
        channel: str = "",
    ) -> None:
        """Let browsers have reported; latencies are milliseconds, memory megabytes, one value each."""
        own = {name: tuple(values) for name, values in custom_metrics.items()}
        report = _Report(at, sessions, failed, tuple(latencies), tuple(memory), own, unverified, unverified_failed)
        source: Source = (widget, version, channel) if channel else (widget, version)
        insort(self._reports.setdefault(source, []), report, key=lambda each: each.at)

    def periods(
        self, sources: Sequence[Source], count: int, now: datetime, custom: CustomMetrics = NO_CUSTOM_METRICS
    ) -> dict[Source, list[Datapoint]]:
        end = math.floor(now.timestamp() / self.period_seconds)
        return {source: self._datapoints(source, end - count, end, custom) for source in sources}

    def totals(self, spans: Sequence[Span], custom: CustomMetrics = NO_CUSTOM_METRICS) -> dict[Span, Datapoint]:
        return {span: self._total(span, custom) for span in spans}

    def _total(self, span: Span, custom: CustomMetrics) -> Datapoint:
        bound = math.ceil if span.later else math.floor
        first = bound(span.start.timestamp() / self.period_seconds)
        end = max(first + 1, math.ceil(span.end.timestamp() / self.period_seconds))
        datapoints = self._datapoints(span.source, first, end, custom)
        reports = self._between(self._reports.get(span.source, []), self._bound(first), self._bound(end))
        return Datapoint(
            self._bound(first),
            (end - first) * self.period_seconds,
            sum(datapoint.sessions for datapoint in datapoints),
            sum(datapoint.failed_sessions for datapoint in datapoints),
            _mean([(w.latency_ms, w.sessions) for w in datapoints]),
            _mean([(w.memory_mb, w.sessions) for w in datapoints]),
            custom_metric=_custom(reports, custom.get(span.source[0])),
            unverified_sessions=sum(datapoint.unverified_sessions for datapoint in datapoints),
            unverified_failed_sessions=sum(datapoint.unverified_failed_sessions for datapoint in datapoints),
        )

    def _datapoints(self, source: Source, first: int, end: int, custom: CustomMetrics) -> list[Datapoint]:
        """Those of the periods numbered `first` to `end` (exclusive) in which something was reported."""
        datapoints = []
        reports = self._between(self._reports.get(source, []), self._bound(first), self._bound(end))
        while reports:
            start = self._bound(math.floor(reports[0].at.timestamp() / self.period_seconds))
            mine = self._between(reports, start, start + timedelta(seconds=self.period_seconds))
            datapoint = _datapoint(start, self.period_seconds, mine)
            datapoints.append(replace(datapoint, custom_metric=_custom(mine, custom.get(source[0]))))
            reports = reports[len(mine) :]
        return datapoints

    def _bound(self, period: int) -> datetime:
        return datetime.fromtimestamp(period * self.period_seconds, UTC)

    @staticmethod
    def _between(reports: list[_Report], start: datetime, end: datetime) -> list[_Report]:
        first, last = (bisect_left(reports, at, key=lambda each: each.at) for at in (start, end))
        return reports[first:last]


def _mean(weighed: Iterable[tuple[float | None, int]]) -> float | None:
    told = [(value, count) for value, count in weighed if value is not None]
    weight = sum(count for _, count in told)
    return sum(value * count for value, count in told) / weight if weight else None


def _datapoint(start: datetime, seconds: int, reports: Sequence[_Report]) -> Datapoint:
    return Datapoint(
        start,
        seconds,
        sum(report.sessions for report in reports),
        sum(report.failed for report in reports),
        percentile_95([value for report in reports for value in report.latencies]),
        percentile_95([value for report in reports for value in report.memory]),
        unverified_sessions=sum(report.unverified for report in reports),
        unverified_failed_sessions=sum(report.unverified_failed for report in reports),
    )


def _custom(reports: Sequence[_Report], name: str | None) -> float | None:
    values = [value for report in reports for value in report.custom_metrics.get(name or "", ())]
    return percentile_95(values) if len(values) >= CUSTOM_METRIC_SAMPLE else None


def percentile_95(values: Sequence[float]) -> float | None:
    """The nearest rank; CloudWatch interpolates, in a way that it does not tell."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1] if values else None


@dataclass
class FakeHealthPages:
    """A fault in `faults`, while it is there, is raised by every call about that page, or (None) about the list."""

    pages: dict[Subject, Page] = field(default_factory=dict)
    listed: Published = field(default_factory=Published)
    faults: dict[Subject | None, Exception] = field(default_factory=dict)

    def read(self, widget: str, version: Version) -> Page | None:
        self._fail((widget, version))
        return self.pages.get((widget, version))

    def publish(self, page: Page) -> None:
        subject = (page["widget"], Version.parse(page["version"]))
        self._fail(subject)
        self.pages[subject] = page

    def published(self) -> Published:
        self._fail(None)
        return self.listed

    def remember(self, subjects: Collection[Subject], replaces: Published) -> Published:
        self._fail(None)
        if replaces != self.listed:
            raise Conflict("the list of health pages was written by another tick")
        self.listed = Published(frozenset(subjects), f"{int(self.listed.etag or 0) + 1}")
        return self.listed

    def _fail(self, what: Subject | None) -> None:
        if what in self.faults:
            raise self.faults[what]
