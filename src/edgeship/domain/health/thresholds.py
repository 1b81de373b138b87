"""The limits of a release's metrics, and for how many periods one must be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PERIOD_SECONDS = 60
"""The finest period of a standard-resolution metric
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html)."""


PERIODS = 3
"""So many periods in a row must breach."""


class Check(StrEnum):
    """A metric that has a limit; the value is part of the alarm's name."""

    ERROR_RATE = "error-rate"
    LATENCY = "latency"
    MEMORY = "memory"
    CUSTOM_METRIC = "custom-metric"
    """Of the team's own. It has no alarm: the minute tick alone analyses it."""
    ERROR_RATE_OVER_STABLE = "error-rate-over-stable"


CHECKS: Mapping[Check, tuple[str, str]] = {
    Check.ERROR_RATE: ("error rate", "%"),
    Check.LATENCY: ("p95 load latency", "ms"),
    Check.MEMORY: ("p95 memory", "MB"),
    Check.CUSTOM_METRIC: ("p95 of the custom metric", ""),
    Check.ERROR_RATE_OVER_STABLE: ("error rate over the stable version's by", "points"),
}
"""Each as people read it, and its unit."""


@dataclass(frozen=True)
class Thresholds:
    """Hard limits: reaching one is a breach. `soft_error_points` is how far a candidate's error rate may be above the
    stable version's; further above, the rollout pauses. `margin_points` is how far it may be above over the whole
    exposure; when it is certain to be more, the rollout is aborted. `error_probability` is the chance that this is
    ever wrong in a rollout.

    Rates are per cent of sessions, latency is milliseconds, memory megabytes. `minimum_sample` is sessions: a period
    (or, at the end of a bake, the whole bake) with fewer is inconclusive.
    """

    error_rate: float = 5
    latency_ms: float = 2_000
    memory_mb: float = 100
    soft_error_points: float = 5
    minimum_sample: int = 100
    count_chunk_failures: bool = True
    """Whether a session in which only parts of the release did not load counts as failed."""
    margin_points: float = 0.5
    error_probability: float = 0.001
    missing_sessions: float = 30
    """Per cent of a candidate's sessions that may not report, compared with the stable version's; if it is certain that
    more do not, the rollout is held."""
    networks: int = 3
    """From so many networks, and at least two user agents, failures must come that roll a release back; from fewer they
    pause its rollout. 0: any report counts, with or without a token."""
    custom_metric: str = ""
    """The name of the team's custom metric that is judged; empty: none is. `custom_metric_limit` is in its own unit."""
    custom_metric_limit: float = 0

    def hard(self) -> tuple[tuple[Check, float], ...]:
        return (
            (Check.ERROR_RATE, self.error_rate),
            (Check.LATENCY, self.latency_ms),
            (Check.MEMORY, self.memory_mb),
            *(((Check.CUSTOM_METRIC, self.custom_metric_limit),) if self.custom_metric else ()),
        )


DEFAULT_THRESHOLDS = Thresholds()
