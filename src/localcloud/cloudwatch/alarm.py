"""The state that an alarm's datapoints put it in, M of N, with missing data, as CloudWatch documents it. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html. Its rules:
- the newest N datapoints that exist in the evaluation range decide, gaps or not, when there are as many;
- else missing ones are filled in, as few as possible, all as `TreatMissingData` says;
- with `missing` or `ignore`, data that is all breaching but too little to tell changes nothing while it is young; once
  the oldest is as old as M periods, `missing` goes to ALARM ("premature alarm state") and `ignore` stays.
How far the range reaches past N is not documented; in that page's examples it is two periods.

The reasons are worded as CloudWatch's own, of which AWS publishes examples, not a grammar.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from localcloud.cloudwatch.definition import AlarmDefinition
from localcloud.cloudwatch.metric_math import Unsupported

EXTRA_PERIODS = 2
"""The evaluation range is so many periods longer than N."""


class StateValue(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True)
class Datapoint:
    """Of one period: its start (aware), and None for nothing."""

    start: datetime
    value: float | None


@dataclass(frozen=True)
class State:
    """`reason_data` is a JSON document; None in a state that no evaluation set. `since` is aware."""

    value: StateValue
    reason: str
    since: datetime
    reason_data: str | None = None


def evaluation_range(definition: AlarmDefinition) -> int:
    """How many periods, up to the newest that is over, an evaluation looks at."""
    return definition.n + EXTRA_PERIODS


def evaluate(
    definition: AlarmDefinition, datapoints: Sequence[Datapoint], previous: StateValue, now: datetime
) -> State | None:
    """The state that the alarm changes to; None when it stays in `previous`.

    Args:
        datapoints: of the evaluation range, one for each period, the newest last.
        now: aware; when this evaluation happens.

    Raises:
        Unsupported: the comparison is with a band.
    """
    breaches = _breaches(definition)
    newest_first = [point for point in reversed(datapoints) if point.value is not None][: definition.n]
    breaching = [point for point in newest_first if breaches(point)]
    value = _decided(definition, datapoints, newest_first, breaching) or previous
    if value is previous:
        return None
    return State(
        value,
        _reason(definition, value, datapoints, newest_first, breaching),
        now,
        _reason_data(definition, datapoints, newest_first, now),
    )


def _decided(
    definition: AlarmDefinition,
    datapoints: Sequence[Datapoint],
    newest_first: Sequence[Datapoint],
    breaching: Sequence[Datapoint],
) -> StateValue | None:
    """None: the current state is retained."""
    m = definition.datapoints_to_alarm
    lacking = definition.n - len(newest_first)
    certain = len(breaching)
    if lacking and definition.missing == "breaching":
        certain += lacking
    if certain >= m:
        return StateValue.ALARM
    if lacking and definition.missing in ("missing", "ignore") and len(breaching) == len(newest_first):
        # Nothing tells that all is well.
        if definition.missing == "ignore":
            return None
        old_enough = any(point.value is not None for point in datapoints[: len(datapoints) - m + 1])
        return StateValue.ALARM if old_enough else StateValue.INSUFFICIENT_DATA
    return StateValue.OK


_OPERATORS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


def _breaches(definition: AlarmDefinition) -> Callable[[Datapoint], bool]:
    if definition.comparison not in _OPERATORS:
        raise Unsupported(f"comparison {definition.comparison}")
    compare = _OPERATORS[definition.comparison][0]
    return lambda point: point.value is not None and compare(point.value, definition.threshold)


def _reason(
    definition: AlarmDefinition,
    value: StateValue,
    datapoints: Sequence[Datapoint],
    newest_first: Sequence[Datapoint],
    breaching: Sequence[Datapoint],
) -> str:
    if value is StateValue.INSUFFICIENT_DATA:
        return f"Insufficient Data: {_counted(len(datapoints) - len(newest_first), 'datapoint', 'unknown')}."
    lacking = definition.n - len(newest_first)
    treated = ""
    if lacking and definition.missing in ("breaching", "notBreaching"):
        kind = "Breaching" if definition.missing == "breaching" else "NonBreaching"
        treated = f" and {_counted(lacking, 'missing datapoint', f'treated as [{kind}]')}"
    in_alarm = value is StateValue.ALARM
    told = breaching if in_alarm else [point for point in newest_first if point not in breaching]
    if not told:
        periods = f"{lacking} period{'s' if lacking != 1 else ''}"
        return f"Threshold Crossed: no datapoints were received for {periods}{treated}."
    listed = ", ".join(f"{point.value} ({point.start.astimezone(UTC):%d/%m/%y %H:%M:%S})" for point in told)
    is_not = ("was" if len(told) == 1 else "were") + ("" if in_alarm else " not")
    compared = f"[{listed}] {is_not} {_OPERATORS[definition.comparison][1]} the threshold ({definition.threshold})"
    if definition.m is None:
        return f"Threshold Crossed: {len(told)} datapoint{'s' if len(told) != 1 else ''} {compared}{treated}."
    least = definition.m if in_alarm else definition.n - definition.m + 1
    change = "OK -> ALARM" if in_alarm else "ALARM -> OK"
    return (
        f"Threshold Crossed: {len(told)} out of the last {definition.n} datapoints {compared}{treated} "
        f"(minimum {least} datapoint{'s' if least != 1 else ''} for {change} transition)."
    )


def _counted(number: int, what: str, how: str) -> str:
    return f"{number} {what} was {how}" if number == 1 else f"{number} {what}s were {how}"


def _reason_data(
    definition: AlarmDefinition, datapoints: Sequence[Datapoint], newest_first: Sequence[Datapoint], now: datetime
) -> str:
    document: dict[str, Any] = {"version": "1.0", "queryDate": timestamp(now)}
    if newest_first:
        document["startDate"] = timestamp(newest_first[-1].start)
    if definition.stat is not None:
        document["statistic"] = definition.stat
    document |= {
        "period": definition.period,
        "recentDatapoints": [point.value for point in reversed(newest_first)],
        "threshold": definition.threshold,
        "evaluatedDatapoints": [
            {"timestamp": timestamp(point.start)} | ({} if point.value is None else {"value": point.value})
            for point in newest_first or tuple(reversed(datapoints))
        ],
    }
    return json.dumps(document, separators=(",", ":"))


def timestamp(at: datetime) -> str:
    """As CloudWatch writes times into alarm events, with milliseconds; `at` is aware."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"
