"""What every `Alarms` promises, held against CloudWatch in moto and against the fake; then CloudWatch's own terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.cloudwatch.exceptions import ResourceNotFound
from moto.cloudwatch.models import CloudWatchBackend

from edgeship.adapters.cloudwatch.alarm_definitions import definition_of
from edgeship.adapters.cloudwatch.alarms import CloudWatchAlarms
from edgeship.application.health.ports import Alarms
from edgeship.domain.health.alarms import alarms_of
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.version import Version
from edgeship.resource_names import ResourceNames
from tests.fakes.health import FakeAlarms
from tests.support.moto.aws import NAMES, Aws

V1, V2 = Version.parse("1.0.0"), Version.parse("2.0.0-rc.1-memory")
LIMITS = Thresholds(error_rate=2.5, latency_ms=2_000, memory_mb=100, minimum_sample=20)
ALARMS = alarms_of("checkout", V1, LIMITS)
OTHER_ALARMS = alarms_of("checkout-v1", V2, LIMITS)
ERROR_RATE = "edgeship-test-health-checkout-v1.0.0-error-rate"


@dataclass
class Stage:
    alarms: Alarms
    set_state: Callable[[str, bool], None]
    spoil: Callable[[str], None]

    def standing(self) -> dict[str, Any]:
        return {each.name: each for each in self.alarms.standing()}


@pytest.fixture(params=["moto", "fake"])
def stage(request: pytest.FixtureRequest) -> Stage:
    if request.param == "fake":
        fake = FakeAlarms(lambda: datetime.now(UTC))
        return Stage(fake, fake.set_state, fake.spoil)
    client = request.getfixturevalue("aws").cloudwatch

    def set_state(name: str, in_alarm: bool) -> None:
        client.set_alarm_state(AlarmName=name, StateValue="ALARM" if in_alarm else "OK", StateReason="3 datapoints")

    def spoil(name: str) -> None:
        (found,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        client.put_metric_alarm(**_put_again(found, EvaluationPeriods=1, DatapointsToAlarm=1))

    return Stage(CloudWatchAlarms(client, NAMES.environment), set_state, spoil)


def test_at_first_there_are_none(stage: Stage) -> None:
    assert stage.alarms.standing() == []
    stage.alarms.ensure([])
    stage.alarms.remove([])
    stage.alarms.remove([ERROR_RATE])
    assert stage.alarms.standing() == []


def test_what_was_ensured_stands(stage: Stage) -> None:
    stage.alarms.ensure([*ALARMS, *OTHER_ALARMS])
    stage.alarms.ensure(ALARMS)
    standing = stage.standing()
    assert {each.alarm for each in standing.values()} == {*ALARMS, *OTHER_ALARMS}
    assert sorted(standing) == [
        "edgeship-test-health-checkout-v1-v2.0.0-rc.1-memory-error-rate",
        "edgeship-test-health-checkout-v1-v2.0.0-rc.1-memory-latency",
        "edgeship-test-health-checkout-v1-v2.0.0-rc.1-memory-memory",
        ERROR_RATE,
        "edgeship-test-health-checkout-v1.0.0-latency",
        "edgeship-test-health-checkout-v1.0.0-memory",
    ]
    assert not any(each.in_alarm for each in standing.values())
    for each in standing.values():
        assert each.state_since.utcoffset() is not None
        assert each.configured_at.utcoffset() is not None


def test_those_of_a_channel_stand_beside_the_versions(stage: Stage) -> None:
    beside = alarms_of("checkout", V1, LIMITS, "next")
    stage.alarms.ensure([*ALARMS, *beside])
    assert {each.alarm for each in stage.alarms.standing()} == {*ALARMS, *beside}
    assert "edgeship-test-health-checkout@next-v1.0.0-error-rate" in stage.standing()
    stage.alarms.remove([name for name in stage.standing() if "@next" in name])
    assert {each.alarm for each in stage.alarms.standing()} == {*ALARMS}


def test_an_alarm_goes_off_and_keeps_its_state_when_its_limit_changes(stage: Stage) -> None:
    stage.alarms.ensure(ALARMS)
    stage.set_state(ERROR_RATE, True)
    before = stage.standing()
    assert [name for name, each in before.items() if each.in_alarm] == [ERROR_RATE]
    assert before[ERROR_RATE].reason == "3 datapoints"
    stage.alarms.ensure([replace(ALARMS[0], limit=7, minimum_sample=99)])
    after = stage.standing()
    assert after[ERROR_RATE].alarm == replace(ALARMS[0], limit=7, minimum_sample=99)
    assert after[ERROR_RATE].in_alarm
    assert after[ERROR_RATE].state_since == before[ERROR_RATE].state_since
    assert after[ERROR_RATE].configured_at > before[ERROR_RATE].configured_at
    stage.set_state(ERROR_RATE, False)
    assert not stage.standing()[ERROR_RATE].in_alarm


def test_writing_one_again_says_that_it_was_wanted_just_now(stage: Stage) -> None:
    stage.alarms.ensure(ALARMS)
    before = stage.standing()
    stage.alarms.ensure(ALARMS[:1])
    after = stage.standing()
    assert after[ERROR_RATE].configured_at > before.pop(ERROR_RATE).configured_at
    assert {name: after[name] for name in before} == before


def test_one_that_was_changed_by_hand_is_found_and_fixed(stage: Stage) -> None:
    stage.alarms.ensure(ALARMS)
    stage.spoil(ERROR_RATE)
    assert {each.alarm for each in stage.alarms.standing()} == {None, *ALARMS[1:]}
    stage.alarms.ensure(ALARMS[:1])
    assert {each.alarm for each in stage.alarms.standing()} == {*ALARMS}


def test_those_that_are_removed_are_gone_and_the_others_stay(stage: Stage) -> None:
    stage.alarms.ensure([*ALARMS, *OTHER_ALARMS])
    names = [name for name, each in stage.standing().items() if each.alarm in ALARMS]
    stage.alarms.remove(["edgeship-test-health-never-v1.0.0-memory", *names[:2]])
    stage.alarms.remove(names)
    assert {each.alarm for each in stage.alarms.standing()} == {*OTHER_ALARMS}


# CloudWatch's own terms.


@pytest.fixture
def alarms(aws: Aws) -> CloudWatchAlarms:
    return CloudWatchAlarms(aws.cloudwatch, NAMES.environment)


def test_the_definition_is_pinned() -> None:
    dimensions = [
        {"Name": "environment", "Value": "test"},
        {"Name": "widget", "Value": "checkout"},
        {"Name": "version", "Value": "1.0.0"},
    ]

    def metric(name: str, metric_name: str, stat: str) -> dict[str, Any]:
        about = {"Namespace": "Edgeship", "MetricName": metric_name, "Dimensions": dimensions}
        return {"Id": name, "MetricStat": {"Metric": about, "Period": 60, "Stat": stat}, "ReturnData": False}

    definitions = [definition_of("test", alarm) for alarm in ALARMS]
    assert [list(each["Metrics"]) for each in definitions] == [
        [
            {
                "Id": "rate",
                "Expression": "IF(sessions >= 20, 100 * FILL(failed, 0) / sessions, 0)",
                "Label": "error rate of checkout 1.0.0, %",
                "ReturnData": True,
            },
            metric("sessions", "Sessions", "Sum"),
            metric("failed", "FailedSessions", "Sum"),
        ],
        [
            {
                "Id": "p95",
                "Expression": "IF(sessions >= 20, latency, 0)",
                "Label": "p95 load latency of checkout 1.0.0, ms",
                "ReturnData": True,
            },
            metric("sessions", "Sessions", "Sum"),
            metric("latency", "LoadLatency", "p95"),
        ],
        [
            {
                "Id": "p95",
                "Expression": "IF(sessions >= 20, memory, 0)",
                "Label": "p95 memory of checkout 1.0.0, MB",
                "ReturnData": True,
            },
            metric("sessions", "Sessions", "Sum"),
            metric("memory", "Memory", "p95"),
        ],
    ]
    for definition, limit in zip(definitions, (2.5, 2000, 100), strict=True):
        assert (definition["EvaluationPeriods"], definition["DatapointsToAlarm"]) == (3, 3)
        assert definition["Threshold"] == limit
        assert definition["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert definition["TreatMissingData"] == "notBreaching"
        assert f"at or over {limit:g} " in definition["AlarmDescription"]


def test_names_and_texts_stay_within_cloudwatch_s_limits() -> None:
    version = Version.parse("1.0.0-" + "x" * 58)
    for alarm in alarms_of("w" * 63, version, Thresholds(minimum_sample=1_000_000)):
        definition = definition_of("e" * 20, alarm)
        assert len(definition["AlarmName"]) <= 255
        assert len(definition["AlarmDescription"]) <= 1024


def _put_again(found: dict[str, Any], **changes: Any) -> dict[str, Any]:
    fields = (
        "AlarmName",
        "AlarmDescription",
        "Metrics",
        "EvaluationPeriods",
        "DatapointsToAlarm",
        "Threshold",
        "ComparisonOperator",
        "TreatMissingData",
    )
    return {**{name: found[name] for name in fields}, **changes}


def _metrics(change: Callable[[list[Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda definition: change(definition["Metrics"])


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(AlarmName=d["AlarmName"] + "x"),
        lambda d: d.update(EvaluationPeriods=5),
        lambda d: d.update(ComparisonOperator="GreaterThanThreshold"),
        lambda d: d.update(TreatMissingData="breaching"),
        _metrics(lambda m: m[0].update(Expression="IF(sessions >= 0, 0, 0)")),
        _metrics(lambda m: m[0].update(Expression="100 * failed / sessions")),
        _metrics(lambda m: m[0].update(Id="other")),
        _metrics(lambda m: m.pop()),
        _metrics(lambda m: m.append({**m[1], "Id": "more"})),
        _metrics(lambda m: m[1]["MetricStat"].update(Period=300)),
        _metrics(lambda m: m[1]["MetricStat"].update(Stat="Average")),
        _metrics(lambda m: m[1]["MetricStat"].update(Unit="Count")),
        _metrics(lambda m: m[2]["MetricStat"]["Metric"].update(Namespace="Other")),
        _metrics(lambda m: m[2]["MetricStat"]["Metric"].update(Dimensions=[])),
        _metrics(lambda m: m[2]["MetricStat"]["Metric"]["Dimensions"][0].update(Value="prod")),
        _metrics(lambda m: [each["MetricStat"]["Metric"]["Dimensions"][2].update(Value="one") for each in m[1:]]),
        _metrics(lambda m: [each["MetricStat"]["Metric"]["Dimensions"][0].update(Value="prod") for each in m[1:]]),
    ],
)
def test_whatever_deviates_is_no_alarm_of_ours(
    aws: Aws, alarms: CloudWatchAlarms, change: Callable[[dict[str, Any]], object]
) -> None:
    alarms.ensure(ALARMS[:1])
    (found,) = aws.cloudwatch.describe_alarms(AlarmNamePrefix=NAMES.health_alarm_prefix)["MetricAlarms"]
    changed = _put_again(found)
    change(changed)
    alarms.remove([ERROR_RATE])
    aws.cloudwatch.put_metric_alarm(**changed)
    (standing,) = alarms.standing()
    assert standing.alarm is None


def test_an_alarm_with_another_limit_is_one_of_that_limit(aws: Aws, alarms: CloudWatchAlarms) -> None:
    """Which no policy asks for, unless it says so: then the tick writes the right one in its place."""
    alarms.ensure(ALARMS[:1])
    (found,) = aws.cloudwatch.describe_alarms(AlarmNamePrefix=NAMES.health_alarm_prefix)["MetricAlarms"]
    aws.cloudwatch.put_metric_alarm(**_put_again(found, Threshold=3))
    (standing,) = alarms.standing()
    assert standing.alarm == replace(ALARMS[0], limit=3)
    assert standing.alarm != ALARMS[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(AlarmDescription="in the words of another version"),
        _metrics(lambda m: m[0].update(Label="in the words of another version")),
    ],
)
def test_an_alarm_in_other_words_is_the_same_one(
    aws: Aws, alarms: CloudWatchAlarms, change: Callable[[dict[str, Any]], object]
) -> None:
    alarms.ensure(ALARMS[:1])
    (found,) = aws.cloudwatch.describe_alarms(AlarmNamePrefix=NAMES.health_alarm_prefix)["MetricAlarms"]
    changed = _put_again(found)
    change(changed)
    aws.cloudwatch.put_metric_alarm(**changed)
    (standing,) = alarms.standing()
    assert standing.alarm == ALARMS[0]


def test_an_alarm_on_one_metric_under_our_prefix_is_none_of_ours(aws: Aws, alarms: CloudWatchAlarms) -> None:
    aws.cloudwatch.put_metric_alarm(
        AlarmName=ERROR_RATE,
        Namespace="Edgeship",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    assert [(each.name, each.alarm) for each in alarms.standing()] == [(ERROR_RATE, None)]


def test_the_order_of_metrics_and_dimensions_and_actions_of_others_are_no_deviation(
    aws: Aws, alarms: CloudWatchAlarms
) -> None:
    alarms.ensure(ALARMS[:1])
    (found,) = aws.cloudwatch.describe_alarms(AlarmNames=[ERROR_RATE])["MetricAlarms"]
    changed = _put_again(found, AlarmActions=["arn:aws:sns:us-east-1:123456789012:ours"])
    changed["Metrics"].reverse()
    changed["Metrics"][0]["MetricStat"]["Metric"]["Dimensions"].reverse()
    aws.cloudwatch.put_metric_alarm(**changed)
    assert [each.alarm for each in alarms.standing()] == [ALARMS[0]]


def test_alarms_of_other_environments_and_of_the_machinery_are_not_seen(aws: Aws, alarms: CloudWatchAlarms) -> None:
    CloudWatchAlarms(aws.cloudwatch, "test-2").ensure(ALARMS)
    aws.cloudwatch.put_metric_alarm(
        **{**definition_of("test", ALARMS[0]), "AlarmName": "edgeship-test-relay-errors"},
    )
    assert alarms.standing() == []


@pytest.mark.parametrize("environment", ["test-health", "test-health-2"])
def test_no_environment_s_alarms_begin_like_another_s(environment: str) -> None:
    with pytest.raises(ValueError, match="-health"):
        ResourceNames(environment, NAMES.account)
    assert ResourceNames("healthy", NAMES.account).health_alarm_prefix == "edgeship-healthy-health-"


@pytest.mark.parametrize("others_are_deleted", [True, False])
def test_many_are_removed_whichever_are_gone(
    aws: Aws, alarms: CloudWatchAlarms, others_are_deleted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DeleteAlarms' documentation said first that an unknown name keeps it from deleting any, and later that not."""
    delete = CloudWatchBackend.delete_alarms

    def deletes_all_or_none(self: CloudWatchBackend, alarm_names: list[str]) -> None:
        assert len(alarm_names) <= 100
        if not others_are_deleted and not set(alarm_names) <= self.alarms.keys():
            raise ResourceNotFound("no such alarm")
        delete(self, alarm_names)

    monkeypatch.setattr(CloudWatchBackend, "delete_alarms", deletes_all_or_none)
    many = [alarm for n in range(36) for alarm in alarms_of(f"widget-{n}", V1, LIMITS)]
    alarms.ensure([*many, *ALARMS])
    names = [each.name for each in alarms.standing() if each.alarm in many]
    assert len(names) == 108
    aws.cloudwatch.delete_alarms(AlarmNames=names[::25])
    alarms.remove(names)
    assert {each.alarm for each in alarms.standing()} == {*ALARMS}
