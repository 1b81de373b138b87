"""The metrics of the edge, printed in CloudWatch's embedded metric format."""

from __future__ import annotations

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from edgeship.application.edge.ports import StoreContent
from edgeship.domain.telemetry.metrics import (
    DIMENSIONS,
    FLAGS_LEFT_OUT,
    NAMESPACE,
    RELEASES_LEFT_OUT,
    STORE_BYTES,
    STORE_KEYS,
)


class EmfEdge:
    """One line on standard output each time."""

    def __init__(self, environment: str) -> None:
        self._environment = environment
        # An empty service, not None: that would be POWERTOOLS_SERVICE_NAME's, which it adds as a dimension.
        self._provider = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, service="")

    def record(self, content: StoreContent) -> None:
        self._print((STORE_BYTES, "Bytes", content.size), (STORE_KEYS, "Count", content.keys))

    def record_left_out(self, flags: int) -> None:
        self._print((FLAGS_LEFT_OUT, "Count", flags))

    def record_unmeasured(self, releases: int) -> None:
        self._print((RELEASES_LEFT_OUT, "Count", releases))

    def _print(self, *metrics: tuple[str, str, int]) -> None:
        self._provider.add_dimension(DIMENSIONS[0], self._environment)
        for name, unit, value in metrics:
            self._provider.add_metric(name, unit, value)
        try:
            self._provider.flush_metrics()
        finally:
            self._provider.clear_metrics()
