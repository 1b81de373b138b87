"""The metrics of invalidation paths, printed in CloudWatch's embedded metric format."""

from __future__ import annotations

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from edgeship.domain.telemetry.metrics import DIMENSIONS, INVALIDATED, INVALIDATED_THIS_MONTH, NAMESPACE


class EmfPathCounts:
    """One line on standard output for each count."""

    def __init__(self, environment: str) -> None:
        self._environment = environment
        # An empty service, not None: that would be POWERTOOLS_SERVICE_NAME's, which it adds as a dimension.
        self._provider = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, service="")

    def counted(self, paths: int, month: str, total: int) -> None:
        self._provider.add_dimension(DIMENSIONS[0], self._environment)
        self._provider.add_metric(INVALIDATED, "Count", paths)
        self._provider.add_metric(INVALIDATED_THIS_MONTH, "Count", total)
        self._provider.add_metadata("month", month)
        try:
            self._provider.flush_metrics()
        finally:
            self._provider.clear_metrics()
