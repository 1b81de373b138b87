"""The event that CloudWatch sends to EventBridge when an alarm changes its state. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from localcloud.cloudwatch.alarm import State, timestamp
from localcloud.cloudwatch.definition import AlarmDefinition, Query

SOURCE = "aws.cloudwatch"
DETAIL_TYPE = "CloudWatch Alarm State Change"


def event(definition: AlarmDefinition, previous: State, state: State, event_id: str) -> dict[str, Any]:
    """The whole event; account and Region are those of the alarm's ARN."""
    region, account = definition.arn.split(":")[3:5]
    configuration: dict[str, Any] = {} if definition.description is None else {"description": definition.description}
    configuration["metrics"] = [_metric(query) for query in definition.queries]
    return {
        "version": "0",
        "id": event_id,
        "detail-type": DETAIL_TYPE,
        "source": SOURCE,
        "account": account,
        "time": f"{state.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [definition.arn],
        "detail": {
            "alarmName": definition.name,
            "state": _state(state),
            "previousState": _state(previous),
            "configuration": configuration,
        },
    }


def _metric(query: Query) -> dict[str, Any]:
    described: dict[str, Any] = {"id": query.id}
    if query.metric is None:
        described["expression"] = query.expression
    else:
        described["metricStat"] = {
            "metric": {
                "namespace": query.metric.namespace,
                "name": query.metric.name,
                "dimensions": dict(query.metric.dimensions),
            },
            "period": query.metric.period,
            "stat": query.metric.stat,
        }
    if query.label is not None:
        described["label"] = query.label
    return described | {"returnData": query.returns_data}


def _state(state: State) -> dict[str, Any]:
    described = {"value": state.value.value, "reason": state.reason}
    if state.reason_data is not None:
        described["reasonData"] = state.reason_data
    return described | {"timestamp": timestamp(state.since)}
