"""Health pages of one release, made of what was measured in its last periods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from edgeship.domain.channels.channel import Channel, Watch
from edgeship.domain.channels.exposure import exposure_of
from edgeship.domain.channels.rollout import Step, start
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.health_page import Finding, Page, fresh_page
from edgeship.domain.health.low_traffic import analyse_recent, analysed_periods
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.telemetry.error_book import ErrorBook
from edgeship.domain.version import Version

NOW = datetime(2026, 11, 23, 10, 10, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=10)
V1, V2 = Version.parse("1.0.0"), Version.parse("1.1.0")
LIMITS = Thresholds(error_rate=5, latency_ms=2_000, memory_mb=100, minimum_sample=100)
NO_ERRORS = ErrorBook("checkout", V2)
LIVE = Channel(
    "checkout", "latest", V2, 1, exposed_at=SINCE, watch=Watch(NOW + timedelta(hours=1), automatic_rollback=True)
)
ROLLING = Channel("checkout", "next", V1, 1, rollout=start(V2, (Step(12.5, 600), Step(100, 0)), SINCE))


def periods(
    *sessions: int, failed: int = 0, latency: float | None = None, memory: float | None = None
) -> list[Datapoint]:
    """One after the other, the last of which has just ended."""
    return [
        Datapoint(NOW - timedelta(minutes=len(sessions) - n), 60, count, failed, latency, memory)
        for n, count in enumerate(sessions)
    ]


def found(datapoints: list[Datapoint]) -> Finding:
    analysis = analyse_recent(datapoints, (), LIMITS, SINCE, NOW)
    return Finding(analysis, LIMITS, analysed_periods(datapoints, LIMITS, SINCE, NOW), NOW)


def page(datapoints: list[Datapoint], *channels: Channel, errors: ErrorBook = NO_ERRORS) -> Page:
    exposures = [exposure_of(channel, V2) for channel in channels or (LIVE,)]
    return fresh_page("production", ("checkout", V2), exposures, found(datapoints), errors, 60)
