"""An alarm's definition, read from what DescribeAlarms returns. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.cloudwatch.metric_math import Unsupported

# An alarm on one metric has no id for it; the events that CloudWatch sends show a UUID there.
_METRIC_IDS = uuid.UUID("7c5e8e4e-1f0f-4d58-9d2c-0a4f5f7e9b31")


@dataclass(frozen=True)
class MetricStat:
    """`period` is seconds, `stat` a statistic's name or a percentile such as p95."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    period: int
    stat: str


@dataclass(frozen=True)
class Query:
    """One metric or expression of an alarm; exactly one of `metric` and `expression` is set."""

    id: str
    metric: MetricStat | None = None
    expression: str | None = None
    label: str | None = None
    returns_data: bool = True


@dataclass(frozen=True)
class AlarmDefinition:
    """`m` of the last `n` periods must breach; `m` is None where DatapointsToAlarm was not given, which means `n`."""

    name: str
    arn: str
    queries: tuple[Query, ...]
    n: int
    threshold: float
    comparison: str
    m: int | None = None
    missing: str = "missing"
    description: str | None = None

    @property
    def datapoints_to_alarm(self) -> int:
        return self.n if self.m is None else self.m

    @property
    def period(self) -> int:
        """Seconds. All metrics of an alarm have the same."""
        return next(query.metric.period for query in self.queries if query.metric is not None)

    @property
    def watched(self) -> str:
        """The id of what is compared with the threshold."""
        return next(query.id for query in self.queries if query.returns_data)

    @property
    def stat(self) -> str | None:
        """The statistic of an alarm on one metric; None for one on an expression."""
        metric = next(query.metric for query in self.queries if query.id == self.watched)
        return None if metric is None else metric.stat


def read(alarm: Mapping[str, Any]) -> AlarmDefinition:
    """
    Args:
        alarm: one of `MetricAlarms`.

    Raises:
        Unsupported: it watches a band, a query language or metrics of several periods; the message names it.
    """
    if alarm.get("Metrics"):
        queries = tuple(_query(metric) for metric in alarm["Metrics"])
    elif alarm.get("MetricName"):
        queries = (_only_query(alarm),)
    else:
        raise Unsupported("an alarm without metrics")
    if alarm.get("Threshold") is None or alarm.get("ThresholdMetricId"):
        raise Unsupported("an alarm without a fixed threshold")
    if sum(query.returns_data for query in queries) != 1:
        raise Unsupported("an alarm with other than one ReturnData")
    if len({query.metric.period for query in queries if query.metric is not None}) != 1:
        raise Unsupported("an alarm whose metrics have other than one period")
    return AlarmDefinition(
        name=alarm["AlarmName"],
        arn=alarm["AlarmArn"],
        queries=queries,
        n=int(alarm["EvaluationPeriods"]),
        m=int(alarm["DatapointsToAlarm"]) if alarm.get("DatapointsToAlarm") else None,
        threshold=float(alarm["Threshold"]),
        comparison=alarm["ComparisonOperator"],
        missing=alarm.get("TreatMissingData") or "missing",
        description=alarm.get("AlarmDescription") or None,
    )


def _only_query(alarm: Mapping[str, Any]) -> Query:
    stat = alarm.get("ExtendedStatistic") or alarm["Statistic"]
    metric = MetricStat(
        alarm["Namespace"], alarm["MetricName"], _dimensions(alarm.get("Dimensions", ())), int(alarm["Period"]), stat
    )
    return Query(str(uuid.uuid5(_METRIC_IDS, alarm["AlarmName"])), metric=metric)


def _query(query: Mapping[str, Any]) -> Query:
    returns_data = bool(query.get("ReturnData", True))
    if "MetricStat" not in query:
        return Query(query["Id"], expression=query["Expression"], label=query.get("Label"), returns_data=returns_data)
    stat = query["MetricStat"]
    metric = stat["Metric"]
    read_metric = MetricStat(
        metric["Namespace"],
        metric["MetricName"],
        _dimensions(metric.get("Dimensions", ())),
        int(stat["Period"]),
        stat["Stat"],
    )
    return Query(query["Id"], metric=read_metric, label=query.get("Label"), returns_data=returns_data)


def _dimensions(listed: Any) -> tuple[tuple[str, str], ...]:
    return tuple((dimension["Name"], dimension["Value"]) for dimension in listed)
