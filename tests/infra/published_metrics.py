"""What AWS publishes of a stack's resources: the names of metrics and the dimensions that they have.

By hand, from AWS's pages, so that an alarm on anything else is seen:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

from edgeship.adapters.cloudwatch.emf_edge import EmfEdge
from edgeship.adapters.cloudwatch.emf_path_counts import EmfPathCounts
from edgeship.application.edge.ports import StoreContent
from localcloud.cloudwatch import emf
from tests.infra.template import Template

Series = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, metric, dimensions."""

LAMBDA = ("Errors", "Invocations", "Throttles", "AsyncEventsDropped", "IteratorAge")
QUEUE = ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")
DISTRIBUTION = ("Requests", "4xxErrorRate", "5xxErrorRate")
CLOUDFRONT_FUNCTION = ("FunctionExecutionErrors", "FunctionValidationErrors")


def published(stack: Template) -> set[Series]:
    """Every series that AWS makes of the stack's resources, and the functions print."""
    return {(space, name, frozenset(dimensions.items())) for space, name, dimensions in _published(stack)}


def _published(stack: Template) -> Iterator[tuple[str, str, dict[str, str]]]:
    for key in stack.resources("AWS::Lambda::Function"):
        yield from (("AWS/Lambda", name, {"FunctionName": words(stack, {"Ref": key})}) for name in LAMBDA)
    for key in stack.resources("AWS::SQS::Queue"):
        yield from (("AWS/SQS", name, {"QueueName": f"name of {key}"}) for name in QUEUE)
    for key, rule in stack.resources("AWS::Events::Rule").items():
        dimensions = {"RuleName": f"name of {key}"}
        if bus := rule["Properties"].get("EventBusName"):
            dimensions["EventBusName"] = words(stack, bus)
        yield "AWS/Events", "FailedInvocations", dimensions
    for key in stack.resources("AWS::CloudFront::Distribution"):
        dimensions = {"DistributionId": words(stack, {"Ref": key}), "Region": "Global"}
        yield from (("AWS/CloudFront", name, dimensions) for name in DISTRIBUTION)
    for function in stack.resources("AWS::CloudFront::Function").values():
        dimensions = {"FunctionName": function["Properties"]["Name"], "Region": "Global"}
        yield from (("AWS/CloudFront", name, dimensions) for name in CLOUDFRONT_FUNCTION)
    printed = io.StringIO()
    environment = stack.name.removeprefix("edgeship-")
    with redirect_stdout(printed):
        EmfPathCounts(environment).counted(1, "2026-11", 1)
        edge = EmfEdge(environment)
        edge.record(StoreContent("E", 1, 1))
        edge.record_left_out(1)
        edge.record_unmeasured(1)
    for sample in (sample for line in printed.getvalue().splitlines() for sample in emf.samples(line)):
        yield sample.namespace, sample.name, dict(sample.dimensions)


def words(stack: Template, value: Any) -> str:
    """A dimension's value as a text: the name of what it names."""
    if isinstance(value, str):
        return value
    match value:
        case {"Fn::GetAtt": [key, "QueueName"]}:
            return f"name of {key}"
        case {"Fn::Select": [index, {"Fn::Split": ["/", {"Fn::GetAtt": [key, "Arn"]}]}]}:
            # arn:…:rule/NAME, and on a bus of its own arn:…:rule/BUS/NAME.
            on_a_bus = "EventBusName" in stack.body["Resources"][key]["Properties"]
            return f"name of {key}" if index == (2 if on_a_bus else 1) else f"no name of {key}"
        case _:
            return str(stack.resolve(value))
