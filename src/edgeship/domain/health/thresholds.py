"""The limits that a release is held to, and how long it must pass one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
