"""Each alarm of the template is driven from its metric to ALARM, and back, by the local CloudWatch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.settings import FUNCTION_SETTINGS
from infra.app import ROOT
from localcloud.cloudwatch.alarm import StateValue
from localcloud.cloudwatch.alarm_watch import AlarmWatch
from localcloud.cloudwatch.definition import MetricStat, read
from tests.infra.contexts import ACCOUNT
from tests.infra.published_metrics import Series, published, words
from tests.infra.template import Template

pytestmark = [pytest.mark.xdist_group("infra"), pytest.mark.synth]

NOW = 1_795_860_000.0
MINUTE = 60
INITIAL = "Unchecked: Initial alarm creation"


class Standing:
    """CloudWatch with the template's alarms, and metrics as AWS publishes them: a value for every minute, or none."""

    def __init__(self, alarms: Iterable[dict[str, Any]]) -> None:
        self.alarms = {alarm["AlarmName"]: dict(alarm) for alarm in alarms}
        self.values: dict[Series, float] = {}

    def get_paginator(self, _operation: str) -> Standing:
        return self

    def paginate(self, **_: object) -> Iterator[dict[str, Any]]:
        yield {"MetricAlarms": list(self.alarms.values())}

    def set_alarm_state(self, AlarmName: str, StateValue: str, **_: object) -> None:  # noqa: N803
        self.alarms[AlarmName]["StateValue"] = StateValue

    def get(self, metrics: Iterable[MetricStat], period: int, start: float, end: float) -> Mapping[MetricStat, Any]:
        """As `MetricStore` reads them."""
        every_minute = range(int(start), int(end), period)
        found = {metric: (metric.namespace, metric.name, frozenset(metric.dimensions)) for metric in metrics}
        return {
            metric: dict.fromkeys(every_minute, self.values[key]) if key in self.values else {}
            for metric, key in found.items()
        }

    def state_of(self, name: str) -> str:
        return str(self.alarms[name]["StateValue"])

    def in_alarm(self) -> set[str]:
        return {name for name in self.alarms if self.state_of(name) == StateValue.ALARM}


def described(stack: Template) -> list[dict[str, Any]]:
    """The template's alarms as DescribeAlarms returns them."""

    def named(dimensions: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
        return [{"Name": each["Name"], "Value": words(stack, each["Value"])} for each in dimensions]

    found = []
    for resource in stack.resources("AWS::CloudWatch::Alarm").values():
        alarm = {**resource["Properties"], "StateValue": "INSUFFICIENT_DATA"}
        alarm["AlarmArn"] = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{alarm['AlarmName']}"
        alarm |= {"StateReason": INITIAL, "StateUpdatedTimestamp": datetime.fromtimestamp(NOW, UTC)}
        if "Dimensions" in alarm:
            alarm["Dimensions"] = named(alarm["Dimensions"])
        for metric in alarm.get("Metrics", ()):
            if "MetricStat" in metric:
                stat = metric["MetricStat"]
                inner = {**stat["Metric"], "Dimensions": named(stat["Metric"]["Dimensions"])}
                metric = {**metric, "MetricStat": {**stat, "Metric": inner}}
            alarm["Metrics"] = [metric if m["Id"] == metric["Id"] else m for m in alarm["Metrics"]]
        found.append(alarm)
    return found


def watched(alarm: Mapping[str, Any]) -> list[Series]:
    metrics = (query.metric for query in read(alarm).queries)
    return [(each.namespace, each.name, frozenset(each.dimensions)) for each in metrics if each is not None]


def breaching(alarm: Mapping[str, Any]) -> float:
    less = alarm["ComparisonOperator"] == "LessThanThreshold"
    return float(alarm["Threshold"]) + (-1 if less else 1)


def look(cloudwatch: Standing) -> None:
    reported: list[dict[str, Any]] = []
    AlarmWatch(cloudwatch, cloudwatch, 1, reported.append).look(NOW)  # type: ignore[arg-type]


def test_every_alarm_goes_off_by_each_of_its_metrics_and_is_over_with_it(production: Template) -> None:
    alarms, of_aws = described(production), published(production)
    names = {alarm["AlarmName"] for alarm in alarms}
    driven: set[str] = set()
    for alarm in alarms:
        for series in watched(alarm):
            assert series in of_aws, f"{alarm['AlarmName']} watches what nobody publishes: {series}"
            cloudwatch = Standing(alarms)
            cloudwatch.values[series] = breaching(alarm)
            look(cloudwatch)
            assert cloudwatch.state_of(alarm["AlarmName"]) == "ALARM"
            cloudwatch.values[series] = 2 * alarm["Threshold"] - breaching(alarm)
            look(cloudwatch)
            assert cloudwatch.state_of(alarm["AlarmName"]) == "OK"
            driven.add(alarm["AlarmName"])
    assert driven == names


def test_the_guide_says_what_they_cost(production: Template) -> None:
    guide = (ROOT / "docs" / "operating.md").read_text("utf-8")
    assert f" {len(production.resources('AWS::CloudWatch::Alarm'))} alarms" in guide


def test_while_nothing_happens_the_missing_tick_alone_is_an_alarm(production: Template) -> None:
    cloudwatch = Standing(described(production))
    look(cloudwatch)
    assert cloudwatch.in_alarm() == {"edgeship-production-Rollout-Missing"}
    assert {cloudwatch.state_of(name) for name in cloudwatch.alarms} == {"ALARM", "OK"}


@pytest.mark.parametrize("stack", ["production", "customised", "local", "first"])
def test_what_loses_events_or_viewers_has_an_alarm(stack: str, request: pytest.FixtureRequest) -> None:
    template: Template = request.getfixturevalue(stack)
    seen = {series for alarm in described(template) for series in watched(alarm)}
    of_aws = published(template)
    functions = {f for f in template.functions() if f in FUNCTION_SETTINGS}
    regional = {words(template, {"Ref": key}) for key, f in template.resources("AWS::Lambda::Function").items()}
    asynchronous = {
        words(template, config["Properties"]["FunctionName"])
        for config in template.resources("AWS::Lambda::EventInvokeConfig").values()
    }

    working = {
        mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]
        for mapping in template.resources("AWS::Lambda::EventSourceMapping").values()
    }

    def needed(series: Series) -> bool:
        space, name, dimensions = series
        function = dict(dimensions).get("FunctionName", "")
        match space, name:
            case "AWS/Lambda", "Errors" | "Throttles":
                return function in regional and not function.startswith("<")
            case "AWS/Lambda", "AsyncEventsDropped":
                return function in asynchronous
            case "AWS/Lambda", _:
                return False
            case "AWS/SQS", _:
                # Where failures end, one message is one too many; in a queue for work, one that nobody takes.
                works = dict(dimensions)["QueueName"].removeprefix("name of ") in working
                return works == (name == "ApproximateAgeOfOldestMessage")
            case "Edgeship", "RouteStoreKeys" | "InvalidationPaths" | "InvalidationPathsThisMonth":
                return False
            case "AWS/CloudFront", "Requests" | "4xxErrorRate":
                return False
        return True

    assert functions == FUNCTION_SETTINGS.keys()
    lacking = {series for series in of_aws - seen if needed(series)}
    assert {series for series in lacking if "edge-" not in str(dict(series[2]).get("FunctionName"))} == set()
