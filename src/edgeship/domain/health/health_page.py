"""A release's public health page: a JSON document with the result of the minute tick's analysis.

- the status is the result that the tick acts on; no other analysis is made here
- numbers keep the time of their measurement: a page that repeats older numbers says that it is stale, and why
- a page can't say that it is no longer written: readers compare `fresh_until` with the clock
- text that people wrote (reasons, causes) is on no page: pages are public
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from edgeship.domain.events import timestamp
from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.thresholds import Check, Thresholds
from edgeship.domain.releases.release import Release
from edgeship.domain.telemetry.error_book import ErrorBook
from edgeship.domain.version import Version

SCHEMA = 2
FRESH_PERIODS = 7
"""A page is written each period, or every fifth. One older than so many periods is no longer written."""
MAX_ERRORS = 5

METRICS_UNAVAILABLE = "The metrics could not be read: the numbers are those of measured_at."
NOT_WATCHED = "The version is no longer watched: the numbers are those of measured_at."
ROLLED_BACK = "The version was rolled back and is quarantined: the numbers are those of measured_at."


@dataclass(frozen=True)
class Exposure:
    """A channel that exposes a version, as the version's page shows it.

    `percent` of the channel's users get the version; `phase` is the phase of the rollout under way. `held_by` is who
    holds it: a person, whom no page names, or the tick. `alert` (RFC 3339) is since when the version is known to be
    unhealthy. In `mode` watch, nothing is done about it.
    """

    name: str
    role: Literal["stable", "candidate"]
    percent: float
    phase: str | None
    held_by: Literal["operator", "edgeship"] | None
    locked: bool
    alert: str | None
    mode: Literal["act", "watch"]


Page = Mapping[str, Any]
"""The document; `docs/schemas/health.schema.json` describes it."""


_SEVERITY = (Health.INCONCLUSIVE, Health.HEALTHY, Health.DEGRADED, Health.UNHEALTHY)
"""The least severe first; where channels differ, the most severe counts."""
_METRICS = {
    Check.ERROR_RATE: ("error_rate", "%"),
    Check.LATENCY: ("latency_p95", "ms"),
    Check.MEMORY: ("memory_p95", "MB"),
}


@dataclass(frozen=True)
class Finding:
    """An analysis at a time (aware), with its limits and its periods, the oldest first."""

    analysis: AnalysisResult
    limits: Thresholds
    periods: Sequence[Datapoint]
    at: datetime


def most_severe(findings: Iterable[Finding]) -> Finding:
    """The finding that counts where a version is in several channels; of equally severe ones, the first."""
    return max(findings, key=lambda finding: _SEVERITY.index(finding.analysis.health))


_NO_METRICS: Page = MappingProxyType(
    {
        "status": Health.INCONCLUSIVE.value,
        "measured_from": None,
        "measured_at": None,
        "fresh_until": None,
        "analysis": None,
        "metrics": None,
    }
)


def fresh_page(
    environment: str,
    subject: tuple[str, Version],
    exposures: Iterable[Exposure],
    finding: Finding,
    errors: ErrorBook,
    period_seconds: int,
) -> Page:
    """The page of a version in its `exposures`, with new metrics."""
    periods, at = finding.periods, finding.at
    fields = {
        "status": finding.analysis.health.value,
        "measured_from": timestamp(periods[0].start) if periods else None,
        "measured_at": timestamp(at),
        "fresh_until": timestamp(at + timedelta(seconds=FRESH_PERIODS * period_seconds)),
        "analysis": {"reason": finding.analysis.reason, **finding.analysis.document()},
        "metrics": _metrics(finding),
    }
    return _page(environment, subject, exposures, fields, _top(errors), stale_because=None)


def stale_page(
    environment: str,
    subject: tuple[str, Version],
    exposures: Iterable[Exposure],
    before: Page | None,
    errors: ErrorBook,
) -> Page:
    """The page of a version in its `exposures` whose metrics could not be read: with the numbers of the page
    `before`, if there was one."""
    fields = _fields_of(before)
    return _page(environment, subject, exposures, fields, _top(errors), stale_because=METRICS_UNAVAILABLE)


def last_page(environment: str, subject: tuple[str, Version], before: Page | None, release: Release | None) -> Page:
    """The page of a version that no channel exposes any more. Making it again from itself changes nothing."""
    rolled_back = release is not None and release.quarantine is not None
    fields = _fields_of(before)
    if rolled_back:
        fields["status"] = Health.UNHEALTHY.value
    # Pages of older versions have no `at`.
    errors = [{"at": None, **error} for error in before["top_errors"]] if before is not None else []
    because = ROLLED_BACK if rolled_back else NOT_WATCHED
    return _page(environment, subject, (), fields, errors, stale_because=because)


def _page(
    environment: str,
    subject: tuple[str, Version],
    exposures: Iterable[Exposure],
    fields: Page,
    errors: Sequence[Mapping[str, Any]],
    *,
    stale_because: str | None,
) -> Page:
    widget, version = subject
    entries = [asdict(exposure) for exposure in sorted(exposures, key=lambda exposure: exposure.name)]
    return {
        "schema": SCHEMA,
        "widget": widget,
        "version": str(version),
        "environment": environment,
        "watched": bool(entries),
        "stale": stale_because is not None,
        "stale_because": stale_because,
        **fields,
        "top_errors": errors,
        "channels": entries,
    }


def _fields_of(before: Page | None) -> dict[str, Any]:
    # A page of an earlier schema has other fields.
    known = before if before is not None and before["schema"] == SCHEMA else _NO_METRICS
    return {name: known[name] for name in _NO_METRICS}


def _metrics(finding: Finding) -> dict[str, Any]:
    whole = _combined(finding.periods)
    metrics = {
        name: {
            "value": _rounded(whole.value(check) if whole else None),
            "unit": unit,
            "limit": limit,
            "within_limit": _within(finding.analysis, check, whole, limit),
            "sample": whole.sessions if whole else 0,
        }
        for check, limit in finding.limits.hard()
        if check in _METRICS  # a custom metric is the team's own: pages are public
        for name, unit in [_METRICS[check]]
    }
    sessions = whole.sessions if whole else 0
    return metrics | {
        name: {"value": value, "unit": unit, "limit": None, "within_limit": None, "sample": sessions}
        for name, value, unit in (
            ("sessions", sessions, "sessions"),
            ("chunk_failures", whole.chunk_failures if whole else 0, "failures"),
            ("chunk_failure_rate", _rounded(whole.chunk_failure_rate if whole else None), "%"),
        )
    }


def _combined(periods: Sequence[Datapoint]) -> Datapoint | None:
    """All periods as one datapoint; a percentile is the mean of the periods' percentiles, weighted by sessions."""
    if not periods:
        return None
    sessions = sum(period.sessions for period in periods)
    return Datapoint(
        periods[0].start,
        int((periods[-1].end - periods[0].start).total_seconds()),
        sessions,
        # Failures of sessions that began before the first period are not in these sessions.
        min(sessions, sum(period.failed_sessions for period in periods)),
        _mean(periods, Check.LATENCY),
        _mean(periods, Check.MEMORY),
        min(sessions, sum(period.chunk_failed_sessions for period in periods)),
        sum(period.chunk_failures for period in periods),
        periods[0].counts_chunks,
    )


def _mean(periods: Sequence[Datapoint], check: Check) -> float | None:
    reported = [(value, period.sessions) for period in periods if (value := period.value(check)) is not None]
    weight = sum(sessions for _, sessions in reported)
    return sum(value * sessions for value, sessions in reported) / weight if weight else None


def _within(analysis: AnalysisResult, check: Check, whole: Datapoint | None, limit: float) -> bool | None:
    """Whether the whole sample is below a limit; None: nothing was reported."""
    if analysis.is_unhealthy and analysis.check is check:
        return False
    value = whole.value(check) if whole else None
    return value < limit if value is not None else None


def _rounded(value: float | None) -> float | None:
    return round(value, 2) if value is not None else None


def _top(book: ErrorBook) -> list[dict[str, Any]]:
    return [
        {"message": error.message, "count": error.count, "at": error.frames[0] if error.frames else None}
        for error in book.errors[:MAX_ERRORS]
    ]
