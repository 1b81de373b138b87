"""`CloudWatch Alarm State Change` of our alarms: what it says of whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.adapters.cloudwatch.alarm_definitions import AlarmedRelease, alarm_of, definition_of
from edgeship.adapters.lambda_events.cloudwatch_alarms import AlarmStateChange
from edgeship.domain.health.alarms import HealthAlarm, alarms_of
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.thresholds import Check, Thresholds
from edgeship.domain.version import Version
from tests.support.repository import EVENTS

LIMITS = Thresholds(error_rate=2.5, latency_ms=2_000, memory_mb=100, minimum_sample=20)
ALARMS = alarms_of("checkout", Version.parse("1.0.0"), LIMITS)
OTHER_ALARMS = alarms_of("checkout-v1", Version.parse("2.0.0-rc.1-memory"), LIMITS)
OF_A_CHANNEL = alarms_of("checkout", Version.parse("1.0.0"), LIMITS, "next")
SAMPLE = EVENTS / "aws.cloudwatch.alarm-state-change.json"


def alarm_event(alarm: HealthAlarm, environment: str = "test", **state: Any) -> dict[str, Any]:
    """What CloudWatch sends of an alarm that goes off."""
    definition = definition_of(environment, alarm)
    listed: Any = definition["Metrics"]
    metrics = []
    for metric in listed:
        if "MetricStat" not in metric:
            metrics.append(
                {
                    "id": metric["Id"],
                    "expression": metric["Expression"],
                    "label": metric["Label"],
                    "returnData": True,
                }
            )
            continue
        stat = metric["MetricStat"]
        about = {
            "namespace": stat["Metric"]["Namespace"],
            "name": stat["Metric"]["MetricName"],
            "dimensions": {each["Name"]: each["Value"] for each in stat["Metric"]["Dimensions"]},
        }
        metrics.append(
            {
                "id": metric["Id"],
                "metricStat": {"metric": about, "period": stat["Period"], "stat": stat["Stat"]},
                "returnData": False,
            }
        )
    return {
        "version": "0",
        "id": "2dde0eb1-528b-d2d5-9ca6-6d590caf2329",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": "2026-11-24T10:00:00Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{definition['AlarmName']}"],
        "detail": {
            "alarmName": definition["AlarmName"],
            "configuration": {"description": definition["AlarmDescription"], "metrics": metrics},
            "previousState": {"value": "OK", "reason": "", "timestamp": "2026-11-24T09:00:00.000+0000"},
            "state": {
                "value": "ALARM",
                "reason": "Threshold Crossed",
                "timestamp": "2026-11-24T10:00:00.000+0000",
                **state,
            },
        },
    }


@pytest.mark.parametrize("alarm", [*ALARMS, *OTHER_ALARMS, *OF_A_CHANNEL])
def test_the_event_names_its_release(alarm: HealthAlarm) -> None:
    change = AlarmStateChange.model_validate(alarm_event(alarm, reasonData=f'{{"threshold": {alarm.limit}}}'))
    at = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert change.in_alarm
    assert change.at == at
    release = change.release
    assert (release.environment, release.widget, release.version) == ("test", *alarm.subject)
    assert (release.check, change.limit) == (alarm.check, alarm.limit)
    name = change.detail.alarm_name
    assert change.to_breach() == Breach.by_alarm(
        alarm.subject, alarm.check, alarm.limit, name, "Threshold Crossed", at, channel=alarm.channel
    )
    assert alarm_of(change.detail.configuration.metrics) == AlarmedRelease(
        "test", alarm.widget, alarm.version, alarm.check, 20, alarm.channel
    )


@pytest.mark.parametrize("data", [None, "", "[]", "{}", "no JSON", '{"threshold": "5"}'])
def test_the_limit_is_unknown_when_the_reason_does_not_have_it(data: str | None) -> None:
    change = AlarmStateChange.model_validate(alarm_event(ALARMS[0], reasonData=data))
    assert change.limit is None
    assert change.to_breach().numbers["limit"] is None
    assert change.to_breach().numbers["check"] == Check.ERROR_RATE


def test_an_alarm_that_is_over_is_not_in_alarm() -> None:
    assert not AlarmStateChange.model_validate(alarm_event(ALARMS[0], value="OK")).in_alarm


@pytest.mark.parametrize(
    "spoil",
    [
        lambda metrics: metrics.clear(),
        lambda metrics: metrics[0].update(expression="1"),
        lambda metrics: metrics[1]["metricStat"]["metric"]["dimensions"].pop("widget"),
        lambda metrics: metrics[1]["metricStat"]["metric"]["dimensions"].update(version="2.0.0"),
        lambda metrics: [m["metricStat"]["metric"]["dimensions"].update(version="1") for m in metrics[1:]],
        lambda metrics: [m["metricStat"]["metric"]["dimensions"].update(widget="") for m in metrics[1:]],
        lambda metrics: metrics[2]["metricStat"]["metric"].update(name="Errors"),
    ],
)
def test_an_alarm_about_no_release_makes_no_breach(spoil: Callable[[list[Any]], None]) -> None:
    event = alarm_event(ALARMS[0])
    spoil(event["detail"]["configuration"]["metrics"])
    change = AlarmStateChange.model_validate(event)
    assert change.in_alarm
    with pytest.raises(ValueError, match="not those of an alarm on a release"):
        change.to_breach()


def test_the_sample_event_is_of_an_alarm_as_we_make_it() -> None:
    event = json.loads(SAMPLE.read_text())
    change = AlarmStateChange.model_validate(event)
    assert change.limit is not None
    sample = alarm_of(change.detail.configuration.metrics)
    assert sample is not None
    alarm = HealthAlarm(sample.widget, sample.version, sample.check, change.limit, sample.minimum_sample)
    ours = alarm_event(alarm, sample.environment)["detail"]
    assert change.detail.alarm_name == ours["alarmName"]
    assert event["detail"]["configuration"] == ours["configuration"]
