"""The metrics of AWS that the alarms watch, under the dimensions that AWS publishes them with.

An alarm on other dimensions never has a datapoint, and so never goes off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import Duration, Fn
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events

from edgeship.domain.telemetry.metrics import DIMENSIONS, NAMESPACE
from infra.constructs.functions import RegionalFunction

MINUTE = Duration.minutes(1)
GLOBAL = {"Region": "Global"}
"""Of each metric of CloudFront
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html)."""
MAX_METRICS = 10
"""In the expression of an alarm
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/create-alarm-on-metric-math-expression.html)."""

Rules = Iterable[tuple[events.Rule, events.IEventBus | None]]


def cdn_errors(distribution: cloudfront.IDistribution) -> cloudwatch.Metric:
    """The share of answers that are 5xx, in percent."""
    dimensions = {"DistributionId": distribution.distribution_id, **GLOBAL}
    return _metric("AWS/CloudFront", "5xxErrorRate", dimensions, "Average")


def router_errors(functions: Iterable[cloudfront.Function]) -> cloudwatch.IMetric:
    """Runs that raised, and answers that CloudFront did not take: viewers get a 503
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/monitoring-functions.html)."""
    return _sum(
        _metric("AWS/CloudFront", name, {"FunctionName": function.function_name, **GLOBAL})
        for function in functions
        for name in ("FunctionExecutionErrors", "FunctionValidationErrors")
    )


def lost_events(rules: Rules, function: RegionalFunction | None = None) -> cloudwatch.IMetric:
    """Events that a rule could not hand over, and those that Lambda gave up before it ran the `function`
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html,
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html)."""
    metrics = [_failed_invocations(rule, bus) for rule, bus in rules]
    if function is not None:
        metrics.append(function.function.metric("AsyncEventsDropped", period=MINUTE, statistic="Sum"))
    return _sum(metrics)


def own(name: str, environment: str, unit: cloudwatch.Unit) -> cloudwatch.Metric:
    """One that the functions print, of the environment."""
    return _metric(NAMESPACE, name, {DIMENSIONS[0]: environment}, "Maximum", unit)


def _failed_invocations(rule: events.Rule, bus: events.IEventBus | None) -> cloudwatch.Metric:
    # Of a rule on a bus of its own, `Ref` is the bus's name and the rule's. The ARN ends in the name in any case.
    parts = Fn.split("/", rule.rule_arn)
    if bus is None:
        return _metric("AWS/Events", "FailedInvocations", {"RuleName": Fn.select(1, parts)})
    dimensions = {"EventBusName": bus.event_bus_name, "RuleName": Fn.select(2, parts)}
    return _metric("AWS/Events", "FailedInvocations", dimensions)


def _sum(metrics: Iterable[cloudwatch.Metric]) -> cloudwatch.IMetric:
    listed = list(metrics)
    assert 0 < len(listed) <= MAX_METRICS
    if len(listed) == 1:
        return listed[0]
    ids = [f"m{number}" for number in range(len(listed))]
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({each}, 0)" for each in ids),
        using_metrics=dict(zip(ids, listed, strict=True)),
        period=MINUTE,
        label="all of them",
    )


def _metric(
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    statistic: str = "Sum",
    unit: cloudwatch.Unit | None = None,
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions),
        period=MINUTE,
        statistic=statistic,
        unit=unit,
    )
