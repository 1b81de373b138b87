"""A release's public health page: a JSON document that says how the minute tick finds the release.

- the status is the analysis that the tick goes by, and nothing else is judged here
- numbers keep the time at which they were measured: a page that repeats older ones says that it is stale, and why
- a page can't say that nobody writes it any more: whoever reads it holds `fresh_until` against the clock
- what people wrote (reasons, causes) is on no page: pages are public
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
FRESH_PERIODS = 3
"""A page is written each period: one that is older than so many is not written any more."""
MAX_ERRORS = 5

NOT_MEASURED = "The metrics could not be read: the numbers are those of measured_at."
NOT_WATCHED = "The version is no longer watched: the numbers are those of measured_at."
ROLLED_BACK = "The version was rolled back, and is quarantined: the numbers are those of measured_at."


@dataclass(frozen=True)
class Exposure:
    """A channel that exposes a version, as the version's page shows it.

    `percent` of the channel's users get the version; `phase` is that of the rollout under way; since `alert` (RFC 3339)
    the version is known to be unhealthy.
    """

    name: str
    role: Literal["stable", "candidate"]
    percent: float
    phase: str | None
    locked: bool
    alert: str | None


Page = Mapping[str, Any]
"""The document; `docs/schemas/health.schema.json` describes it."""


_GRAVITY = (Health.INCONCLUSIVE, Health.HEALTHY, Health.DEGRADED, Health.UNHEALTHY)
"""Where channels differ, the later counts."""
_METRICS = {
    Check.ERROR_RATE: ("error_rate", "%"),
    Check.LATENCY: ("latency_p95", "ms"),
    Check.MEMORY: ("memory_p95", "MB"),
}


@dataclass(frozen=True)
class Finding:
    """An analysis at a moment (aware), with the limits and the periods that it goes by, the oldest first."""

    analysis: AnalysisResult
    limits: Thresholds
    periods: Sequence[Datapoint]
    at: datetime


def gravest(findings: Iterable[Finding]) -> Finding:
    """What counts where a version is in several channels; of findings that weigh the same, the first."""
    return max(findings, key=lambda finding: _GRAVITY.index(finding.analysis.health))


_UNMEASURED: Page = MappingProxyType(
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
    """The page of a version in its `exposures`, measured just now."""
    periods, at = finding.periods, finding.at
    measured = {
        "status": finding.analysis.health.value,
        "measured_from": timestamp(periods[0].start) if periods else None,
        "measured_at": timestamp(at),
        "fresh_until": timestamp(at + timedelta(seconds=FRESH_PERIODS * period_seconds)),
        "analysis": {"reason": finding.analysis.reason, **finding.analysis.numbers()},
        "metrics": _metrics(finding),
    }
    return _page(environment, subject, exposures, measured, _top(errors), stale_because=None)


def stale_page(
    environment: str,
    subject: tuple[str, Version],
    exposures: Iterable[Exposure],
    before: Page | None,
    errors: ErrorBook,
) -> Page:
    """The page of a version in its `exposures` that could not be measured: with the numbers of the page
    `before`, if there was one."""
    return _page(environment, subject, exposures, _measured(before), _top(errors), stale_because=NOT_MEASURED)


def last_page(environment: str, subject: tuple[str, Version], before: Page | None, release: Release | None) -> Page:
    """The page of a version that no channel exposes any more; the same when it is made from itself."""
    rolled_back = release is not None and release.quarantine is not None
    measured = _measured(before)
    if rolled_back:
        measured["status"] = Health.UNHEALTHY.value
    errors = list(before["top_errors"]) if before is not None else []
    because = ROLLED_BACK if rolled_back else NOT_WATCHED
    return _page(environment, subject, (), measured, errors, stale_because=because)


def _page(
    environment: str,
    subject: tuple[str, Version],
    exposures: Iterable[Exposure],
    measured: Page,
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
        **measured,
        "top_errors": errors,
        "channels": entries,
    }


def _measured(before: Page | None) -> dict[str, Any]:
    # A page of an earlier schema has other fields.
    known = before if before is not None and before["schema"] == SCHEMA else _UNMEASURED
    return {name: known[name] for name in _UNMEASURED}


def _metrics(finding: Finding) -> dict[str, Any]:
    whole = _as_one(finding.periods)
    metrics = {
        name: {
            "value": _rounded(whole.value(check) if whole else None),
            "unit": unit,
            "limit": limit,
            "within_limit": _within(finding.analysis, check, whole, limit),
            "sample": whole.sessions if whole else 0,
        }
        for check, limit in finding.limits.hard()
        for name, unit in [_METRICS[check]]
    }
    sessions = whole.sessions if whole else 0
    return metrics | {
        "sessions": {"value": sessions, "unit": "sessions", "limit": None, "within_limit": None, "sample": sessions}
    }


def _as_one(periods: Sequence[Datapoint]) -> Datapoint | None:
    """All of them as one; a percentile is the mean of the periods', weighed by their sessions."""
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
    )


def _mean(periods: Sequence[Datapoint], check: Check) -> float | None:
    told = [(value, period.sessions) for period in periods if (value := period.value(check)) is not None]
    weight = sum(sessions for _, sessions in told)
    return sum(value * sessions for value, sessions in told) / weight if weight else None


def _within(analysis: AnalysisResult, check: Check, whole: Datapoint | None, limit: float) -> bool | None:
    """Whether a limit is not reached over the whole sample; None: nothing was reported."""
    if analysis.is_unhealthy and analysis.check is check:
        return False
    value = whole.value(check) if whole else None
    return value < limit if value is not None else None


def _rounded(value: float | None) -> float | None:
    return round(value, 2) if value is not None else None


def _top(book: ErrorBook) -> list[dict[str, Any]]:
    return [{"message": error.message, "count": error.count} for error in book.errors[:MAX_ERRORS]]
