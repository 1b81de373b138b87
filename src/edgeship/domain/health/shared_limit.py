"""Whether both versions of a rollout reach the same limit in the same time.

Then the limit says nothing about the candidate: a backend fails, or the host page is slow. The rollout pauses, and
nothing is quarantined.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edgeship.domain.health.analysis import AnalysisResult, Health, shown
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import FEWEST_SESSIONS
from edgeship.domain.health.thresholds import Check, Thresholds


@dataclass(frozen=True)
class Other:
    """What the other version of a rollout had in the time of a breach. `value` is of the same metric; None when it has
    too few sessions. `fault` names what failed where the metrics could not be read."""

    value: float | None = None
    reaches: bool = False
    fault: str | None = None


def other_version(
    check: Check, limit: float, periods: Iterable[Datapoint], other: Iterable[Datapoint], limits: Thresholds
) -> Other:
    """What the other version had in the periods of a breach.

    Its periods are weighted by the sessions of the version that breached, so that both are of the same time: an outage
    of a few minutes counts in one as much as in the other.

    Args:
        periods: of the breach, with or without the version's own datapoints; empty for all of `other`.
        other: the other version's datapoints; those of other times are left out.
    """
    if check is Check.ERROR_RATE_OVER_STABLE:
        return Other()
    weights = {period.start: period.sessions for period in periods}
    same = [each.under(limits) for each in other if not weights or each.start in weights]
    same = [each for each in same if each.sessions and each.value(check) is not None]
    if sum(each.sessions for each in same) < FEWEST_SESSIONS:
        return Other()
    weighted = [(each.value(check) or 0.0, weights.get(each.start, each.sessions)) for each in same]
    weight = sum(count for _, count in weighted)
    if not weight:
        weighted = [(value, 1) for value, _ in weighted]
        weight = len(weighted)
    value = sum(value * count for value, count in weighted) / weight
    return Other(value, value >= limit)


def shared(found: AnalysisResult, check: Check, other: Other) -> AnalysisResult:
    """An analysis of a candidate that reaches the limit of `check`, unless the stable version reaches it, too: then it
    is inconclusive."""
    if not other.reaches or other.value is None:
        return found
    reason = f"{found.reason}; {also(check, other.value, 'the stable version')}"
    return replace(found, health=Health.INCONCLUSIVE, reason=reason, other_value=other.value)


def also(check: Check, value: float, whose: str) -> str:
    """`the stable version has 38 % in the same time`, for causes."""
    return f"{whose} has {shown(check, value)} in the same time"
