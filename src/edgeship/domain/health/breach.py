"""A release was found unhealthy, by an alarm or by the minute tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from edgeship.domain.events import timestamp
from edgeship.domain.health.alarms import ALARM_REACH_PERIODS
from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.thresholds import CHECKS, PERIOD_SECONDS, Check
from edgeship.domain.plain_text import number
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
        values: Sequence[float] = (),
    ) -> Breach:
        """By the CloudWatch alarm `name`; `limit` is None when the alarm's event does not name it. It does not rest on
        datapoints that are older than an alarm's reach, whatever `since` says. `values` are those of its periods. The
        cause is a sentence for people; the alarm's own words are in the numbers."""
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
        return cls(widget, version, at, _cause(check, limit, values), numbers, check, since, channel=channel)


def _cause(check: Check, limit: float | None, values: Sequence[float]) -> str:
    """`error rate 12.5 to 20 % (limit 5 %) in 3 periods, by its CloudWatch alarm`."""
    name, unit = CHECKS[check]
    reached = [value for value in values if limit is not None and value >= limit]
    held = f" (limit {number(limit)} {unit}".rstrip() + ")" if limit is not None else ""
    if not reached:  # a state that was set by hand has no datapoints
        return f"the CloudWatch alarm for {name} is on{held}"
    low, high = number(min(reached)), number(max(reached))
    span = high if low == high else f"{low} to {high}"
    periods = f"{len(reached)} period{'s' if len(reached) > 1 else ''}"
    return f"{name} {span} {unit}".rstrip() + f"{held} in {periods}, by its CloudWatch alarm"
