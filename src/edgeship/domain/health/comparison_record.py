"""The comparison of a rollout's candidate with the stable version, as it is kept from minute to minute.

What is kept covers the time up to `through`, and minutes that are old enough for nothing more to come. The last minutes
are read and compared anew at each tick, so a datapoint that comes late counts, and none counts twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.comparison import (
    LATER_STAKES,
    Block,
    Evidence,
    Sample,
    after_block,
    after_hour,
    blocks_of,
    interval,
)
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import HOUR_PERIODS
from edgeship.domain.health.sample_ratio import Ratio
from edgeship.domain.health.thresholds import Check, Thresholds
from edgeship.domain.version import Version

SETTLED_PERIODS = 15
"""A period that ended so many periods ago gets no more data: browsers send within minutes, or not at all."""
FEWEST_FAILED = 10
"""Failed sessions of the candidate. The test takes sessions for independent, and one user who reloads is not."""


@dataclass(frozen=True)
class Comparison:
    """Of one exposure of a candidate, which began at `exposed_at`; both times are aware."""

    widget: str
    channel: str
    candidate: Version
    exposed_at: datetime
    through: datetime
    evidence: Evidence = field(default_factory=Evidence)
    ratio: Ratio | None = None
    """Of the step that goes on."""
    revision: int = 0

    def is_of(self, candidate: Version, exposed_at: datetime) -> bool:
        return (self.candidate, self.exposed_at) == (candidate, exposed_at)


def begun(before: Comparison | None, widget: str, channel: str, candidate: Version, exposed_at: datetime) -> Comparison:
    """What is kept, if it is of this exposure; else a new one in its place."""
    if before is not None and before.is_of(candidate, exposed_at):
        return before
    revision = before.revision if before is not None else 0
    return Comparison(widget, channel, candidate, exposed_at, exposed_at, revision=revision)


def compare(
    kept: Comparison,
    candidate: Iterable[Datapoint],
    stable: Iterable[Datapoint],
    limits: Thresholds,
    period_seconds: int,
    now: datetime,
) -> tuple[Comparison, Evidence]:
    """What to keep from now on, and the evidence up to now.

    Args:
        candidate, stable: the last `HOUR_PERIODS` periods of both; one that is not there had no sessions.
        period_seconds: periods begin at multiples of it.
    """
    ended = int(now.timestamp() // period_seconds)
    first = -int(-kept.through.timestamp() // period_seconds)
    # What nobody looked at for an hour is left out, which only costs evidence.
    first = max(first, ended - HOUR_PERIODS)
    ours, theirs = _by_number(candidate, limits, period_seconds), _by_number(stable, limits, period_seconds)
    numbers = range(first, ended)
    minutes = [Block(ours.get(number, Sample()), theirs.get(number, Sample())) for number in numbers]
    began = -int(-kept.exposed_at.timestamp() // period_seconds)
    evidence, at = kept.evidence, first
    for count, block in blocks_of(minutes):
        at += count
        evidence = after_block(evidence, block, limits.margin_points / 100)
        for _ in range(min((at - began) // HOUR_PERIODS, LATER_STAKES) - evidence.hours):
            evidence = after_hour(evidence)
        if at <= ended - SETTLED_PERIODS:
            kept = replace(kept, through=datetime.fromtimestamp(at * period_seconds, UTC), evidence=evidence)
    return kept, evidence


def judge(evidence: Evidence, limits: Thresholds) -> AnalysisResult | None:
    """Unhealthy, if the candidate is worse by more than the margin; None if that is not certain."""
    total = evidence.total
    if total.candidate.failed < FEWEST_FAILED or not evidence.reaches(limits.error_probability):
        return None
    low, high = (100 * bound for bound in interval(total))
    points = 100 * (total.candidate.rate - total.stable.rate)
    return AnalysisResult(
        Health.UNHEALTHY,
        f"error rate {100 * total.candidate.rate:.3g} % of {total.candidate.sessions:,} sessions, the stable version's "
        f"{100 * total.stable.rate:.3g} % of {total.stable.sessions:,} in the same time: worse by {points:.3g} points "
        f"(95 % interval {low:.3g} to {high:.3g}, margin {limits.margin_points:g}); evidence {evidence.odds:,.0f} to 1",
        Check.ERROR_RATE_OVER_STABLE,
        points,
        limits.margin_points,
        total.candidate.sessions,
    )


def _by_number(datapoints: Iterable[Datapoint], limits: Thresholds, period_seconds: int) -> Mapping[int, Sample]:
    counted: Sequence[Datapoint] = [datapoint.under(limits) for datapoint in datapoints]
    return {
        int(each.start.timestamp() // period_seconds): Sample(each.sessions, min(each.sessions, each.counted_sessions))
        for each in counted
    }
