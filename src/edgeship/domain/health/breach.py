"""A release was found unhealthy, by an alarm or by the minute tick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edgeship.domain.events import timestamp
from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.thresholds import Check
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Breach:
    """A release was found unhealthy; `at` (aware) is when."""

    widget: str
    version: Version
    at: datetime
    cause: str
    numbers: dict[str, Any]

    @classmethod
    def by_analysis(cls, widget: str, version: Version, analysis: AnalysisResult, at: datetime) -> Breach:
        return cls(widget, version, at, analysis.reason, analysis.numbers())

    @classmethod
    def by_alarm(
        cls, subject: tuple[str, Version], check: Check, limit: float | None, name: str, reason: str, at: datetime
    ) -> Breach:
        """By the CloudWatch alarm `name`; `limit` is None when the alarm's event does not name it."""
        widget, version = subject
        numbers = {
            "health": Health.UNHEALTHY.value,
            "check": check.value,
            "limit": limit,
            "alarm": name,
            "alarm_at": timestamp(at),
            "alarm_reason": reason,
        }
        return cls(widget, version, at, f"alarm {name}: {reason}", numbers)
