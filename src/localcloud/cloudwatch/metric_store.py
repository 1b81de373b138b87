"""The emulator's CloudWatch metrics: written from log lines, read back for alarms.

What GetMetricData of the emulator does, read in its sources at version 1.5.33: periods of any whole second, aligned to
the epoch; Sum, Average, Minimum, Maximum, SampleCount and percentiles (linear interpolation); dimensions exactly, but a
query without dimensions adds up all of a name; oldest first, whatever ScanBy says; no expressions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from localcloud.cloudwatch.definition import MetricStat
from localcloud.cloudwatch.emf import Sample
from localcloud.cloudwatch.metric_math import Series

MAX_DATA = 1_000
"""Metrics in one PutMetricData; EMF's limits hold the rest
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html)."""
MAX_QUERIES = 500
"""In one GetMetricData (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html)."""


class MetricStore:
    def __init__(self, cloudwatch: Any) -> None:
        """
        Args:
            cloudwatch: a client that tries once: metric data that is put again counts twice.
        """
        self._cloudwatch = cloudwatch

    def put(self, samples: list[Sample]) -> None:
        """Put them all, taking each out of the list as it is put.

        Raises:
            botocore.exceptions.ClientError, BotoCoreError: what is left in the list was not put.
        """
        while samples:
            namespace = samples[0].namespace
            batch = [number for number, sample in enumerate(samples) if sample.namespace == namespace][:MAX_DATA]
            self._cloudwatch.put_metric_data(
                Namespace=namespace, MetricData=[_datum(samples[number]) for number in batch]
            )
            for number in reversed(batch):
                del samples[number]

    def get(self, metrics: Iterable[MetricStat], period: int, start: float, end: float) -> Mapping[MetricStat, Series]:
        """Each metric's series from `start` (inclusive) to `end` (exclusive), in epoch seconds.

        Args:
            period: seconds, instead of the metrics' own.
        """
        wanted = list(dict.fromkeys(metrics))
        found: dict[MetricStat, Series] = {}
        for first in range(0, len(wanted), MAX_QUERIES):
            some = wanted[first : first + MAX_QUERIES]
            answer = self._cloudwatch.get_metric_data(
                MetricDataQueries=[_query(f"m{number}", metric, period) for number, metric in enumerate(some)],
                StartTime=datetime.fromtimestamp(start, UTC),
                EndTime=datetime.fromtimestamp(end, UTC),
                ScanBy="TimestampAscending",
            )
            for result in answer["MetricDataResults"]:
                times = (at.timestamp() for at in result["Timestamps"])
                found[some[int(result["Id"][1:])]] = dict(zip(times, map(float, result["Values"]), strict=True))
        return found


def _datum(sample: Sample) -> dict[str, Any]:
    return {
        "MetricName": sample.name,
        "Dimensions": _dimensions(sample.dimensions),
        "Timestamp": sample.timestamp,
        "Values": list(sample.values),
        "Unit": sample.unit,
        "StorageResolution": sample.resolution,
    }


def _query(query_id: str, metric: MetricStat, period: int) -> dict[str, Any]:
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": _dimensions(metric.dimensions),
            },
            "Period": period,
            "Stat": metric.stat,
        },
    }


def _dimensions(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in pairs]
