"""How full the edge's store is, printed in CloudWatch's embedded metric format."""

from __future__ import annotations

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from edgeship.application.edge.ports import StoreContent
from edgeship.domain.telemetry.metrics import DIMENSIONS, NAMESPACE, STORE_BYTES, STORE_KEYS


class EmfStoreSize:
    """One line on standard output each time."""

    def __init__(self, environment: str) -> None:
        self._environment = environment
        # An empty service, not None: that would be POWERTOOLS_SERVICE_NAME's, which it adds as a dimension.
        self._provider = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, service="")

    def record(self, content: StoreContent) -> None:
        self._provider.add_dimension(DIMENSIONS[0], self._environment)
        self._provider.add_metric(STORE_BYTES, "Bytes", content.size)
        self._provider.add_metric(STORE_KEYS, "Count", content.keys)
        try:
            self._provider.flush_metrics()
        finally:
            self._provider.clear_metrics()
