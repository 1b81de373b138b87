"""A page of graphs in CloudWatch, for those who live there: releases by version, moves, the edge, telemetry, what waits
and what is invalidated. Nothing is decided by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from edgeship.domain.telemetry.metrics import (
    DIMENSIONS,
    INVALIDATED,
    INVALIDATED_THIS_MONTH,
    NAMESPACE,
    STORE_BYTES,
    Metric,
)
from infra.constructs.cdn.distribution import Cdn
from infra.constructs.cdn.router import Router
from infra.constructs.functions import RegionalFunction
from infra.constructs.monitoring.aws_metrics import GLOBAL, cdn_errors, own, router_errors
from infra.options import SynthOptions

FIVE_MINUTES, HOUR = Duration.minutes(5), Duration.hours(1)
COLUMNS, HEIGHT = 24, 6
"""Of a row (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html)."""
EVENTS_SHOWN = 20


class Dashboard(Construct):
    """`edgeship-<environment>`, in us-east-1."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: SynthOptions,
        alarms: Sequence[str],
        functions: Sequence[RegionalFunction],
        relay: RegionalFunction,
        notification: RegionalFunction,
        telemetry: RegionalFunction,
        router: Router,
        cdn: Cdn,
    ) -> None:
        super().__init__(scope, id)
        self._environment = options.environment
        # By their names: the emulator makes some alarms after the stack.
        states = [cloudwatch.Alarm.from_alarm_name(self, name, name) for name in alarms]
        cloudwatch.Dashboard(
            self,
            "Page",
            dashboard_name=options.names.stack,
            default_interval=Duration.hours(24),
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=states, width=COLUMNS, height=HEIGHT)],
                _row(
                    _Graph("Sessions, by version", self._by_version(Metric.SESSIONS)),
                    _Graph("Sessions with an error, by version", self._by_version(Metric.FAILED_SESSIONS)),
                    _Graph("Load latency, p95 in ms", self._by_version(Metric.LOAD_LATENCY, "p95")),
                    _Graph("Memory, p95 in MB", self._by_version(Metric.MEMORY, "p95")),
                ),
                _moves(notification),
                _row(
                    _Graph("Requests to the CDN", _of_cdn(cdn, "Requests", "Sum")),
                    _Graph("Answers that are errors, in %", cdn_errors(cdn.distribution), _of_cdn(cdn, "4xxErrorRate")),
                    _Graph("Functions of the edge: failures", router_errors(router.functions)),
                    _Graph("Store of routes, in bytes", own(STORE_BYTES, self._environment, cloudwatch.Unit.BYTES)),
                ),
                _row(
                    _Graph("Beacons", *_of_function(telemetry, "Invocations", "Throttles", "Errors")),
                    _Graph("Sessions without a valid token", self._by_version(Metric.UNVERIFIED_SESSIONS)),
                    _Graph("Paths invalidated", self._invalidated(INVALIDATED, "Sum")),
                    _Graph("Paths invalidated this month", self._invalidated(INVALIDATED_THIS_MONTH, "Maximum")),
                ),
                _row(
                    _Graph("Functions: errors", *(_errors(function) for function in functions)),
                    _Graph(
                        "Failure queues: messages", *(each for function in functions for each in _waiting(function))
                    ),
                    _Graph(
                        "Relay: age of what it reads, in ms", *_of_function(relay, "IteratorAge", statistic="Maximum")
                    ),
                ),
            ],
        )

    def _by_version(self, metric: Metric, statistic: str = "Sum") -> cloudwatch.IMetric:
        """Of every release: their metrics are not known when the page is made."""
        dimensions = ",".join((NAMESPACE, *DIMENSIONS))
        return cloudwatch.SearchExpression(
            expression=f'SEARCH(\'{{{dimensions}}} environment="{self._environment}" MetricName="{metric}"\', '
            f"'{statistic}', {FIVE_MINUTES.to_seconds():.0f})",
            label="${PROP('Dim.widget')} ${PROP('Dim.version')}",
            period=FIVE_MINUTES,
        )

    def _invalidated(self, name: str, statistic: str) -> cloudwatch.IMetric:
        return own(name, self._environment, cloudwatch.Unit.COUNT).with_(statistic=statistic, period=HOUR)


def _moves(notification: RegionalFunction) -> list[cloudwatch.IWidget]:
    """What happened, from the log of the function that hears of every event."""
    heard = "filter message = 'delivered'"
    groups = [notification.log_group.log_group_name]
    return [
        cloudwatch.LogQueryWidget(
            title="Last events",
            log_group_names=groups,
            query_lines=["fields @timestamp, widget, event", heard, "sort @timestamp desc", f"limit {EVENTS_SHOWN}"],
            width=COLUMNS // 2,
            height=HEIGHT,
        ),
        cloudwatch.LogQueryWidget(
            title="Events an hour",
            view=cloudwatch.LogQueryVisualizationType.STACKEDAREA,
            log_group_names=groups,
            query_lines=[heard, "stats count(*) by bin(1h), event"],
            width=COLUMNS // 2,
            height=HEIGHT,
        ),
    ]


class _Graph:
    """One of a row, without its width."""

    def __init__(self, title: str, *metrics: cloudwatch.IMetric) -> None:
        self.title, self.metrics = title, metrics


def _row(*graphs: _Graph) -> list[cloudwatch.IWidget]:
    return [
        cloudwatch.GraphWidget(
            title=graph.title,
            left=list(graph.metrics),
            left_y_axis=cloudwatch.YAxisProps(min=0),
            width=COLUMNS // len(graphs),
            height=HEIGHT,
        )
        for graph in graphs
    ]


def _of_cdn(cdn: Cdn, name: str, statistic: str = "Average") -> cloudwatch.IMetric:
    return cloudwatch.Metric(
        namespace="AWS/CloudFront",
        metric_name=name,
        dimensions_map={"DistributionId": cdn.distribution.distribution_id, **GLOBAL},
        period=FIVE_MINUTES,
        statistic=statistic,
    )


def _of_function(function: RegionalFunction, *names: str, statistic: str = "Sum") -> list[cloudwatch.IMetric]:
    return [function.function.metric(name, period=FIVE_MINUTES, statistic=statistic, label=name) for name in names]


def _errors(function: RegionalFunction) -> cloudwatch.IMetric:
    return function.function.metric_errors(period=FIVE_MINUTES, label=function.node.id)


def _waiting(function: RegionalFunction) -> Iterable[cloudwatch.IMetric]:
    for queue in function.queues:
        yield queue.metric_approximate_number_of_messages_visible(
            period=FIVE_MINUTES, statistic="Maximum", label=" ".join(queue.node.path.split("/")[2:])
        )
