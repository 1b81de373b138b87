"""The analysis of the last hour: it finds what the last periods can't show, because they have few sessions, gaps, or
nothing between bursts.

A candidate at 1 % may never have enough sessions in a minute. Its sessions of the last hour are one sample. It is
unhealthy when the lower bound of its error rate reaches the limit. The bound is that of Wilson's score interval: three
failures out of forty don't end a rollout, five out of ten do.
Source: https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from edgeship.domain.health.analysis import AnalysisResult, Health, analyse, deciding_periods, over_limit
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.score_interval import score_interval
from edgeship.domain.health.slow_minutes import minutes_over
from edgeship.domain.health.thresholds import PERIODS, Check, Thresholds

Z = 4.0
"""One-sided, 1 in 30,000: the check runs each minute, so its errors add up."""
FEWEST_SESSIONS = 5
FEWEST_FAILURES = 3
HOUR_PERIODS = 60


def analyse_recent(
    datapoints: Iterable[Datapoint], stable: Iterable[Datapoint], limits: Thresholds, since: datetime, now: datetime
) -> AnalysisResult:
    """`analyse`, then the last hour: as a whole where the last periods have too few sessions, or gaps; else for bursts.

    Args:
        datapoints, stable, since, now: as for `analyse`; the last `HOUR_PERIODS` periods count.
    """
    datapoints = [datapoint.under(limits) for datapoint in datapoints]
    analysis = analyse(datapoints, stable, limits, since, now)
    if analysis.is_unhealthy:
        return analysis
    hour = last_hour(datapoints, since, now)
    if analysis.health is Health.INCONCLUSIVE:
        if _may_be_in_a_row(hour[-PERIODS:], limits, now):
            return analysis
        return _error_rate(hour, limits) or _percentiles(hour, limits) or analysis
    return _bursts(hour, limits) or analysis


def _may_be_in_a_row(last: Sequence[Datapoint], limits: Thresholds, now: datetime) -> bool:
    """Whether these have enough sessions and are so new that, with the next, they are `PERIODS` in a row."""
    enough = all(period.sessions >= limits.minimum_sample for period in last)
    return enough and all(now - period.start < (PERIODS + 1) * (period.end - period.start) for period in last)


def _bursts(hour: Sequence[Datapoint], limits: Thresholds) -> AnalysisResult | None:
    """As many periods as must breach in a row, anywhere in the hour: each has enough sessions, and is almost certainly
    over the limit by itself."""
    over = [
        period
        for period in hour
        if period.sessions >= limits.minimum_sample
        and 100 * lower_bound(min(period.sessions, period.counted_sessions), period.sessions) >= limits.error_rate
    ]
    if len(over) < PERIODS:
        return None
    rates = sorted(period.error_rate or 0.0 for period in over)
    sessions = sum(period.sessions for period in over)
    when = f"in {len(over)} minutes of the last hour"
    found = over_limit(Health.UNHEALTHY, Check.ERROR_RATE, rates[0], limits.error_rate, sessions, when)
    return replace(found, periods=tuple(over))


def _error_rate(hour: Sequence[Datapoint], limits: Thresholds) -> AnalysisResult | None:
    sessions = sum(datapoint.sessions for datapoint in hour)
    failed = min(sessions, sum(datapoint.counted_sessions for datapoint in hour))
    if sessions < FEWEST_SESSIONS or failed < FEWEST_FAILURES:
        return None
    at_least = 100 * lower_bound(failed, sessions)
    if at_least < limits.error_rate:
        return None
    return AnalysisResult(
        Health.UNHEALTHY,
        f"error rate {100 * failed / sessions:.4g} % of {sessions} sessions in the last hour, "
        f"almost certainly at least {at_least:.3g} % (limit {limits.error_rate:g} %)",
        Check.ERROR_RATE,
        100 * failed / sessions,
        limits.error_rate,
        sessions,
        periods=tuple(hour),
    )


def _percentiles(hour: Sequence[Datapoint], limits: Thresholds) -> AnalysisResult | None:
    for check, limit in limits.hard():
        if check in (Check.ERROR_RATE, Check.CUSTOM_METRIC):  # a custom metric has not one value a session
            continue
        told, over, certain = minutes_over(check, limit, hour)
        sessions = sum(datapoint.sessions for datapoint in hour)
        if certain and sessions >= FEWEST_SESSIONS:
            reached = sorted(value for period in hour if (value := period.value(check)) is not None and value >= limit)
            when = f"or more in {over} of {told} minutes of the last hour, more than by chance"
            return replace(
                over_limit(Health.UNHEALTHY, check, reached[0], limit, sessions, when),
                value=reached[len(reached) // 2],
                periods=tuple(hour),
            )
    return None


def analysed_periods(
    datapoints: Iterable[Datapoint], limits: Thresholds, since: datetime, now: datetime
) -> list[Datapoint]:
    """The periods that `analyse_recent` uses, the oldest first: the last `PERIODS` where they are enough,
    else all of the last hour."""
    datapoints = [datapoint.under(limits) for datapoint in datapoints]
    return deciding_periods(datapoints, limits, since, now) or last_hour(datapoints, since, now)


def last_hour(datapoints: Iterable[Datapoint], since: datetime, now: datetime) -> list[Datapoint]:
    """The periods of the last hour that have ended and began at or after `since`, the oldest first."""
    recent = [p for p in datapoints if p.end <= now and p.start >= since and now - p.start <= _hour(p)]
    return sorted(recent, key=lambda datapoint: datapoint.start)


def _hour(datapoint: Datapoint) -> timedelta:
    """The length of the last hour; it scales with the period's length. A period that has just ended is part of it."""
    return timedelta(seconds=(HOUR_PERIODS + 1) * datapoint.seconds)


def lower_bound(failed: int, sessions: int) -> float:
    """The lower bound, in [0, 1], of the true share when `failed` of `sessions` were observed."""
    return score_interval(failed, sessions, Z)[0]
