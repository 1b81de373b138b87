"""Whether a release is well: minutes of measurements against limits, and the alarms that watch for the same.

Two paths come to a verdict, and either is enough: CloudWatch's alarms, defined here, and `judge`, on the metrics that
the minute tick reads. Both hold the same limits, in the same way: three periods in a row, each with enough sessions,
at or over a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from edgeship.domain.events import timestamp
from edgeship.domain.version import Version

PERIOD_SECONDS = 60
"""The finest period of a standard-resolution metric
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html)."""
PERIODS = 3
"""So many periods in a row must breach."""


class Check(StrEnum):
    """What a release is held to; the value is part of its alarm's name."""

    ERROR_RATE = "error-rate"
    LATENCY = "latency"
    MEMORY = "memory"
    ERROR_RATE_OVER_STABLE = "error-rate-over-stable"


@dataclass(frozen=True)
class Thresholds:
    """Hard limits: reaching one is a breach. `soft_error_points` is how far a candidate's error rate may lie above the
    stable version's; lying further above pauses.

    Rates are per cent of sessions, latency is milliseconds, memory megabytes; `minimum_sample` is sessions, below which
    a period (or, at the end of a bake, the whole bake) says nothing.
    """

    error_rate: float = 5
    latency_ms: float = 2_000
    memory_mb: float = 100
    soft_error_points: float = 5
    minimum_sample: int = 100

    def hard(self) -> tuple[tuple[Check, float], ...]:
        return (
            (Check.ERROR_RATE, self.error_rate),
            (Check.LATENCY, self.latency_ms),
            (Check.MEMORY, self.memory_mb),
        )


DEFAULT_THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Window:
    """What was measured of a release in `seconds` from `start` (aware). None: nothing was reported.

    `latency_ms` and `memory_mb` are 95th percentiles.
    """

    start: datetime
    seconds: int
    sessions: int = 0
    failed_sessions: int = 0
    latency_ms: float | None = None
    memory_mb: float | None = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    @property
    def error_rate(self) -> float | None:
        """Failed sessions, per cent of sessions."""
        return 100 * self.failed_sessions / self.sessions if self.sessions else None

    def value(self, check: Check) -> float | None:
        match check:
            case Check.LATENCY:
                return self.latency_ms
            case Check.MEMORY:
                return self.memory_mb
            case _:
                return self.error_rate


class Health(StrEnum):
    """A verdict's kind."""

    WELL = "well"
    BREACH = "breach"
    """A hard limit was reached."""
    SUSPECT = "suspect"
    """The soft limit was passed: clearly worse than the stable version."""
    NO_DATA = "no_data"
    """Too few sessions to tell."""


@dataclass(frozen=True)
class Verdict:
    """How a release is, with the numbers that say so; `sample` is sessions."""

    health: Health
    reason: str
    check: Check | None = None
    value: float | None = None
    limit: float | None = None
    sample: int = 0

    @property
    def is_breach(self) -> bool:
        return self.health is Health.BREACH

    def numbers(self) -> dict[str, Any]:
        """What events and the history say of it."""
        return {
            "health": self.health.value,
            "check": self.check.value if self.check else None,
            "value": round(self.value, 2) if self.value is not None else None,
            "limit": self.limit,
            "sample": self.sample,
        }


def judge(
    windows: Iterable[Window], stable: Iterable[Window], limits: Thresholds, since: datetime, now: datetime
) -> Verdict:
    """The verdict on a release's last periods, each of `PERIODS` in a row up to the newest that is over.

    Args:
        windows: the release's periods, in any order; those that are not over at `now`, or began before `since`, the
            moment at which traffic reached it, say nothing.
        stable: the stable version's periods, to compare a candidate with; none to compare with nothing.
    """
    windows = list(windows)
    mine = telling_periods(windows, limits, since, now)
    if not mine:
        sample = sum(window.sessions for window in _last(windows, since, now))
        return Verdict(
            Health.NO_DATA,
            f"{sample} sessions in the last {PERIODS} periods: fewer than {limits.minimum_sample} in one of them",
            sample=sample,
        )
    sample = sum(window.sessions for window in mine)
    for check, limit in limits.hard():
        values = [window.value(check) for window in mine]
        if all(value is not None and value >= limit for value in values):
            lowest = min(value for value in values if value is not None)
            return over_limit(Health.BREACH, check, lowest, limit, sample, f"in {PERIODS} periods in a row")
    theirs = {w.start: w for w in stable if w.sessions >= limits.minimum_sample}
    points = [
        window.error_rate - theirs[window.start].error_rate  # type: ignore[operator]  # both have sessions
        for window in mine
        if window.start in theirs
    ]
    if len(points) == PERIODS and all(over_soft_limit(point, limits) for point in points):
        return over_limit(
            Health.SUSPECT,
            Check.ERROR_RATE_OVER_STABLE,
            min(points),
            limits.soft_error_points,
            sample,
            f"in {PERIODS} periods in a row",
        )
    return Verdict(Health.WELL, f"no limit reached, {sample} sessions", sample=sample)


