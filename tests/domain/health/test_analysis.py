"""Analyses, by table: ten o'clock is when traffic began, and the newest period that is over ends at twenty past."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.health.alarms import alarms_of
from edgeship.domain.health.analysis import AnalysisResult, Health, analyse
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.thresholds import PERIODS, Check, Thresholds
from edgeship.domain.version import Version

SINCE = datetime(2026, 11, 23, 10, tzinfo=UTC)
NOW = SINCE + timedelta(minutes=20)
LIMITS = Thresholds(error_rate=5, latency_ms=2_000, memory_mb=100, soft_error_points=5, minimum_sample=20)
V1 = Version.parse("1.0.0")

Row = tuple[int, int] | tuple[int, int, float | None] | tuple[int, int, float | None, float | None]
"""Sessions, failed sessions, latency in ms and memory in MB."""


def datapoint(minute: float, row: Row, seconds: int = 60) -> Datapoint:
    sessions, failed, latency, memory = (*row, None, None)[:4]
    return Datapoint(SINCE + timedelta(minutes=minute), seconds, sessions, failed, latency, memory)


def last(*rows: Row) -> list[Datapoint]:
    """Periods in a row, the last of which has just ended."""
    return [datapoint(20 - len(rows) + number, row) for number, row in enumerate(rows)]


GOOD: Row = (100, 0, 300.0, 20.0)
BAD: Row = (100, 50, 300.0, 20.0)


@pytest.mark.parametrize(
    ("rows", "health", "check"),
    [
        pytest.param([(100, 5)] * 3, Health.UNHEALTHY, Check.ERROR_RATE, id="error rate at the limit"),
        pytest.param([(1000, 49)] * 3, Health.HEALTHY, None, id="error rate just under"),
        pytest.param([(100, 5), (1000, 49), (100, 100)], Health.HEALTHY, None, id="two of three, not in a row"),
        pytest.param([(100, 0), (100, 9), (100, 9)], Health.HEALTHY, None, id="two of three, the newest"),
        pytest.param([(100, 9), (100, 9), (100, 0)], Health.HEALTHY, None, id="two of three, and healthy again"),
        pytest.param([(100, 0)] * 2 + [(100, 9)] * 3, Health.UNHEALTHY, Check.ERROR_RATE, id="three after good ones"),
        pytest.param([(100, 9)] * 3 + [(100, 0)], Health.HEALTHY, None, id="three before a good one"),
        pytest.param([(100, 0, 2000.0)] * 3, Health.UNHEALTHY, Check.LATENCY, id="latency at the limit"),
        pytest.param([(100, 0, 1999.9)] * 3, Health.HEALTHY, None, id="latency just under"),
        pytest.param(
            [(100, 0, 9000.0), (100, 0, None), (100, 0, 9000.0)], Health.HEALTHY, None, id="latency once None"
        ),
        pytest.param([(100, 0, None, None)] * 3, Health.HEALTHY, None, id="neither latency nor memory reported"),
        pytest.param([(100, 0, None, 100.0)] * 3, Health.UNHEALTHY, Check.MEMORY, id="memory at the limit"),
        pytest.param([(100, 0, None, 99.9)] * 3, Health.HEALTHY, None, id="memory just under"),
        pytest.param(
            [(100, 9, 300.0), (100, 0, 9000.0), (100, 0, 300.0, 500.0)],
            Health.HEALTHY,
            None,
            id="three checks once each",
        ),
        pytest.param(
            [(100, 9, 9000.0, 500.0)] * 3, Health.UNHEALTHY, Check.ERROR_RATE, id="all three: errors are named"
        ),
        pytest.param([(20, 1)] * 3, Health.UNHEALTHY, Check.ERROR_RATE, id="exactly the minimum sample"),
        pytest.param([(19, 19)] * 3, Health.INCONCLUSIVE, None, id="below the minimum sample"),
        pytest.param([BAD, (19, 19), BAD], Health.INCONCLUSIVE, None, id="one of three below the minimum sample"),
        pytest.param([BAD, BAD], Health.INCONCLUSIVE, None, id="two periods only"),
        pytest.param([BAD], Health.INCONCLUSIVE, None, id="one period only"),
        pytest.param([], Health.INCONCLUSIVE, None, id="no periods"),
        pytest.param([(0, 0)] * 3, Health.INCONCLUSIVE, None, id="no sessions"),
    ],
)
def test_the_last_three_periods(rows: list[Row], health: Health, check: Check | None) -> None:
    for datapoints in (last(*rows), last(*rows)[::-1]):
        analysis = analyse(datapoints, (), LIMITS, SINCE, NOW)
        assert (analysis.health, analysis.check) == (health, check)
        assert analysis.is_unhealthy is (health is Health.UNHEALTHY)


@pytest.mark.parametrize(
    ("datapoints", "health"),
    [
        pytest.param([datapoint(m, BAD) for m in (15, 17, 18, 19)], Health.UNHEALTHY, id="a gap before the last three"),
        pytest.param([datapoint(m, BAD) for m in (16, 18, 19)], Health.INCONCLUSIVE, id="a gap among the last three"),
        pytest.param([datapoint(m, BAD) for m in (17, 18, 19.5)], Health.INCONCLUSIVE, id="not over yet"),
        pytest.param([datapoint(m, BAD) for m in (18, 19, 20)], Health.INCONCLUSIVE, id="the last begins now"),
        pytest.param(
            [datapoint(m, BAD) for m in (25, 26, 27)], Health.INCONCLUSIVE, id="in the future, by a skewed clock"
        ),
        pytest.param(
            [datapoint(m, GOOD) for m in (17, 18, 19)] + [datapoint(20, BAD)],
            Health.HEALTHY,
            id="good, and one not over",
        ),
        pytest.param(
            [datapoint(m, BAD) for m in (17, 18, 19)] + [datapoint(30, GOOD)],
            Health.UNHEALTHY,
            id="bad, and one of the future",
        ),
        pytest.param([datapoint(m, BAD) for m in (14, 15, 16)], Health.UNHEALTHY, id="three periods late"),
        pytest.param([datapoint(m, BAD) for m in (13, 14, 15)], Health.INCONCLUSIVE, id="four periods late: long ago"),
        pytest.param([datapoint(m, BAD) for m in (1, 2, 3)], Health.INCONCLUSIVE, id="long ago"),
    ],
)
def test_which_periods_count(datapoints: list[Datapoint], health: Health) -> None:
    assert analyse(datapoints, (), LIMITS, SINCE, NOW).health is health


@pytest.mark.parametrize(
    ("since", "health"),
    [
        (17, Health.UNHEALTHY),
        (17.01, Health.INCONCLUSIVE),
        (18, Health.INCONCLUSIVE),
        (99, Health.INCONCLUSIVE),
        (-99, Health.UNHEALTHY),
    ],
)
def test_what_began_before_the_traffic_says_nothing(since: float, health: Health) -> None:
    began = SINCE + timedelta(minutes=since)
    assert analyse(last(BAD, BAD, BAD), (), LIMITS, began, NOW).health is health


@pytest.mark.parametrize(
    ("candidate", "stable", "health"),
    [
        pytest.param([(1000, 45)] * 3, [(1000, 0)] * 3, Health.HEALTHY, id="under the soft limit"),
        pytest.param([(100, 12)] * 3, [(100, 7)] * 3, Health.HEALTHY, id="exactly at the soft limit"),
        pytest.param([(1000, 121)] * 3, [(100, 7)] * 3, Health.DEGRADED, id="over the soft limit"),
        pytest.param([(100, 30), (100, 12), (100, 30)], [(100, 7)] * 3, Health.HEALTHY, id="two of three over it"),
        pytest.param([(100, 2)] * 3, [(100, 13)] * 3, Health.HEALTHY, id="better than the stable version"),
        pytest.param([(100, 15)] * 3, [(100, 0), (19, 0), (100, 0)], Health.HEALTHY, id="stable below the sample once"),
        pytest.param([(100, 15)] * 3, [(100, 0)] * 2, Health.HEALTHY, id="stable has two periods"),
        pytest.param([(100, 15)] * 3, [], Health.HEALTHY, id="nothing of the stable version"),
        pytest.param(
            [(100, 15)] * 2 + [(19, 10)], [(100, 0)] * 3, Health.INCONCLUSIVE, id="candidate below the sample"
        ),
        pytest.param([(100, 20)] * 3, [(100, 0)] * 3, Health.UNHEALTHY, id="a hard limit wins over the soft one"),
    ],
)
def test_a_candidate_is_compared_with_the_stable_version(
    candidate: list[Row], stable: list[Row], health: Health
) -> None:
    limits = replace(LIMITS, error_rate=20)
    analysis = analyse(last(*candidate), last(*stable), limits, SINCE, NOW)
    assert analysis.health is health
    if health is Health.DEGRADED:
        assert analysis.check is Check.ERROR_RATE_OVER_STABLE
        assert analysis.value == pytest.approx(5.1)


def test_the_stable_versions_periods_count_by_their_time() -> None:
    limits = replace(LIMITS, error_rate=50)
    ahead = [datapoint(m, (100, 0)) for m in (10, 11, 12)]
    assert analyse(last(*[(100, 15)] * 3), ahead, limits, SINCE, NOW).health is Health.HEALTHY


def test_an_analysis_says_what_it_found() -> None:
    analysis = analyse(last((100, 9), (200, 16), (100, 12)), (), LIMITS, SINCE, NOW)
    assert analysis.reason == "error rate 8 % (limit 5 %) in 3 periods in a row, 400 sessions"
    assert analysis.numbers() == {"health": "unhealthy", "check": "error-rate", "value": 8.0, "limit": 5, "sample": 400}
    analysis = analyse(last((100, 0, 2500.0), (100, 0, 2345.678), (100, 0, 3000.0)), (), LIMITS, SINCE, NOW)
    assert analysis.reason.startswith("p95 load latency 2,346 ms (limit 2,000 ms)")
    assert analysis.numbers()["value"] == 2345.68
    thin = analyse(last((3, 0), (2, 0), (1, 0)), (), LIMITS, SINCE, NOW)
    assert "6 sessions" in thin.reason
    assert thin.numbers() == {"health": "inconclusive", "check": None, "value": None, "limit": None, "sample": 6}


def test_the_limits_unless_a_policy_says_otherwise() -> None:
    limits = Thresholds()
    assert limits.hard() == ((Check.ERROR_RATE, 5), (Check.LATENCY, 2_000), (Check.MEMORY, 100))
    assert limits.soft_error_points == 5
    assert limits.minimum_sample >= 20


def test_the_alarms_hold_a_release_to_the_same_limits() -> None:
    limits = Thresholds(2, 900, 64, minimum_sample=50)
    alarms = alarms_of("checkout", V1, limits)
    assert [(a.check, a.limit) for a in alarms] == [(Check.ERROR_RATE, 2), (Check.LATENCY, 900), (Check.MEMORY, 64)]
    assert {(a.subject, a.minimum_sample) for a in alarms} == {(("checkout", V1), 50)}


def test_a_breach_says_how_it_was_found() -> None:
    (alarm, *_) = alarms_of("checkout", V1, LIMITS)
    by_alarm = Breach.by_alarm(alarm.subject, alarm.check, alarm.limit, "a-name", "threshold crossed", NOW)
    assert (by_alarm.widget, by_alarm.version, by_alarm.at) == ("checkout", V1, NOW)
    assert by_alarm.cause == "the CloudWatch alarm for error rate is on (limit 5 %)"
    assert by_alarm.numbers["alarm_reason"] == "threshold crossed"
    assert by_alarm.numbers["alarm_at"] == "2026-11-23T10:20:00.000Z"
    analysis = AnalysisResult(Health.UNHEALTHY, "too slow", Check.MEMORY, 200, 100, 40)
    by_tick = Breach.by_analysis("checkout", V1, analysis, NOW)
    assert (by_tick.cause, by_tick.numbers) == ("too slow", analysis.numbers())


@pytest.mark.parametrize(
    ("check", "limit", "values", "cause"),
    [
        (
            Check.ERROR_RATE,
            5,
            (12.5, 20, 16),
            "error rate 12.5 to 20 % (limit 5 %) in 3 periods, by its CloudWatch alarm",
        ),
        (Check.ERROR_RATE, 5, (7, 0, 7), "error rate 7 % (limit 5 %) in 2 periods, by its CloudWatch alarm"),
        (
            Check.LATENCY,
            2000,
            (2500,),
            "p95 load latency 2,500 ms (limit 2,000 ms) in 1 period, by its CloudWatch alarm",
        ),
        (Check.MEMORY, None, (90,), "the CloudWatch alarm for p95 memory is on"),
    ],
)
def test_the_cause_of_an_alarm_is_a_sentence(
    check: Check, limit: float | None, values: tuple[float, ...], cause: str
) -> None:
    found = Breach.by_alarm(("checkout", V1), check, limit, "a-name", "threshold crossed", NOW, values=values)
    assert found.cause == cause


rows = st.tuples(
    st.integers(0, 200), st.integers(0, 200), st.none() | st.floats(0, 5000), st.none() | st.floats(0, 500)
).map(lambda row: (row[0], min(row[0], row[1]), row[2], row[3]))


@given(st.lists(st.tuples(st.integers(0, 24), rows), max_size=12, unique_by=lambda pair: pair[0]))
def test_a_breach_is_always_three_periods_that_each_reach_the_limit(reported: list[tuple[int, Row]]) -> None:
    datapoints = [datapoint(minute, row) for minute, row in reported]
    analysis = analyse(datapoints, (), LIMITS, SINCE, NOW)
    over = sorted((w for w in datapoints if w.end <= NOW), key=lambda w: w.start)[-PERIODS:]
    in_a_row = len(over) == PERIODS and over[-1].start - over[0].start == timedelta(minutes=2)
    complete = in_a_row and over[-1].end >= NOW - timedelta(minutes=3)
    enough = complete and all(w.sessions >= LIMITS.minimum_sample for w in over)
    unhealthy = enough and any(all((w.value(check) or 0) >= limit for w in over) for check, limit in LIMITS.hard())
    assert analysis.is_unhealthy is unhealthy
    assert (analysis.health is Health.INCONCLUSIVE) is not enough
