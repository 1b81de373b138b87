"""The alarms of an environment in moto, as a diagnosis reads them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from edgeship.adapters.cloudwatch.own_alarms import EnvironmentAlarms
from edgeship.application.doctor.ports import NotAllowed
from edgeship.domain.doctor.work import SeenAlarms
from tests.support.moto.aws import NAMES, Aws


def put(aws: Aws, name: str, *, on: bool = False, actions: bool = True) -> None:
    aws.cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription="It lags.",
        ActionsEnabled=actions,
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM" if on else "OK", StateReason="because")


def test_own_alarms_those_of_releases_and_those_of_others(aws: Aws) -> None:
    alarms = EnvironmentAlarms(aws.cloudwatch, NAMES)
    assert alarms.read() == SeenAlarms([], [])
    put(aws, f"{NAMES.stack}-Relay-Lag", on=True)
    put(aws, f"{NAMES.stack}-Poison", actions=False)
    put(aws, f"{NAMES.health_alarm_prefix}checkout-v1.0.0-memory", on=True)
    put(aws, f"{NAMES.health_alarm_prefix}checkout-v1.0.0-error-rate")
    put(aws, f"{NAMES.stack}-eu-Relay-Lag", on=True)  # of the environment `test-eu`
    found = alarms.read()
    own = {alarm.name: (alarm.in_alarm, alarm.actions, alarm.description) for alarm in found.own}
    assert own == {"Relay-Lag": (True, True, "It lags."), "Poison": (False, False, "It lags.")}
    assert found.of_releases == [f"{NAMES.health_alarm_prefix}checkout-v1.0.0-memory"]


def test_a_denial_names_the_action(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeAlarms")

    monkeypatch.setattr(aws.cloudwatch, "get_paginator", refuse)
    with pytest.raises(NotAllowed) as denied:
        EnvironmentAlarms(aws.cloudwatch, NAMES).read()
    assert denied.value.needs == "cloudwatch:DescribeAlarms"
