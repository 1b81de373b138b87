"""States of alarms: the tables of "Configuring how CloudWatch alarms treat missing data", and how states are told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from localcloud.cloudwatch.alarm import Datapoint, State, StateValue, evaluate, evaluation_range
from localcloud.cloudwatch.definition import AlarmDefinition, MetricStat, Query, read
from localcloud.cloudwatch.metric_math import Unsupported

METRIC = MetricStat("ns", "m", (("d", "x"),), 60, "Sum")
ALARM = AlarmDefinition(
    "a",
    "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a",
    (Query("m1", METRIC),),
    n=3,
    m=3,
    threshold=5.0,
    comparison="GreaterThanOrEqualToThreshold",
)
NOW = datetime(2026, 11, 24, 10, 0, 0, 412_000, UTC)
VALUES = {"0": 1.0, "X": 5.0, "-": None}


def points(*values: float | None) -> tuple[Datapoint, ...]:
    end = NOW.replace(microsecond=0)
    return tuple(Datapoint(end - timedelta(minutes=len(values) - at), value) for at, value in enumerate(values))


def state_of(alarm: AlarmDefinition, previous: StateValue, *values: float | None) -> State | None:
    assert len(values) == evaluation_range(alarm)
    return evaluate(alarm, points(*values), previous, NOW)


OK, ALARMED, UNKNOWN = StateValue.OK, StateValue.ALARM, StateValue.INSUFFICIENT_DATA
RETAINED = None

# Datapoints, M, and the states with missing, ignore, breaching and notBreaching.
TABLES = [
    ("0 - X - X", 3, OK, OK, OK, OK),
    ("0 - - - -", 3, OK, OK, OK, OK),
    ("- - - - -", 3, UNKNOWN, RETAINED, ALARMED, OK),
    ("0 X X - X", 3, ALARMED, ALARMED, ALARMED, ALARMED),
    ("- - X - -", 3, ALARMED, RETAINED, ALARMED, OK),
    ("0 - X - X", 2, ALARMED, ALARMED, ALARMED, ALARMED),
    ("0 0 X 0 X", 2, ALARMED, ALARMED, ALARMED, ALARMED),
    ("0 - X - -", 2, OK, OK, ALARMED, OK),
    ("- - - - 0", 2, OK, OK, ALARMED, OK),
    ("- - - X -", 2, ALARMED, RETAINED, ALARMED, OK),
    # From the text and the earlier tables of the page.
    ("- - - - X", 3, UNKNOWN, RETAINED, ALARMED, OK),
    ("- - - X -", 3, UNKNOWN, RETAINED, ALARMED, OK),
    ("X - - - -", 3, ALARMED, RETAINED, ALARMED, OK),
    ("- - - X 0", 3, OK, OK, OK, OK),
    ("- - - X X", 2, ALARMED, ALARMED, ALARMED, ALARMED),
    # Extra datapoints are not needed when the newest three are there.
    ("X X X X 0", 3, OK, OK, OK, OK),
    ("0 0 X X X", 3, ALARMED, ALARMED, ALARMED, ALARMED),
]


@pytest.mark.parametrize("previous", list(StateValue))
@pytest.mark.parametrize(("missing", "column"), [("missing", 2), ("ignore", 3), ("breaching", 4), ("notBreaching", 5)])
@pytest.mark.parametrize("row", TABLES, ids=lambda row: f"{row[0]} {row[1]} of 3")
def test_missing_data(
    row: tuple[str, int, StateValue | None, StateValue | None, StateValue | None, StateValue | None],
    missing: str,
    column: int,
    previous: StateValue,
) -> None:
    alarm = replace(ALARM, m=row[1], missing=missing)
    state = state_of(alarm, previous, *(VALUES[point] for point in row[0].split()))
    expected = row[column] or previous
    assert (previous if state is None else state.value) == expected
    assert (state is None) == (expected == previous), "no change, no new state"


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanOrEqualToThreshold", (5.0, 6.0)),
        ("GreaterThanThreshold", (6.0,)),
        ("LessThanThreshold", (4.0,)),
        ("LessThanOrEqualToThreshold", (4.0, 5.0)),
    ],
)
def test_comparisons(comparison: str, breaching: tuple[float, ...]) -> None:
    alarm = replace(ALARM, n=1, m=1, comparison=comparison)
    for value in (4.0, 5.0, 6.0):
        state = state_of(alarm, UNKNOWN, None, None, value)
        assert state is not None
        assert state.value is (ALARMED if value in breaching else OK)


def test_a_band_is_refused() -> None:
    with pytest.raises(Unsupported, match="LessThanLowerThreshold"):
        state_of(replace(ALARM, comparison="LessThanLowerThreshold"), OK, 1, 1, 1, 1, 1)


def reason(alarm: AlarmDefinition, previous: StateValue, *values: float | None) -> str:
    state = state_of(alarm, previous, *values)
    assert state is not None
    return state.reason


def test_reasons() -> None:
    assert reason(ALARM, OK, 0.0, 0.0, 5.0, 6.0, 7.5) == (
        "Threshold Crossed: 3 out of the last 3 datapoints [7.5 (24/11/26 09:59:00), 6.0 (24/11/26 09:58:00), "
        "5.0 (24/11/26 09:57:00)] were greater than or equal to the threshold (5.0) (minimum 3 datapoints for OK -> "
        "ALARM transition)."
    )
    assert reason(ALARM, ALARMED, 5.0, 5.0, 5.0, 6.0, 1.0) == (
        "Threshold Crossed: 1 out of the last 3 datapoints [1.0 (24/11/26 09:59:00)] was not greater than or equal to "
        "the threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."
    )
    assert reason(replace(ALARM, m=2), OK, 0.0, 0.0, 5.0, 0.0, 7.5).startswith(
        "Threshold Crossed: 2 out of the last 3 "
    )
    # DatapointsToAlarm not set.
    assert reason(replace(ALARM, n=1, m=None), OK, None, None, 9.0) == (
        "Threshold Crossed: 1 datapoint [9.0 (24/11/26 09:59:00)] was greater than or equal to the threshold (5.0)."
    )
    assert reason(replace(ALARM, missing="notBreaching"), ALARMED, *[None] * 5) == (
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
        "[NonBreaching]."
    )
    assert reason(ALARM, OK, *[None] * 5) == "Insufficient Data: 5 datapoints were unknown."


def test_reason_data() -> None:
    state = state_of(ALARM, OK, 0.0, 0.0, 5.0, 6.0, 7.5)
    assert state is not None
    assert state.since == NOW
    assert json.loads(state.reason_data or "") == {
        "version": "1.0",
        "queryDate": "2026-11-24T10:00:00.412+0000",
        "startDate": "2026-11-24T09:57:00.000+0000",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [5.0, 6.0, 7.5],
        "threshold": 5.0,
        "evaluatedDatapoints": [
            {"timestamp": "2026-11-24T09:59:00.000+0000", "value": 7.5},
            {"timestamp": "2026-11-24T09:58:00.000+0000", "value": 6.0},
            {"timestamp": "2026-11-24T09:57:00.000+0000", "value": 5.0},
        ],
    }


def test_the_reason_data_of_nothing() -> None:
    state = state_of(ALARM, OK, *[None] * 5)
    assert state is not None
    data = json.loads(state.reason_data or "")
    assert data["recentDatapoints"] == []
    assert "startDate" not in data
    assert [set(point) for point in data["evaluatedDatapoints"]] == [{"timestamp"}] * 5


DESCRIBED = {
    "AlarmName": "a",
    "AlarmArn": ALARM.arn,
    "AlarmDescription": "",
    "Namespace": "ns",
    "MetricName": "m",
    "Dimensions": [{"Name": "d", "Value": "x"}],
    "Period": 60,
    "Statistic": "Sum",
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 3,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


def test_an_alarm_on_one_metric_is_read() -> None:
    alarm = read(DESCRIBED)
    assert replace(alarm, queries=ALARM.queries) == ALARM
    assert alarm.queries[0].metric == METRIC
    percentile = read(DESCRIBED | {"Statistic": "Average", "ExtendedStatistic": "p95"})
    assert percentile.stat == "p95"
    assert read(DESCRIBED).queries[0].id == alarm.queries[0].id, "the same alarm has the same id in each event"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"MetricName": None}, "without metrics"),
        ({"Threshold": None}, "threshold"),
        ({"ThresholdMetricId": "band"}, "threshold"),
        ({"Metrics": [{"Id": "q", "Expression": "SELECT 1", "ReturnData": True}]}, "period"),
        ({"Metrics": [{"Id": "q", "Expression": "1", "ReturnData": False}]}, "ReturnData"),
    ],
)
def test_other_alarms_are_refused(change: dict[str, object], named: str) -> None:
    with pytest.raises(Unsupported, match=named):
        read(DESCRIBED | change)
