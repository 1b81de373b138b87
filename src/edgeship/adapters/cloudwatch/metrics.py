"""The metrics of releases, read from CloudWatch, behind the `Metrics` port.

GetMetricData: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html (every limit
below is from there).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from edgeship.application.health.ports import NO_CUSTOM_METRICS, CustomMetrics, Span
from edgeship.domain.health.datapoint import CUSTOM_METRIC_SAMPLE, Datapoint
from edgeship.domain.telemetry.custom_metrics import custom_metric_name
from edgeship.domain.telemetry.metrics import CHANNEL_DIMENSION, DIMENSIONS, NAMESPACE, Metric, Source

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_STATS: Mapping[str, str] = {
    Metric.SESSIONS: "Sum",
    Metric.FAILED_SESSIONS: "Sum",
    Metric.LOAD_LATENCY: "p95",
    Metric.MEMORY: "p95",
    Metric.CHUNK_FAILED_SESSIONS: "Sum",
    Metric.CHUNK_FAILURES: "Sum",
    Metric.UNVERIFIED_SESSIONS: "Sum",
    Metric.UNVERIFIED_FAILED_SESSIONS: "Sum",
}
_CUSTOM, _CUSTOM_COUNT = "custom_metric", "custom_metric_count"
_CUSTOM_STATS = {_CUSTOM: "p95", _CUSTOM_COUNT: "SampleCount"}
_MAX_QUERIES = 500
_MAX_DATAPOINTS = 100_800
"""More come in pages."""
_KEPT = ((timedelta(days=15), 60), (timedelta(days=63), 300))
"""The period of data up to an age; older data has `_OLDEST`, and is deleted after 455 days."""
_OLDEST = 3600
_COARSER = (300, 900, 3600)
"""Periods that divide an hour, so that their bounds do not depend on the start."""
_FINENESS = 12
"""A span is read in at least so many periods, if they exist: widening adds less than a twelfth at each end."""


class DataIncomplete(Exception):
    """CloudWatch could not return all data; an analysis must not use a part of it."""


@dataclass
class _Series:
    """A source's metrics in periods of `period` seconds; `start` and `end` are bounds of periods."""

    source: Source
    period: int
    start: datetime
    end: datetime
    custom_metric: str | None = None
    values: dict[str, dict[datetime, float]] = field(init=False)
    """By `Metric`, or `_CUSTOM` and its count."""

    def __post_init__(self) -> None:
        self.values = {name: {} for name in self.stats}

    @property
    def stats(self) -> Mapping[str, str]:
        """What is asked, with the statistic."""
        return _STATS if self.custom_metric is None else {**_STATS, **_CUSTOM_STATS}

    def total(self, metric: Metric) -> int:
        return round(sum(self.values[metric].values()))

    def mean(self, name: str, weight_by: str = Metric.SESSIONS) -> float | None:
        """The mean of the periods' values, weighted by their sessions."""
        counts = self.values[weight_by]
        weighted = [(value, counts.get(start, 0)) for start, value in self.values[name].items()]
        weight = sum(count for _, count in weighted)
        return sum(value * count for value, count in weighted) / weight if weight else None

    def custom_mean(self) -> float | None:
        """The custom metric of all periods."""
        if self.custom_metric is None or sum(self.values[_CUSTOM_COUNT].values()) < CUSTOM_METRIC_SAMPLE:
            return None
        return self.mean(_CUSTOM, _CUSTOM_COUNT)

    def custom_at(self, start: datetime) -> float | None:
        if self.custom_metric is None or self.values[_CUSTOM_COUNT].get(start, 0) < CUSTOM_METRIC_SAMPLE:
            return None
        return self.values[_CUSTOM].get(start)

    def datapoints(self) -> list[Datapoint]:
        starts = sorted({start for values in self.values.values() for start in values})
        return [
            Datapoint(
                start,
                self.period,
                round(self.values[Metric.SESSIONS].get(start, 0)),
                round(self.values[Metric.FAILED_SESSIONS].get(start, 0)),
                self.values[Metric.LOAD_LATENCY].get(start),
                self.values[Metric.MEMORY].get(start),
                round(self.values[Metric.CHUNK_FAILED_SESSIONS].get(start, 0)),
                round(self.values[Metric.CHUNK_FAILURES].get(start, 0)),
                unverified_sessions=round(self.values[Metric.UNVERIFIED_SESSIONS].get(start, 0)),
                unverified_failed_sessions=round(self.values[Metric.UNVERIFIED_FAILED_SESSIONS].get(start, 0)),
                custom_metric=self.custom_at(start),
            )
            for start in starts
        ]


