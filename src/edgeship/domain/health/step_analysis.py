"""The analysis of a whole step as one datapoint: it finds what periods with few sessions can't show.

The step may have few sessions, and its percentiles are means of small samples. So it ends a rollout only for an error
rate that is almost certainly over the limit. Any other limit that is reached pauses the rollout for a person to check.
"""

from __future__ import annotations

from edgeship.domain.health.analysis import AnalysisResult, Health, over_limit, over_soft_limit
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import lower_bound
from edgeship.domain.health.shared_limit import other_version, shared
from edgeship.domain.health.thresholds import Check, Thresholds

WHEN = "over the whole step"


def analyse_step(bake: Datapoint, stable: Datapoint | None, limits: Thresholds) -> AnalysisResult:
    """Analyse a step at the end of its bake; `stable` is the stable version's datapoint of the same time."""
    bake = bake.under(limits)
    stable = stable and stable.under(limits)
    if bake.sessions < limits.minimum_sample:
        return AnalysisResult(
            Health.INCONCLUSIVE,
            f"{bake.sessions} sessions since the step began: fewer than {limits.minimum_sample}",
            sample=bake.sessions,
        )
    at_least = 100 * lower_bound(min(bake.counted_sessions, bake.sessions), bake.sessions)
    for check, limit in limits.hard():
        value = bake.value(check)
        if value is not None and value >= limit:
            certain = check is Check.ERROR_RATE and at_least >= limit
            found = over_limit(
                Health.UNHEALTHY if certain else Health.DEGRADED, check, value, limit, bake.sessions, WHEN
            )
            return shared(found, check, other_version(check, limit, (), [stable] if stable else (), limits))
    if stable is not None and stable.sessions >= limits.minimum_sample:
        points = (bake.error_rate or 0) - (stable.error_rate or 0)
        if over_soft_limit(points, limits):
            soft = limits.soft_error_points
            return over_limit(Health.DEGRADED, Check.ERROR_RATE_OVER_STABLE, points, soft, bake.sessions, WHEN)
    return AnalysisResult(Health.HEALTHY, f"no limit reached, {bake.sessions} sessions", sample=bake.sessions)