def telling_periods(windows: Iterable[Window], limits: Thresholds, since: datetime, now: datetime) -> list[Window]:
    """The `PERIODS` that `judge` goes by, the oldest first; none where they don't suffice for a verdict."""
    last = _last(windows, since, now)
    enough = _tells(last, now) and all(window.sessions >= limits.minimum_sample for window in last)
    return last if enough else []


def over_soft_limit(points: float, limits: Thresholds) -> bool:
    """Whether an error rate lies too far above the stable version's; the difference of two rates is never exact."""
    return points > limits.soft_error_points + 1e-9


_SAID = {
    Check.ERROR_RATE: "error rate {value:.4g} % (limit {limit:g} %)",
    Check.LATENCY: "p95 load latency {value:,.0f} ms (limit {limit:,g} ms)",
    Check.MEMORY: "p95 memory {value:.4g} MB (limit {limit:g} MB)",
    Check.ERROR_RATE_OVER_STABLE: "error rate {value:.4g} points over the stable version's (limit {limit:g})",
}


def over_limit(health: Health, check: Check, value: float, limit: float, sample: int, when: str) -> Verdict:
    """The verdict that a value is at or over a limit; `when` says over which time."""
    said = _SAID[check].format(value=value, limit=limit)
    return Verdict(health, f"{said} {when}, {sample} sessions", check, value, limit, sample)


def _last(windows: Iterable[Window], since: datetime, now: datetime) -> list[Window]:
    over = sorted((w for w in windows if w.end <= now and w.start >= since), key=lambda window: window.start)
    return over[-PERIODS:]


def _tells(windows: Sequence[Window], now: datetime) -> bool:
    """Whether they are enough, without a gap, and not of long ago."""
    if len(windows) < PERIODS or any(after.start != before.end for before, after in pairwise(windows)):
        return False
    return now - windows[-1].end <= timedelta(seconds=PERIODS * windows[-1].seconds)


@dataclass(frozen=True)
class HealthAlarm:
    """A CloudWatch alarm on one check of one release.

    Every one of `PERIODS` periods of `PERIOD_SECONDS` must breach; missing data does not. `minimum_sample` is in the
    alarm's metric math: a period with fewer sessions counts as 0.
    """

    widget: str
    version: Version
    check: Check
    limit: float
    minimum_sample: int

    @property
    def subject(self) -> tuple[str, Version]:
        return (self.widget, self.version)


def alarms_of(widget: str, version: Version, limits: Thresholds) -> tuple[HealthAlarm, ...]:
    """The alarms that a live version has."""
    return tuple(HealthAlarm(widget, version, check, limit, limits.minimum_sample) for check, limit in limits.hard())


@dataclass(frozen=True)
class StandingAlarm:
    """An alarm as CloudWatch has it; the times (aware) are of its last change of state and of configuration."""

    name: str
    alarm: HealthAlarm | None
    """None: it is not as any version of this code makes alarms; to be made anew or removed."""
    in_alarm: bool
    reason: str
    state_since: datetime
    configured_at: datetime


@dataclass(frozen=True)
class Breach:
    """A release was found ill, by an alarm or by the tick; `at` (aware) is when that was found."""

    widget: str
    version: Version
    at: datetime
    cause: str
    numbers: dict[str, Any]

    @classmethod
    def by_verdict(cls, widget: str, version: Version, verdict: Verdict, at: datetime) -> Breach:
        return cls(widget, version, at, verdict.reason, verdict.numbers())

    @classmethod
    def by_alarm(
        cls, subject: tuple[str, Version], check: Check, limit: float | None, name: str, reason: str, at: datetime
    ) -> Breach:
        """By a CloudWatch alarm of this name; `limit` is None when what tells of the alarm does not say it."""
        widget, version = subject
        numbers = {
            "health": Health.BREACH.value,
            "check": check.value,
            "limit": limit,
            "alarm": name,
            "alarm_at": timestamp(at),
            "alarm_reason": reason,
        }
        return cls(widget, version, at, f"alarm {name}: {reason}", numbers)
