"""Verdicts where few use a release: the sessions of an hour, taken together."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.health.analysis import Health, judge
from edgeship.domain.health.datapoint import Window
from edgeship.domain.health.low_traffic import judge_lately, lower_bound
from edgeship.domain.health.thresholds import Check, Thresholds

SINCE = datetime(2026, 11, 23, 10, tzinfo=UTC)
NOW = SINCE + timedelta(minutes=90)
LIMITS = Thresholds(error_rate=5, minimum_sample=100)


def hour(sessions: int, failed: int, minutes: int = 60) -> list[Window]:
    """So many sessions, spread over the last minutes one by one; each minute has at least one."""
    windows = []
    for n in range(minutes):
        mine = [len(range(n, total, minutes)) for total in (sessions, failed)]
        windows.append(Window(NOW - timedelta(minutes=minutes - n), 60, *mine))
    return [window for window in windows if window.sessions]


@pytest.mark.parametrize(
    ("sessions", "failed", "health"),
    [
        pytest.param(10, 5, Health.BREACH, id="five of ten"),
        pytest.param(5, 5, Health.BREACH, id="all of five"),
        pytest.param(40, 3, Health.NO_DATA, id="three of forty"),
        pytest.param(4, 4, Health.NO_DATA, id="fewer than five sessions"),
        pytest.param(5, 2, Health.NO_DATA, id="fewer than three failures"),
        pytest.param(100, 0, Health.NO_DATA, id="none failed"),
        pytest.param(1000, 60, Health.NO_DATA, id="over the limit, but hardly"),
        pytest.param(1000, 100, Health.BREACH, id="twice the limit of a thousand"),
        pytest.param(0, 0, Health.NO_DATA, id="nothing"),
    ],
)
def test_an_hour_of_thin_periods(sessions: int, failed: int, health: Health) -> None:
    windows = hour(sessions, failed)
    assert judge(windows, (), LIMITS, SINCE, NOW).health is Health.NO_DATA
    verdict = judge_lately(windows, (), LIMITS, SINCE, NOW)
    assert verdict.health is health
    if verdict.is_breach:
        assert (verdict.check, verdict.sample) == (Check.ERROR_RATE, sessions)
        assert "in the last hour" in verdict.reason


def test_what_was_before_the_exposure_or_is_not_over_counts_for_nothing() -> None:
    windows = hour(60, 60)
    assert judge_lately(windows, (), LIMITS, NOW - timedelta(minutes=3), NOW).health is Health.NO_DATA
    assert judge_lately(windows, (), LIMITS, NOW - timedelta(minutes=5), NOW).health is Health.BREACH
    early = NOW - timedelta(minutes=57)
    assert judge_lately(windows, (), LIMITS, SINCE, early).health is Health.NO_DATA


@pytest.mark.parametrize(("failed", "health"), [(0, Health.WELL), (50, Health.BREACH)])
def test_periods_with_enough_sessions_are_judged_as_ever(failed: int, health: Health) -> None:
    """Even where the hour before them was ill."""
    fat = [Window(NOW - timedelta(minutes=3 - n), 60, 100, failed) for n in range(3)]
    thin = [Window(NOW - timedelta(minutes=10 - n), 60, 5, 5) for n in range(7)]
    verdict = judge_lately(thin + fat, (), LIMITS, SINCE, NOW)
    assert verdict == judge(fat, (), LIMITS, SINCE, NOW)
    assert verdict.health is health


@given(st.integers(1, 500), st.integers(0, 500))
def test_the_lower_bound_lies_below_the_share_and_nears_it(sessions: int, failed: int) -> None:
    failed = min(failed, sessions)
    share = failed / sessions
    bound = lower_bound(failed, sessions)
    assert 0 <= bound <= share
    assert bound - 1e-12 <= lower_bound(failed * 10, sessions * 10) <= share
    assert lower_bound(failed, sessions) >= lower_bound(max(0, failed - 1), sessions)
