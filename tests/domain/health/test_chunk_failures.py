"""A policy may leave sessions in which only chunks did not load out of the error rate, everywhere alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edgeship.adapters.cloudwatch.alarm_definitions import definition_of, read_definition
from edgeship.domain.health.alarms import alarms_of
from edgeship.domain.health.analysis import Health, analyse
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import analyse_recent
from edgeship.domain.health.step_analysis import analyse_step
from edgeship.domain.health.thresholds import Check, Thresholds
from edgeship.domain.version import Version
from localcloud.cloudwatch.metric_math import evaluate

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COUNT = Thresholds()
IGNORE = replace(COUNT, count_chunk_failures=False)


def points(sessions: int, failed: int, chunks: int) -> list[Datapoint]:
    return [
        Datapoint(NOW - timedelta(minutes=n), 60, sessions, failed, chunk_failed_sessions=chunks) for n in (3, 2, 1)
    ]


@pytest.mark.parametrize(("limits", "health"), [(COUNT, Health.UNHEALTHY), (IGNORE, Health.HEALTHY)])
def test_chunks_alone_are_unhealthy_only_if_they_count(limits: Thresholds, health: Health) -> None:
    since = NOW - timedelta(hours=1)
    assert analyse(points(200, 50, 45), [], limits, since, NOW).health is health
    bake = Datapoint(since, 3600, 2_000, 500, chunk_failed_sessions=480)
    assert analyse_step(bake, None, limits).health is health


def test_few_sessions_are_counted_alike() -> None:
    since = NOW - timedelta(hours=1)
    few = points(20, 15, 15)
    assert analyse_recent(few, [], COUNT, since, NOW).health is Health.UNHEALTHY
    assert analyse_recent(few, [], IGNORE, since, NOW).health is Health.INCONCLUSIVE


def test_other_errors_count_in_any_case() -> None:
    since = NOW - timedelta(hours=1)
    assert analyse(points(200, 50, 10), [], IGNORE, since, NOW).health is Health.UNHEALTHY
    (last, *_) = points(200, 50, 10)
    assert (last.under(IGNORE).error_rate, last.error_rate, last.chunk_failure_rate) == (20, 25, 5)


@pytest.mark.parametrize("limits", [COUNT, IGNORE])
def test_an_alarm_is_read_back_and_only_that_of_the_error_rate_differs(limits: Thresholds) -> None:
    for alarm in alarms_of("checkout", Version.parse("1.0.0"), limits):
        definition = definition_of("test", alarm)
        assert read_definition("test", definition) == alarm  # type: ignore[arg-type]
        assert len(definition["Metrics"]) == (4 if alarm.check is Check.ERROR_RATE and limits is IGNORE else 3)


@pytest.mark.parametrize(("chunks", "rate"), [({}, 25), ({0.0: 50.0}, 0), ({0.0: 30.0}, 10)])
def test_the_alarm_of_a_policy_that_ignores_them_subtracts_them(chunks: dict[float, float], rate: float) -> None:
    alarm, *_ = alarms_of("checkout", Version.parse("1.0.0"), IGNORE)
    expression = definition_of("test", alarm)["Metrics"][0]["Expression"]
    metrics = {"sessions": {0.0: 200.0}, "failed": {0.0: 50.0}, "chunks": chunks}
    assert evaluate("rate", {"rate": expression}, metrics, [0.0]) == {0.0: rate}
