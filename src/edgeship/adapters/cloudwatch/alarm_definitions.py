"""The definition of the alarm of one check of one release in CloudWatch, written and read. Pure.

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
from edgeship.domain.telemetry.metrics import CHANNEL_DIMENSION, DIMENSIONS, NAMESPACE, Metric
from edgeship.domain.version import Version
from edgeship.resource_names import health_alarm_prefix

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef, PutMetricAlarmInputTypeDef


_DIMENSIONS = (*DIMENSIONS, CHANNEL_DIMENSION)


@dataclass(frozen=True)
class _Formula:
    """The value that a check compares with its limit: `id` names the expression's result, `query` the metric's
    statistic.
    """

    id: str
    expression: str
    query: str
    metric: Metric
    stat: str
    label: str
    unit: str


# Sessions are not filled: CloudWatch would also fill the newest minute, whose beacons have not all arrived
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html). A minute without sessions is
# missing and does not breach. Failed sessions are missing where nothing failed, and arrive with the sessions.
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
_WITHOUT_CHUNKS = "IF(sessions >= {sample}, 100 * (FILL(failed, 0) - FILL(chunks, 0)) / sessions, 0)"
_SAMPLE = re.compile(r"\bsessions >= (\d+)\b")


def alarm_name(environment: str, alarm: HealthAlarm) -> str:
    """Unique: a widget's name has no dot and no `@`, so a channel follows the `@`, and `-v` before the first dot begins
    the version; no check's name is the end of another's.

    At most 210 of the 255 characters that a name may have.
    """
    where = f"{alarm.widget}@{alarm.channel}" if alarm.channel else alarm.widget
    return f"{health_alarm_prefix(environment)}{where}-v{alarm.version}-{alarm.check}"


def definition_of(environment: str, alarm: HealthAlarm) -> PutMetricAlarmInputTypeDef:
    """The arguments of PutMetricAlarm.

    The alarm has no actions: EventBridge gets every change of its state without them. It has no tags either: they need
    another permission, and DescribeAlarms does not return them.
    """
    formula = _FORMULAS[alarm.check]
    expression, label = formula.expression, formula.label
    if not alarm.count_chunk_failures:
        expression, label = _WITHOUT_CHUNKS, f"{label} without chunk failures"
    values = (environment, alarm.widget, str(alarm.version), *([alarm.channel] if alarm.channel else ()))
    dimensions = [{"Name": name, "Value": value} for name, value in zip(_DIMENSIONS, values, strict=False)]
    of = f"{alarm.widget} {alarm.version}" + (f" by {alarm.channel}" if alarm.channel else "")
    metrics: list[Any] = [
        {
            "Id": formula.id,
            "Expression": expression.format(sample=alarm.minimum_sample),
            "Label": f"{label} of {of}, {formula.unit}",
            "ReturnData": True,
        },
        _metric("sessions", Metric.SESSIONS, "Sum", dimensions),
        _metric(formula.query, formula.metric, formula.stat, dimensions),
    ]
    if not alarm.count_chunk_failures:
        metrics.append(_metric("chunks", Metric.CHUNK_FAILED_SESSIONS, "Sum", dimensions))
    return {
        "AlarmName": alarm_name(environment, alarm),
        "AlarmDescription": (
            f"Environment {environment}: {label} of widget {of} was at or over "
            f"{alarm.limit:g} {formula.unit} in {PERIODS} periods of {PERIOD_SECONDS} s in a row, each with "
            f"{alarm.minimum_sample} sessions or more. edgeship reacts to this alarm: it rolls the release back, or "
            "notifies people that it could not. edgeship makes and removes this alarm, and reverts changes by hand."
        ),
        "Metrics": metrics,
        "EvaluationPeriods": PERIODS,
        "DatapointsToAlarm": PERIODS,
        "Threshold": alarm.limit,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


def read_definition(environment: str, found: MetricAlarmTypeDef) -> HealthAlarm | None:
    """The alarm that DescribeAlarms returned; None unless it is what `definition_of` writes for it.

    Fields that are not written here (actions) may have any value: they belong to the account's owners. So may texts: a
    later edgeship words them otherwise, and an alarm with the words of an earlier one watches the same.
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
    counts = not any(metric.get("Id") == "chunks" for metric in found.get("Metrics", ()))
    alarm = HealthAlarm(
        release.widget, release.version, release.check, limit, release.minimum_sample, counts, release.channel
    )
    return alarm if _is_written(definition_of(environment, alarm), found) else None


@dataclass(frozen=True)
class AlarmedRelease:
    """The release and the check of an alarm. `minimum_sample` is sessions in a period."""

    environment: str
    widget: str
    version: Version
    check: Check
    minimum_sample: int
    channel: str = ""
    """The one whose sessions the alarm is on alone."""


def alarm_of(metrics: Iterable[Mapping[str, Any]]) -> AlarmedRelease | None:
    """The release of an alarm, from `detail.configuration.metrics` of its state-change event; None: no release.

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
    named = [(name, tuple(dimensions.get(key) for key in _DIMENSIONS)) for name, dimensions in metrics]
    names = {name for name, _ in named}
    check = next((check for check, formula in _FORMULAS.items() if formula.metric in names), None)
    subjects = {subject for _, subject in named}
    if sample is None or check is None or len(subjects) != 1:
        return None
    environment, widget, version, channel = subjects.pop()
    if not environment or not widget or not version:
        return None
    try:
        return AlarmedRelease(environment, widget, Version.parse(version), check, int(sample[1]), channel or "")
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
    wanted_metrics, found_metrics = ({m["Id"]: m for m in each.get("Metrics", ())} for each in (wanted, found))
    return (
        all(found.get(key) == value for key, value in wanted.items() if key not in ("Metrics", "AlarmDescription"))
        and wanted_metrics.keys() == found_metrics.keys()
        and all(_same_metric(wanted_metrics[key], found_metrics[key]) for key in wanted_metrics)
    )


def _same_metric(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    # The whole statistic: a unit, which would leave data out, must not be there. The dimensions may be in any order.
    return _plain_stat(wanted) == _plain_stat(found) and all(
        found.get(key) == value for key, value in wanted.items() if key not in ("MetricStat", "Label")
    )


def _plain_stat(metric: Mapping[str, Any]) -> dict[str, Any] | None:
    stat = metric.get("MetricStat")
    if stat is None:
        return None
    return {**stat, "Metric": {**stat["Metric"], "Dimensions": _by_name(stat["Metric"])}}
