"""Analyses of a release with few sessions: those of an hour together."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgeship.domain.health.analysis import Health, analyse
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import analyse_recent, lower_bound
from edgeship.domain.health.thresholds import Check, Thresholds

SINCE = datetime(2026, 11, 23, 10, tzinfo=UTC)
NOW = SINCE + timedelta(minutes=90)
LIMITS = Thresholds(error_rate=5, minimum_sample=100)


def hour(sessions: int, failed: int, minutes: int = 60) -> list[Datapoint]:
    """So many sessions, spread over the last minutes one by one; each minute has at least one."""
    datapoints = []
    for n in range(minutes):
        counts = [len(range(n, total, minutes)) for total in (sessions, failed)]
        datapoints.append(Datapoint(NOW - timedelta(minutes=minutes - n), 60, *counts))
    return [datapoint for datapoint in datapoints if datapoint.sessions]


@pytest.mark.parametrize(
    ("sessions", "failed", "health"),
    [
        pytest.param(10, 5, Health.UNHEALTHY, id="five of ten"),
        pytest.param(5, 5, Health.UNHEALTHY, id="all of five"),
        pytest.param(40, 3, Health.INCONCLUSIVE, id="three of forty"),
        pytest.param(4, 4, Health.INCONCLUSIVE, id="fewer than five sessions"),
        pytest.param(5, 2, Health.INCONCLUSIVE, id="fewer than three failures"),
        pytest.param(100, 0, Health.INCONCLUSIVE, id="none failed"),
        pytest.param(1000, 60, Health.INCONCLUSIVE, id="over the limit, but hardly"),
        pytest.param(1000, 100, Health.UNHEALTHY, id="twice the limit of a thousand"),
        pytest.param(0, 0, Health.INCONCLUSIVE, id="nothing"),
    ],
)
def test_an_hour_of_thin_periods(sessions: int, failed: int, health: Health) -> None:
    datapoints = hour(sessions, failed)
    assert analyse(datapoints, (), LIMITS, SINCE, NOW).health is Health.INCONCLUSIVE
    analysis = analyse_recent(datapoints, (), LIMITS, SINCE, NOW)
    assert analysis.health is health
    if analysis.is_unhealthy:
        assert (analysis.check, analysis.sample) == (Check.ERROR_RATE, sessions)
        assert "in the last hour" in analysis.reason


def test_what_was_before_the_exposure_or_is_not_over_counts_for_nothing() -> None:
    datapoints = hour(60, 60)
    assert analyse_recent(datapoints, (), LIMITS, NOW - timedelta(minutes=3), NOW).health is Health.INCONCLUSIVE
    assert analyse_recent(datapoints, (), LIMITS, NOW - timedelta(minutes=5), NOW).health is Health.UNHEALTHY
    early = NOW - timedelta(minutes=57)
    assert analyse_recent(datapoints, (), LIMITS, SINCE, early).health is Health.INCONCLUSIVE


@pytest.mark.parametrize(("failed", "health"), [(0, Health.HEALTHY), (50, Health.UNHEALTHY)])
def test_periods_with_enough_sessions_are_analysed_one_by_one(failed: int, health: Health) -> None:
    """Even where the hour before them was unhealthy."""
    fat = [Datapoint(NOW - timedelta(minutes=3 - n), 60, 100, failed) for n in range(3)]
    thin = [Datapoint(NOW - timedelta(minutes=10 - n), 60, 5, 5) for n in range(7)]
    analysis = analyse_recent(thin + fat, (), LIMITS, SINCE, NOW)
    assert analysis == analyse(fat, (), LIMITS, SINCE, NOW)
    assert analysis.health is health


@given(st.integers(1, 500), st.integers(0, 500))
@example(119, 0)
@example(1_190, 0)
def test_the_lower_bound_lies_below_the_share_and_nears_it(sessions: int, failed: int) -> None:
    failed = min(failed, sessions)
    share = failed / sessions
    bound = lower_bound(failed, sessions)
    assert 0 <= bound <= share
    assert bound - 1e-12 <= lower_bound(failed * 10, sessions * 10) <= share
    assert lower_bound(failed, sessions) >= lower_bound(max(0, failed - 1), sessions)
