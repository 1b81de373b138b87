"""The CloudWatch alarms of a release. They use the same limits as the analysis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edgeship.domain.health.thresholds import PERIODS, Check, Thresholds
from edgeship.domain.version import Version

ALARM_REACH_PERIODS = PERIODS + 3
"""An alarm that is on rests on datapoints of at most so many periods: `PERIODS`, two more where some are missing, and
the one since its last evaluation
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html)."""


@dataclass(frozen=True)
class HealthAlarm:
    """A CloudWatch alarm on one check of one release; with a `channel`, on what came by it while the version is in two.

    Every one of `PERIODS` periods of `PERIOD_SECONDS` must breach; missing data does not. `minimum_sample` is in the
    alarm's metric math: a period with fewer sessions counts as 0.
    """

    widget: str
    version: Version
    check: Check
    limit: float
    minimum_sample: int
    count_chunk_failures: bool = True
    """Of an error rate."""
    channel: str = ""

    @property
    def subject(self) -> tuple[str, Version]:
        return (self.widget, self.version)


def alarms_of(widget: str, version: Version, limits: Thresholds, channel: str = "") -> tuple[HealthAlarm, ...]:
    """The alarms that a live version has; with a `channel`, those that it has there beside, while it is in two."""
    return tuple(
        HealthAlarm(
            widget,
            version,
            check,
            limit,
            limits.minimum_sample,
            limits.count_chunk_failures or check is not Check.ERROR_RATE,
            channel,
        )
        for check, limit in limits.hard()
        if check is not Check.CUSTOM_METRIC
    )


@dataclass(frozen=True)
class StandingAlarm:
    """An alarm that exists in CloudWatch; the times (aware) are of its last change of state and of configuration."""

    name: str
    alarm: HealthAlarm | None
    """None: no version of this code makes an alarm like it. It is made again or removed."""
    in_alarm: bool
    reason: str
    state_since: datetime
    configured_at: datetime
    evaluated_from: datetime | None = None
    """The start (aware) of the oldest datapoint that put it in its state; None where CloudWatch does not say."""
    values: tuple[float, ...] = ()
    """Of the periods that put it in its state, in the check's unit."""
