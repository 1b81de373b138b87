"""How the alarm of one check of one release is written in CloudWatch's terms, and read back from them. Pure.

PutMetricAlarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
Metric math: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgeship.domain.errors import Refused
from edgeship.domain.health.alarms import HealthAlarm
from edgeship.domain.health.thresholds import PERIOD_SECONDS, PERIODS, Check
from edgeship.domain.telemetry.metrics import DIMENSIONS, NAMESPACE, Metric
from edgeship.domain.version import Version
from edgeship.resource_names import health_alarm_prefix

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef, PutMetricAlarmInputTypeDef


@dataclass(frozen=True)
class _Formula:
    """What a check compares with its limit: `id` names the expression's result, `query` the metric's statistic."""

    id: str
    expression: str
    query: str
    metric: Metric
    stat: str
    said: str
    unit: str


# Sessions are not filled: CloudWatch would fill the newest minute, too, whose beacons are still on their way
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html). A minute without sessions is
# missing and does not breach. Failed sessions are missing wherever nothing failed, and arrive with the sessions.
_FORMULAS = {
    Check.ERROR_RATE: _Formula(
        "rate",
        "IF(sessions >= {sample}, 100 * FILL(failed, 0) / sessions, 0)",
        "failed",
        Metric.FAILED_SESSIONS,
        "Sum",
        "error rate",
        "%",
    ),
    Check.LATENCY: _Formula(
        "p95", "IF(sessions >= {sample}, latency, 0)", "latency", Metric.LOAD_LATENCY, "p95", "p95 load latency", "ms"
    ),
    Check.MEMORY: _Formula(
        "p95", "IF(sessions >= {sample}, memory, 0)", "memory", Metric.MEMORY, "p95", "p95 memory", "MB"
    ),
}
_SAMPLE = re.compile(r"\bsessions >= (\d+)\b")


def alarm_name(environment: str, alarm: HealthAlarm) -> str:
    """Unique: a widget's name has no dot, so `-v` before the first dot begins the version; no check ends another.

    At most 177 of the 255 characters that a name may have.
    """
    return f"{health_alarm_prefix(environment)}{alarm.widget}-v{alarm.version}-{alarm.check}"


def definition_of(environment: str, alarm: HealthAlarm) -> PutMetricAlarmInputTypeDef:
    """What PutMetricAlarm is asked for.

    The alarm has no actions: EventBridge hears of every change of its state without one. It has no tags either: they
    take a permission of their own, and DescribeAlarms does not tell them.
    """
    formula = _FORMULAS[alarm.check]
    dimensions = [
        {"Name": name, "Value": value}
        for name, value in zip(DIMENSIONS, (environment, alarm.widget, str(alarm.version)), strict=True)
    ]
    label = f"{formula.said} of {alarm.widget} {alarm.version}, {formula.unit}"
    metrics: list[Any] = [
        {
            "Id": formula.id,
            "Expression": formula.expression.format(sample=alarm.minimum_sample),
            "Label": label,
            "ReturnData": True,
        },
        _metric("sessions", Metric.SESSIONS, "Sum", dimensions),
        _metric(formula.query, formula.metric, formula.stat, dimensions),
    ]
    return {
        "AlarmName": alarm_name(environment, alarm),
        "AlarmDescription": (
            f"Environment {environment}: {formula.said} of widget {alarm.widget} {alarm.version} was at or over "
            f"{alarm.limit:g} {formula.unit} in {PERIODS} periods of {PERIOD_SECONDS} s in a row, each with "
            f"{alarm.minimum_sample} sessions or more. edgeship reacts to this alarm: it takes the release back, or "
            "tells that it could not. edgeship makes this alarm and removes it; what is changed by hand is undone."
        ),
        "Metrics": metrics,
        "EvaluationPeriods": PERIODS,
        "DatapointsToAlarm": PERIODS,
        "Threshold": alarm.limit,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


def read_definition(environment: str, found: MetricAlarmTypeDef) -> HealthAlarm | None:
    """The alarm that DescribeAlarms tells of; None unless it is to the letter what `definition_of` writes for it.

    What the account's people added in fields that are not written here (actions) is theirs.
    """
    release = _release_of(
        (metric.get("Expression") for metric in found.get("Metrics", ())),
        (
            (metric["MetricStat"]["Metric"].get("MetricName"), _by_name(metric["MetricStat"]["Metric"]))
            for metric in found.get("Metrics", ())
            if "MetricStat" in metric
        ),
    )
    limit = found.get("Threshold")
    if release is None or limit is None or release.environment != environment:
        return None
    alarm = HealthAlarm(release.widget, release.version, release.check, limit, release.minimum_sample)
    return alarm if _is_written(definition_of(environment, alarm), found) else None


@dataclass(frozen=True)
class AlarmedRelease:
    """Whom an alarm is about, and for what. `minimum_sample` is sessions in a period."""

    environment: str
    widget: str
    version: Version
    check: Check
    minimum_sample: int


def alarm_of(metrics: Iterable[Mapping[str, Any]]) -> AlarmedRelease | None:
    """Whom an alarm is about, from `detail.configuration.metrics` of its state-change event; None: no release.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    listed = list(metrics)
    stats = [metric["metricStat"]["metric"] for metric in listed if "metricStat" in metric]
    return _release_of(
        (metric.get("expression") for metric in listed),
        ((stat.get("name"), stat.get("dimensions", {})) for stat in stats),
    )


def _release_of(
    expressions: Iterable[str | None], metrics: Iterable[tuple[str | None, Mapping[str, str]]]
) -> AlarmedRelease | None:
    sample = next((match for text in expressions if text and (match := _SAMPLE.search(text))), None)
    named = [(name, tuple(dimensions.get(key) for key in DIMENSIONS)) for name, dimensions in metrics]
    measured = {name for name, _ in named}
    check = next((check for check, formula in _FORMULAS.items() if formula.metric in measured), None)
    subjects = {subject for _, subject in named}
    if sample is None or check is None or len(subjects) != 1:
        return None
    environment, widget, version = subjects.pop()
    if not environment or not widget or not version:
        return None
    try:
        return AlarmedRelease(environment, widget, Version.parse(version), check, int(sample[1]))
    except Refused:
        return None


def _metric(name: str, metric: Metric, stat: str, dimensions: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": NAMESPACE, "MetricName": metric.value, "Dimensions": dimensions},
            "Period": PERIOD_SECONDS,
            "Stat": stat,
        },
        "ReturnData": False,
    }


def _by_name(metric: Mapping[str, Any]) -> dict[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions", ())}


def _is_written(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    mine, theirs = ({m["Id"]: m for m in each.get("Metrics", ())} for each in (wanted, found))
    return (
        all(found.get(key) == value for key, value in wanted.items() if key != "Metrics")
        and mine.keys() == theirs.keys()
        and all(_same_metric(mine[key], theirs[key]) for key in mine)
    )


def _same_metric(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    # Its whole statistic, so that a unit, which would leave data out, is a difference; the dimensions in any order.
    return _plain_stat(mine) == _plain_stat(theirs) and all(
        theirs.get(key) == value for key, value in mine.items() if key != "MetricStat"
    )


def _plain_stat(metric: Mapping[str, Any]) -> dict[str, Any] | None:
    stat = metric.get("MetricStat")
    if stat is None:
        return None
    return {**stat, "Metric": {**stat["Metric"], "Dimensions": _by_name(stat["Metric"])}}
