"""How long a broken live version is not found when its datapoints come in bursts, with gaps, late or misplaced.

The tick's own decision, and CloudWatch's rules for the alarm that is made, as the local CloudWatch has them. The
release fails in 60 % of its sessions from the first minute on; there is no other version to compare it with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edgeship.adapters.cloudwatch.alarm_definitions import definition_of
from edgeship.domain.health.alarms import alarms_of
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import HOUR_PERIODS, analyse_recent
from edgeship.domain.health.thresholds import DEFAULT_THRESHOLDS, PERIOD_SECONDS, Check
from edgeship.domain.version import Version
from localcloud.cloudwatch import alarm as cloudwatch
from localcloud.cloudwatch.definition import AlarmDefinition, MetricStat, Query
from tests.bench.report import Report, Row

BEGAN = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE = timedelta(seconds=PERIOD_SECONDS)
PATIENCE = 120
SESSIONS, FAILED = 200, 120

RATE = Query("rate", expression="rate")
METRIC = Query("sessions", MetricStat("Edgeship", "Sessions", (), PERIOD_SECONDS, "Sum"), returns_data=False)


@dataclass(frozen=True)
class Reported:
    """Sessions of the minute `of`, which CloudWatch has from the minute `at` on; both are counted from the first."""

    of: int
    at: int
    sessions: int = SESSIONS
    failed: int = FAILED


Pattern = Callable[[int], Iterator[Reported]]


def every(minutes: int) -> Pattern:
    """Sessions come in one minute of so many."""
    return lambda n: iter([Reported(n, n)] if n % minutes == 0 else [])


def failing_every(minutes: int) -> Pattern:
    """Sessions come in each minute, and fail in one of so many."""
    return lambda n: iter([Reported(n, n, failed=FAILED if n % minutes == 0 else 0)])


def _lost(n: int) -> Iterator[Reported]:
    return iter([] if n % 3 == 2 else [Reported(n, n)])


PATTERNS: dict[str, Pattern] = {
    "each minute": every(1),
    **{f"sessions in bursts, every {n} minutes": every(n) for n in (2, 3, 5, 15)},
    **{f"failures in bursts, every {n} minutes": failing_every(n) for n in (2, 3, 5, 15)},
    "every third datapoint lost": _lost,
    "datapoints late by 2 minutes": lambda n: iter([Reported(n, n + 2)]),
    "datapoints late by 10 minutes": lambda n: iter([Reported(n, n + 10)]),
    "datapoints doubled": lambda n: iter([Reported(n, n), Reported(n, n)]),
    "of the minute before": lambda n: iter([Reported(n - 1, n)]),
    "failures of the minute after": lambda n: iter([Reported(n, n, failed=0), Reported(n + 1, n, 0, FAILED)]),
}


def found_after(pattern: Pattern) -> tuple[int | None, int | None]:
    """Minutes from the first session until the tick, and until the alarm finds it; None: not in two hours."""
    reported = [each for n in range(PATIENCE) for each in pattern(n)]
    by_tick = by_alarm = None
    for minute in range(1, PATIENCE + 1):
        points = _visible(reported, minute)
        now = BEGAN + minute * MINUTE
        if (
            by_tick is None
            and analyse_recent(points[-HOUR_PERIODS:], (), DEFAULT_THRESHOLDS, BEGAN - MINUTE, now).is_unhealthy
        ):
            by_tick = minute
        if by_alarm is None and _goes_off(points, now):
            by_alarm = minute
    return by_tick, by_alarm


def _visible(reported: list[Reported], minute: int) -> list[Datapoint]:
    """The periods that have ended, of what CloudWatch has by then."""
    seen = [each for each in reported if each.at < minute and each.of < minute]
    return [
        Datapoint(
            BEGAN + of * MINUTE,
            PERIOD_SECONDS,
            sum(each.sessions for each in seen if each.of == of),
            sum(each.failed for each in seen if each.of == of),
        )
        for of in sorted({each.of for each in seen})
    ]


def _goes_off(points: list[Datapoint], now: datetime) -> bool:
    alarms = alarms_of("checkout", Version(1, 1, 0), DEFAULT_THRESHOLDS)
    (alarm,) = (each for each in alarms if each.check is Check.ERROR_RATE)
    made = definition_of("test", alarm)
    definition = AlarmDefinition(
        name=made["AlarmName"],
        arn="",
        # Only its reason needs them.
        queries=(RATE, METRIC),
        n=made["EvaluationPeriods"],
        threshold=made["Threshold"],
        comparison=made["ComparisonOperator"],
        m=made["DatapointsToAlarm"],
        missing=made["TreatMissingData"],
    )
    rates = {
        point.start: (point.error_rate or 0) if point.sessions >= alarm.minimum_sample else 0.0
        for point in points
        if point.sessions
    }
    starts = [now - n * MINUTE for n in range(cloudwatch.evaluation_range(definition), 0, -1)]
    listed = [cloudwatch.Datapoint(start, rates.get(start)) for start in starts]
    state = cloudwatch.evaluate(definition, listed, cloudwatch.StateValue.OK, now)
    return state is not None and state.value is cloudwatch.StateValue.ALARM


def measure(progress: Callable[[str], None]) -> Report:
    rows = []
    for name, pattern in PATTERNS.items():
        by_tick, by_alarm = found_after(pattern)
        rows.append(Row(name, "min", by_tick, by_alarm, digits=0))
        progress(name)
    return Report(
        name="gaps",
        title=f"Minutes until a live version with {100 * FAILED // SESSIONS} % of errors is found, by its datapoints",
        peer="by alarm",
        rows=tuple(rows),
        notes=("empty: not in two hours; without another version to compare it with",),
    )
