"""The metrics of beacons, printed in CloudWatch's embedded metric format.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from edgeship.domain.telemetry.beacon import Loss, Refusal
from edgeship.domain.telemetry.custom_metrics import custom_metric_name
from edgeship.domain.telemetry.metrics import CHANNEL_DIMENSION, DIMENSIONS, NAMESPACE, UNITS, Metric, Source


class EmfMetrics:
    """Each call prints one whole line on standard output at once; nothing waits for a flush."""

    def __init__(self, environment: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._environment = environment
        self._clock = clock
        # The provider itself, since `Metrics` shares one set of dimensions among all its instances. An empty service,
        # not None: that would be POWERTOOLS_SERVICE_NAME's, which it adds as a dimension.
        self._provider = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, service="")

    def add(self, source: Source, values: Mapping[Metric, float], seconds_ago: int = 0) -> None:
        if not values:
            return
        metrics = {metric.value: (UNITS[metric], value) for metric, value in values.items()}
        if seconds_ago:
            self._provider.set_timestamp(self._clock() - timedelta(seconds=seconds_ago))
        try:
            self._print((self._environment, *map(str, source)), metrics)
        finally:
            self._provider.timestamp = None  # flushing keeps it

    def add_custom(self, source: Source, name: str, values: Sequence[float]) -> None:
        for value in values:
            self._print(
                (self._environment, *map(str, source)), {custom_metric_name(name): (UNITS[Metric.CUSTOM], value)}
            )

    def refused(self, reason: Refusal) -> None:
        # A property of the log line, so that it can be searched; not a dimension.
        self._print((self._environment,), {Loss.BEACONS_REFUSED.value: ("Count", 1)}, reason=reason.value)

    def errors_not_kept(self, count: int) -> None:
        self._print((self._environment,), {Loss.ERRORS_NOT_KEPT.value: ("Count", count)})

    def _print(self, dimensions: tuple[str, ...], metrics: Mapping[str, tuple[str, float]], **properties: str) -> None:
        """`dimensions` are values for the first of the dimensions' names; `metrics` maps names to unit and value."""
        provider = self._provider
        try:
            for dimension, value in zip((*DIMENSIONS, CHANNEL_DIMENSION), dimensions, strict=False):
                provider.add_dimension(dimension, value)
            for name, (unit, amount) in metrics.items():
                provider.add_metric(name, unit, amount)
            for name, text in properties.items():
                provider.add_metadata(name, text)
            provider.flush_metrics()
        finally:
            provider.clear_metrics()  # with POWERTOOLS_METRICS_DISABLED, flushing does not clear them
