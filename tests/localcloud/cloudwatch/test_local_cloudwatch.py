"""The monitor on the emulator: from a printed line to an alarm's event, and the short minute."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.cloudwatch.emulator import MonitoredEmulator
from localcloud.cloudwatch.local_cloudwatch import STOP_SECONDS, LocalCloudWatch
from localcloud.sandbox import SandboxSession
from tests.localcloud.handmade_functions import invoke, make_function

SPEED = 30
PERIOD = 2
ALARM = "handmade-error-rate"
DIMENSIONS = [{"Name": "widget", "Value": "checkout"}]
BUCKET = "handmade-received"

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud-monitor")]

# Prints what a beacon's function prints, through plain stdout.
PRINTER = """
import json, time

def handler(event, context):
    print(json.dumps({
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [{
            "Namespace": "Handmade", "Dimensions": [["widget"]],
            "Metrics": [{"Name": name, "Unit": "Count"} for name in event],
        }]},
        "widget": "checkout", **event,
    }))
    print("and something else")
    return None
"""

# Keeps each event it gets, under a key of its own.
KEEPER = f"""
import json, os, urllib.request, uuid

def handler(event, context):
    key = event["detail-type"].replace(" ", "-") + "/" + uuid.uuid4().hex
    url = os.environ["AWS_ENDPOINT_URL"] + "/{BUCKET}/" + key
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(event).encode(), method="PUT")).close()
"""


BAD_NEWS = {
    "source": ["aws.cloudwatch"],
    "detail-type": ["CloudWatch Alarm State Change"],
    "detail": {"alarmName": [{"prefix": "handmade-"}], "state": {"value": ["ALARM"]}},
}


@pytest.fixture(scope="module")
def session() -> Iterator[SandboxSession]:
    with MonitoredEmulator() as emulator:
        session = emulator.session()
        session.client("s3").create_bucket(Bucket=BUCKET)
        make_function(session, "printer", PRINTER)
        make_function(session, "keeper", KEEPER)
        make_alarm(session)
        invoke(session, "printer", {})  # its cold start takes longer than a period
        yield session


def make_alarm(session: SandboxSession) -> None:
    def metric(query_id: str, name: str) -> dict[str, Any]:
        named = {"Namespace": "Handmade", "MetricName": name, "Dimensions": DIMENSIONS}
        return {"Id": query_id, "MetricStat": {"Metric": named, "Period": 60, "Stat": "Sum"}, "ReturnData": False}

    session.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        Metrics=[
            {"Id": "rate", "Expression": "IF(sessions >= 20, 100 * FILL(failed, 0) / sessions, 0)"},
            metric("sessions", "Sessions"),
            metric("failed", "FailedSessions"),
        ],
        EvaluationPeriods=3,
        DatapointsToAlarm=3,
        Threshold=5,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )


def put_rule(session: SandboxSession, name: str, **rule: str) -> str:
    events = session.client("events")
    arn = events.put_rule(Name=name, **rule)["RuleArn"]
    keeper = session.client("lambda").get_function_configuration(FunctionName="keeper")["FunctionArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "keeper", "Arn": keeper}])
    return str(arn)


def received(session: SandboxSession, detail_type: str) -> list[dict[str, Any]]:
    s3 = session.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{detail_type.replace(' ', '-')}/").get("Contents", [])
    return [json.loads(s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()) for item in listed]


def described(session: SandboxSession) -> dict[str, Any]:
    found = session.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    return dict(found[0])


def browse(session: SandboxSession, failed: int, until: Callable[[], bool], seconds: float = 40) -> None:
    """Sessions, several in each period, until something is so."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, described(session)
        counts = {"Sessions": [1] * 30, "FailedSessions": failed} if failed else {"Sessions": [1] * 30}
        invoke(session, "printer", counts)
        time.sleep(0.4)


