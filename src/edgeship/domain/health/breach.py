"""A release was found unhealthy, by an alarm or by the minute tick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from edgeship.domain.events import timestamp
from edgeship.domain.health.alarms import ALARM_REACH_PERIODS
from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.thresholds import PERIOD_SECONDS, Check
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Breach:
    """A release was found unhealthy; `at` (aware) is when. It rests on datapoints of periods from `since` on (aware;
    None: from `at` on, as for an alarm whose state was set by hand)."""

    widget: str
    version: Version
    at: datetime
    cause: str
    numbers: dict[str, Any]
    check: Check | None = None
    since: datetime | None = None
    periods: frozenset[datetime] = frozenset()
    """The starts of those that it rests on, where they are known; empty for all from `since` to `at`."""
    channel: str = ""
    """The one whose sessions it rests on alone; empty for any that exposes the version."""

    @property
    def rests_on(self) -> datetime:
        """The start of its oldest datapoint; what began later has no part in it."""
        return self.at if self.since is None else min(self.since, self.at)

    @classmethod
    def by_analysis(cls, widget: str, version: Version, analysis: AnalysisResult, at: datetime) -> Breach:
        periods = frozenset(period.start for period in analysis.periods)
        since = min(periods, default=None)
        return cls(widget, version, at, analysis.reason, analysis.numbers(), analysis.check, since, periods)

    @classmethod
    def by_alarm(
        cls,
        subject: tuple[str, Version],
        check: Check,
        limit: float | None,
        name: str,
        reason: str,
        at: datetime,
        since: datetime | None = None,
        channel: str = "",
    ) -> Breach:
        """By the CloudWatch alarm `name`; `limit` is None when the alarm's event does not name it. It does not rest on
        datapoints that are older than an alarm's reach, whatever `since` says."""
        if since is not None:
            since = max(since, at - timedelta(seconds=ALARM_REACH_PERIODS * PERIOD_SECONDS))
        widget, version = subject
        numbers = {
            "health": Health.UNHEALTHY.value,
            "check": check.value,
            "limit": limit,
            "alarm": name,
            "alarm_at": timestamp(at),
            "alarm_reason": reason,
        }
        return cls(widget, version, at, f"alarm {name}: {reason}", numbers, check, since, channel=channel)
