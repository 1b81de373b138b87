"""The analysis of a release that few sessions use: periods too thin to analyse one by one are judged together.

A candidate at 1 % may never have enough sessions in a minute. Its sessions of the last hour are taken as one sample,
and it is ill when even the lower end of what its error rate may be reaches the limit: the lower bound of Wilson's score
interval, so that three failures out of forty don't end a rollout and five out of ten do.
Source: https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import sqrt

from edgeship.domain.health.analysis import AnalysisResult, Health, analyse, deciding_periods
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.thresholds import PERIODS, Check, Thresholds

Z = 4.0
"""One-sided, 1 in 30,000: it is looked at each minute, and the looks add up."""
FEWEST_SESSIONS = 5
FEWEST_FAILURES = 3
HOUR_PERIODS = 60


def analyse_recent(
    datapoints: Iterable[Datapoint], stable: Iterable[Datapoint], limits: Thresholds, since: datetime, now: datetime
) -> AnalysisResult:
    """`analyse`; where the periods are too thin for that, the analysis of the last hour as a whole.

    Args:
        datapoints, stable, since, now: as for `analyse`; the last `HOUR_PERIODS` periods count.
    """
    mine = list(datapoints)
    analysis = analyse(mine, stable, limits, since, now)
    hour = _last_hour(mine, since, now)
    if analysis.health is not Health.INCONCLUSIVE or all(w.sessions >= limits.minimum_sample for w in hour[-PERIODS:]):
        return analysis
    sessions = sum(datapoint.sessions for datapoint in hour)
    failed = min(sessions, sum(datapoint.failed_sessions for datapoint in hour))
    if sessions < FEWEST_SESSIONS or failed < FEWEST_FAILURES:
        return analysis
    at_least = 100 * lower_bound(failed, sessions)
    if at_least < limits.error_rate:
        return analysis
    return AnalysisResult(
        Health.UNHEALTHY,
        f"error rate {100 * failed / sessions:.4g} % of {sessions} sessions in the last hour, "
        f"at least {at_least:.3g} % for all but certain (limit {limits.error_rate:g} %)",
        Check.ERROR_RATE,
        100 * failed / sessions,
        limits.error_rate,
        sessions,
    )


def analysed_periods(
    datapoints: Iterable[Datapoint], limits: Thresholds, since: datetime, now: datetime
) -> list[Datapoint]:
    """The periods that `analyse_recent` goes by, the oldest first: the last `PERIODS` where they suffice,
    else all of the last hour."""
    mine = list(datapoints)
    return deciding_periods(mine, limits, since, now) or _last_hour(mine, since, now)


def _last_hour(datapoints: Iterable[Datapoint], since: datetime, now: datetime) -> list[Datapoint]:
    mine = [w for w in datapoints if w.end <= now and w.start >= since and now - w.start <= _hour(w)]
    return sorted(mine, key=lambda datapoint: datapoint.start)


def _hour(datapoint: Datapoint) -> timedelta:
    """So long before now the last hour begins; where periods are shorter than a minute, so is the hour. A period that
    has just ended counts as one of it."""
    return timedelta(seconds=(HOUR_PERIODS + 1) * datapoint.seconds)


def lower_bound(failed: int, sessions: int) -> float:
    """The lower end, in [0, 1], of the share that `failed` of `sessions` may stand for."""
    share, weight = failed / sessions, Z * Z / sessions
    centre = share + weight / 2
    margin = Z * sqrt(share * (1 - share) / sessions + weight / (4 * sessions))
    return max(0.0, (centre - margin) / (1 + weight))
