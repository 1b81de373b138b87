"""The verdict on a release that few sessions use: periods too thin to judge one by one are judged together.

A candidate at 1 % may never have enough sessions in a minute. Its sessions of the last hour are taken as one sample,
and it is ill when even the lower end of what its error rate may be reaches the limit: the lower bound of Wilson's score
interval, so that three failures out of forty don't end a rollout and five out of ten do.
Source: https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import sqrt

from edgeship.domain.health.analysis import Health, Verdict, judge, telling_periods
from edgeship.domain.health.datapoint import Window
from edgeship.domain.health.thresholds import PERIODS, Check, Thresholds

Z = 4.0
"""One-sided, 1 in 30,000: it is looked at each minute, and the looks add up."""
FEWEST_SESSIONS = 5
FEWEST_FAILURES = 3
HOUR_PERIODS = 60


def judge_lately(
    windows: Iterable[Window], stable: Iterable[Window], limits: Thresholds, since: datetime, now: datetime
) -> Verdict:
    """`judge`; where the periods are too thin for that, the verdict on the last hour as a whole.

    Args:
        windows, stable, since, now: as for `judge`; the last `HOUR_PERIODS` periods count.
    """
    mine = list(windows)
    verdict = judge(mine, stable, limits, since, now)
    hour = _last_hour(mine, since, now)
    if verdict.health is not Health.NO_DATA or all(w.sessions >= limits.minimum_sample for w in hour[-PERIODS:]):
        return verdict
    sessions = sum(window.sessions for window in hour)
    failed = min(sessions, sum(window.failed_sessions for window in hour))
    if sessions < FEWEST_SESSIONS or failed < FEWEST_FAILURES:
        return verdict
    at_least = 100 * lower_bound(failed, sessions)
    if at_least < limits.error_rate:
        return verdict
    return Verdict(
        Health.BREACH,
        f"error rate {100 * failed / sessions:.4g} % of {sessions} sessions in the last hour, "
        f"at least {at_least:.3g} % for all but certain (limit {limits.error_rate:g} %)",
        Check.ERROR_RATE,
        100 * failed / sessions,
        limits.error_rate,
        sessions,
    )


def judged_periods(windows: Iterable[Window], limits: Thresholds, since: datetime, now: datetime) -> list[Window]:
    """The periods that `judge_lately` goes by, the oldest first: the last `PERIODS` where they suffice for a verdict,
    else all of the last hour."""
    mine = list(windows)
    return telling_periods(mine, limits, since, now) or _last_hour(mine, since, now)


def _last_hour(windows: Iterable[Window], since: datetime, now: datetime) -> list[Window]:
    mine = [w for w in windows if w.end <= now and w.start >= since and now - w.start <= _hour(w)]
    return sorted(mine, key=lambda window: window.start)


def _hour(window: Window) -> timedelta:
    """So long before now the last hour begins; where periods are shorter than a minute, so is the hour. A period that
    has just ended counts as one of it."""
    return timedelta(seconds=(HOUR_PERIODS + 1) * window.seconds)


def lower_bound(failed: int, sessions: int) -> float:
    """The lower end, in [0, 1], of the share that `failed` of `sessions` may stand for."""
    share, weight = failed / sessions, Z * Z / sessions
    centre = share + weight / 2
    margin = Z * sqrt(share * (1 - share) / sessions + weight / (4 * sessions))
    return max(0.0, (centre - margin) / (1 + weight))