def test_an_alarm_fires_once_and_recovers(session: SandboxSession) -> None:
    put_rule(session, "bad-news", EventPattern=json.dumps(BAD_NEWS))
    other = {**BAD_NEWS, "detail": {"alarmName": ["another"]}}
    put_rule(session, "of-others", EventPattern=json.dumps(other))
    assert described(session)["StateValue"] == "INSUFFICIENT_DATA"

    with LocalCloudWatch(session, SPEED):
        browse(session, 0, until=lambda: described(session)["StateValue"] == "OK")
        browse(session, 6, until=lambda: described(session)["StateValue"] == "ALARM")
        alarmed = described(session)
        assert alarmed["StateReason"].startswith("Threshold Crossed: 3 out of the last 3 datapoints [20.0 (")
        assert json.loads(alarmed["StateReasonData"])["threshold"] == 5
        browse(session, 6, until=lambda: len(received(session, "CloudWatch Alarm State Change")) > 0)
        still = time.monotonic() + 2 * PERIOD
        browse(session, 6, until=lambda: time.monotonic() > still)
        browse(session, 0, until=lambda: described(session)["StateValue"] == "OK")

    [event] = received(session, "CloudWatch Alarm State Change")
    assert event["resources"] == [alarmed["AlarmArn"]]
    assert event["detail"]["state"]["reason"] == alarmed["StateReason"]
    assert event["detail"]["previousState"]["value"] == "OK"
    assert [metric["id"] for metric in event["detail"]["configuration"]["metrics"]] == ["rate", "sessions", "failed"]


def test_each_printed_line_counts_once(session: SandboxSession) -> None:
    with LocalCloudWatch(session, SPEED):
        for number in range(5):
            invoke(session, "printer", {"Counted": [1, 2, number]})
        time.sleep(2 * PERIOD)
    answer = session.client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": stat.lower(),
                "MetricStat": {
                    "Metric": {"Namespace": "Handmade", "MetricName": "Counted", "Dimensions": DIMENSIONS},
                    "Period": 3600,
                    "Stat": stat,
                },
            }
            for stat in ("Sum", "SampleCount")
        ],
        StartTime=datetime.now(UTC) - timedelta(hours=2),
        EndTime=datetime.now(UTC) + timedelta(hours=1),
    )
    assert [sum(result["Values"]) for result in answer["MetricDataResults"]] == [5 * 3 + 10, 15]


def test_a_state_set_by_hand_is_reported_and_then_evaluated_away(session: SandboxSession) -> None:
    def reported() -> int:
        told = received(session, "CloudWatch Alarm State Change")
        return sum(event["detail"]["state"]["reason"] == "by hand" for event in told)

    put_rule(session, "bad-news", EventPattern=json.dumps(BAD_NEWS))
    with LocalCloudWatch(session, SPEED):
        deadline = time.monotonic() + 40
        while not reported():
            # Set before the monitor's first look, it is what the monitor starts from, and no change.
            if described(session)["StateValue"] != "ALARM":
                session.client("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="by hand")
            assert time.monotonic() < deadline
            time.sleep(1.5 * PERIOD)
        while described(session)["StateValue"] == "ALARM":
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_minute_of_a_rule_is_short(session: SandboxSession) -> None:
    arn = put_rule(session, "every-minute", ScheduleExpression="rate(1 minute)")
    began = time.monotonic()
    with LocalCloudWatch(session, SPEED):
        while len(ticks := received(session, "Scheduled Event")) < 3:
            assert time.monotonic() < began + 20
            time.sleep(0.2)
    assert time.monotonic() - began >= 2.5 * PERIOD
    session.client("events").delete_rule(Name="every-minute", Force=True)
    assert {(t["source"], *t["resources"], json.dumps(t["detail"])) for t in ticks} == {("aws.events", arn, "{}")}


def test_the_emulator_does_not_judge_by_itself(session: SandboxSession) -> None:
    cloudwatch = session.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="one-metric",
        Namespace="Handmade",
        MetricName="Alone",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.put_metric_data(Namespace="Handmade", MetricData=[{"MetricName": "Alone", "Value": 1}])
    [alarm] = cloudwatch.describe_alarms(AlarmNames=["one-metric"])["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert "Metrics" not in alarm


def test_it_goes_on_when_the_emulator_does_not_answer_and_stops_in_time() -> None:
    with MonitoredEmulator() as emulator:
        monitor = LocalCloudWatch(emulator.session(), SPEED)
        monitor.start()
        emulator.stop()
        time.sleep(1.5 * PERIOD)
        assert monitor.runs
        began = time.monotonic()
        monitor.stop()
        assert time.monotonic() - began < STOP_SECONDS
        assert not monitor.runs
        monitor.stop()
