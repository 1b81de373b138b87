"""The analysis of a release with few sessions: periods with too few sessions are analysed together.

A candidate at 1 % may never have enough sessions in a minute. Its sessions of the last hour are one sample. It is
unhealthy when the lower bound of its error rate reaches the limit. The bound is that of Wilson's score interval: three
failures out of forty don't end a rollout, five out of ten do.
Source: https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from edgeship.domain.health.analysis import AnalysisResult, Health, analyse, deciding_periods
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.score_interval import score_interval
from edgeship.domain.health.thresholds import PERIODS, Check, Thresholds

Z = 4.0
"""One-sided, 1 in 30,000: the check runs each minute, so its errors add up."""
FEWEST_SESSIONS = 5
FEWEST_FAILURES = 3
HOUR_PERIODS = 60


def analyse_recent(
    datapoints: Iterable[Datapoint], stable: Iterable[Datapoint], limits: Thresholds, since: datetime, now: datetime
) -> AnalysisResult:
    """`analyse`; where the periods have too few sessions for it, the analysis of the last hour as a whole.

    Args:
        datapoints, stable, since, now: as for `analyse`; the last `HOUR_PERIODS` periods count.
    """
    datapoints = [datapoint.under(limits) for datapoint in datapoints]
    analysis = analyse(datapoints, stable, limits, since, now)
    hour = _last_hour(datapoints, since, now)
    if analysis.health is not Health.INCONCLUSIVE or all(p.sessions >= limits.minimum_sample for p in hour[-PERIODS:]):
        return analysis
    sessions = sum(datapoint.sessions for datapoint in hour)
    failed = min(sessions, sum(datapoint.counted_sessions for datapoint in hour))
    if sessions < FEWEST_SESSIONS or failed < FEWEST_FAILURES:
        return analysis
    at_least = 100 * lower_bound(failed, sessions)
    if at_least < limits.error_rate:
        return analysis
    return AnalysisResult(
        Health.UNHEALTHY,
        f"error rate {100 * failed / sessions:.4g} % of {sessions} sessions in the last hour, "
        f"almost certainly at least {at_least:.3g} % (limit {limits.error_rate:g} %)",
        Check.ERROR_RATE,
        100 * failed / sessions,
        limits.error_rate,
        sessions,
    )


def analysed_periods(
    datapoints: Iterable[Datapoint], limits: Thresholds, since: datetime, now: datetime
) -> list[Datapoint]:
    """The periods that `analyse_recent` uses, the oldest first: the last `PERIODS` where they are enough,
    else all of the last hour."""
    datapoints = [datapoint.under(limits) for datapoint in datapoints]
    return deciding_periods(datapoints, limits, since, now) or _last_hour(datapoints, since, now)


def _last_hour(datapoints: Iterable[Datapoint], since: datetime, now: datetime) -> list[Datapoint]:
    recent = [p for p in datapoints if p.end <= now and p.start >= since and now - p.start <= _hour(p)]
    return sorted(recent, key=lambda datapoint: datapoint.start)


def _hour(datapoint: Datapoint) -> timedelta:
    """The length of the last hour; it scales with the period's length. A period that has just ended is part of it."""
    return timedelta(seconds=(HOUR_PERIODS + 1) * datapoint.seconds)


def lower_bound(failed: int, sessions: int) -> float:
    """The lower bound, in [0, 1], of the true share when `failed` of `sessions` were observed."""
    return score_interval(failed, sessions, Z)[0]
