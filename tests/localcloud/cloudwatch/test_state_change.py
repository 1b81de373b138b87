"""The event of an alarm's change of state, held to the sample of what AWS sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.cloudwatch.alarm import Datapoint, State, StateValue, evaluate
from localcloud.cloudwatch.definition import read
from localcloud.cloudwatch.state_change import event
from tests.support.repository import ROOT

SAMPLE: dict[str, Any] = json.loads((ROOT / "events/aws.cloudwatch.alarm-state-change.json").read_text())
DIMENSIONS = {"environment": "production", "widget": "checkout", "version": "1.5.0"}


def _sum(query_id: str, name: str) -> dict[str, Any]:
    metric = {
        "Namespace": "Edgeship",
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in DIMENSIONS.items()],
    }
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False}


DESCRIBED: dict[str, Any] = {
    "AlarmName": "edgeship-production-health-checkout-v1.5.0-error-rate",
    "AlarmArn": SAMPLE["resources"][0],
    "AlarmDescription": SAMPLE["detail"]["configuration"]["description"],
    "Metrics": [
        {
            "Id": "rate",
            "Expression": "IF(sessions >= 20, 100 * FILL(failed, 0) / sessions, 0)",
            "Label": "error rate of checkout 1.5.0, %",
            "ReturnData": True,
        },
        _sum("sessions", "Sessions"),
        _sum("failed", "FailedSessions"),
    ],
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 3,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
}


def _minutes(end: datetime, *values: float) -> tuple[Datapoint, ...]:
    return tuple(Datapoint(end - timedelta(minutes=len(values) - at), value) for at, value in enumerate(values))


def test_the_sample() -> None:
    alarm = read(DESCRIBED)
    earlier, now = datetime(2026, 11, 24, 9, 40, tzinfo=UTC), datetime(2026, 11, 24, 10, tzinfo=UTC)
    was = StateValue.INSUFFICIENT_DATA
    well = evaluate(alarm, _minutes(earlier, 0, 0, 0.0, 0.5, 0.25), was, earlier + timedelta(milliseconds=412))
    assert well is not None
    ill = evaluate(alarm, _minutes(now, 0.5, 0.25, 12.5, 20.0, 16.0), well.value, now)
    assert ill is not None
    assert event(alarm, well, ill, SAMPLE["id"]) == SAMPLE


def test_an_alarm_on_one_metric_that_nobody_described() -> None:
    alarm = read(
        {
            "AlarmName": "ServerCpuTooHigh",
            "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:ServerCpuTooHigh",
            "Namespace": "AWS/EC2",
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "InstanceId", "Value": "i-12345678901234567"}],
            "Period": 300,
            "Statistic": "Average",
            "EvaluationPeriods": 1,
            "Threshold": 50.0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
    )
    new = State(StateValue.INSUFFICIENT_DATA, "Unchecked: Initial alarm creation", datetime(2026, 1, 1, tzinfo=UTC))
    by_hand = State(StateValue.ALARM, "testing", datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC))
    sent = event(alarm, new, by_hand, "1")
    metric = {
        "namespace": "AWS/EC2",
        "name": "CPUUtilization",
        "dimensions": {"InstanceId": "i-12345678901234567"},
    }
    query_id = sent["detail"]["configuration"]["metrics"][0]["id"]
    assert sent["detail"] == {
        "alarmName": "ServerCpuTooHigh",
        "state": {"value": "ALARM", "reason": "testing", "timestamp": "2026-01-01T00:00:01.000+0000"},
        "previousState": {
            "value": "INSUFFICIENT_DATA",
            "reason": "Unchecked: Initial alarm creation",
            "timestamp": "2026-01-01T00:00:00.000+0000",
        },
        "configuration": {
            "metrics": [
                {
                    "id": query_id,
                    "metricStat": {"metric": metric, "period": 300, "stat": "Average"},
                    "returnData": True,
                }
            ]
        },
    }