class CloudWatchMetrics:
    """Eight queries a source, and two of its custom metric; up to 62 sources a call.

    `totals` reads each span in the coarsest period that `_FINENESS` allows (a day in hours, an hour in five minutes),
    and never in a finer one than CloudWatch still has. That needs few datapoints, and makes the percentiles stable:
    those of a period with one or two sessions are noise.

    Raises:
        DataIncomplete: by both methods, when an answer is incomplete.
    """

    def __init__(self, client: CloudWatchClient, environment: str, period_seconds: int = 60) -> None:
        self._client = client
        self._environment = environment
        self.period_seconds = period_seconds

    def periods(
        self, sources: Sequence[Source], count: int, now: datetime, custom: CustomMetrics = NO_CUSTOM_METRICS
    ) -> dict[Source, list[Datapoint]]:
        end = _aligned(now, self.period_seconds)
        start = end - timedelta(seconds=count * self.period_seconds)
        found = [
            _Series(source, self.period_seconds, start, end, custom.get(source[0])) for source in dict.fromkeys(sources)
        ]
        self._fill(found)
        return {series.source: series.datapoints() for series in found}

    def totals(self, spans: Sequence[Span], custom: CustomMetrics = NO_CUSTOM_METRICS) -> dict[Span, Datapoint]:
        # The age of data is counted from the latest end: spans of now end now.
        latest = max((span.end for span in spans), default=None)
        found = {span: self._series(span, latest or span.end, custom) for span in spans}
        self._fill(found.values())
        return {
            span: Datapoint(
                series.start,
                int((series.end - series.start).total_seconds()),
                series.total(Metric.SESSIONS),
                series.total(Metric.FAILED_SESSIONS),
                series.mean(Metric.LOAD_LATENCY),
                series.mean(Metric.MEMORY),
                series.total(Metric.CHUNK_FAILED_SESSIONS),
                series.total(Metric.CHUNK_FAILURES),
                unverified_sessions=series.total(Metric.UNVERIFIED_SESSIONS),
                unverified_failed_sessions=series.total(Metric.UNVERIFIED_FAILED_SESSIONS),
                custom_metric=series.custom_mean(),
            )
            for span, series in found.items()
        }

    def _series(self, span: Span, now: datetime, custom: CustomMetrics) -> _Series:
        finest = (span.end - span.start).total_seconds() / _FINENESS
        period = max((each for each in _COARSER if each <= finest), default=self.period_seconds)
        # One hour more: the aligned start is earlier than the span's.
        age = now - span.start + timedelta(hours=1)
        kept = next((seconds for oldest, seconds in _KEPT if age <= oldest), _OLDEST)
        if kept > _KEPT[0][1]:
            period = max(period, kept)
        period = max(period, self.period_seconds)
        start = _aligned(span.start, period, up=span.later)
        end = max(_aligned(span.end, period, up=True), start + timedelta(seconds=period))
        return _Series(span.source, period, start, end, custom.get(span.source[0]))

    def _fill(self, wanted: Iterable[_Series]) -> None:
        for batch in _batches(wanted):
            self._read(batch)

    def _read(self, batch: Sequence[_Series]) -> None:
        """One call, from the earliest start to the latest end; each series takes the values inside its own bounds."""
        asked = {f"q{n}_{m}": (series, name) for n, series in enumerate(batch) for m, name in enumerate(series.stats)}
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[self._query(name, *each) for name, each in asked.items()],
            StartTime=min(series.start for series in batch),
            EndTime=max(series.end for series in batch),
            ScanBy="TimestampAscending",
        )
        statuses: dict[str, str] = {}
        for page in pages:
            for result in page["MetricDataResults"]:
                series, name = asked[result["Id"]]
                statuses[result["Id"]] = result["StatusCode"]  # the last page's: all but the last have PartialData
                for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                    if series.start <= at < series.end:
                        series.values[name][at.astimezone(UTC)] = value
        _check_complete(statuses, asked)

    def _query(self, number: str, series: _Series, name: str) -> Any:
        dimensions = zip((*DIMENSIONS, CHANNEL_DIMENSION), (self._environment, *map(str, series.source)), strict=False)
        return {
            "Id": number,
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": custom_metric_name(series.custom_metric or "") if name in _CUSTOM_STATS else name,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
                },
                "Period": series.period,
                "Stat": series.stats[name],
            },
        }


def _batches(wanted: Iterable[_Series]) -> Iterator[list[_Series]]:
    """Calls of one period each, within the limits.

    One period, because a call's start excludes periods that are finer than what is kept for that age. With one period,
    the earliest start allows the same period as the others. Spans with the same period have about the same length, so
    spans that end together share a call, and few datapoints are read for nothing.
    """
    batch: list[_Series] = []
    for series in sorted(wanted, key=lambda each: (each.period, each.start, each.end)):
        if batch and (batch[0].period != series.period or not _fits([*batch, series])):
            yield batch
            batch = []
        batch.append(series)
    if batch:
        yield batch


def _fits(batch: Sequence[_Series]) -> bool:
    # The batch is sorted: the first series starts first.
    queries = sum(len(series.stats) for series in batch)
    seconds = (max(series.end for series in batch) - batch[0].start).total_seconds()
    return queries <= _MAX_QUERIES and queries * seconds / batch[0].period <= _MAX_DATAPOINTS


def _check_complete(statuses: Mapping[str, str], asked: Mapping[str, tuple[_Series, str]]) -> None:
    for number, (series, name) in asked.items():
        status = statuses.get(number, "no answer")
        if status != "Complete":
            of = " ".join(map(str, series.source))
            raise DataIncomplete(f"GetMetricData: {name} of {of} from {series.start:%Y-%m-%dT%H:%MZ}: {status}")


def _aligned(at: datetime, seconds: int, *, up: bool = False) -> datetime:
    """The bound of a period at or before a time; with `up`, at or after it."""
    periods = at.timestamp() / seconds
    return datetime.fromtimestamp((math.ceil(periods) if up else math.floor(periods)) * seconds, UTC)
