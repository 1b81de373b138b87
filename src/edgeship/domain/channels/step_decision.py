"""What the minute tick does with a running rollout: advance, hold, pause or abort, with the reason and the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from edgeship.domain.channels.policy import OnInconclusive, Policy
from edgeship.domain.channels.rollout import Rollout
from edgeship.domain.health import comparison
from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.comparison_record import judge
from edgeship.domain.health.corroboration import ENOUGH, Corroboration, analyse_unverified, uncorroborated
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import analyse_recent, last_hour
from edgeship.domain.health.sample_ratio import Ratio, judge_ratio
from edgeship.domain.health.shared_limit import other_version, shared
from edgeship.domain.health.step_analysis import analyse_step
from edgeship.domain.health.thresholds import PERIODS, Check, Thresholds


class StepAction(StrEnum):
    BAKE = "bake"
    """The bake is not over, or a person holds the rollout: nothing to do."""
    ADVANCE = "advance"
    HOLD = "hold"
    PAUSE = "pause"
    ABORT = "abort"


@dataclass(frozen=True)
class StepDecision:
    action: StepAction
    analysis: AnalysisResult
    corroboration: Corroboration = ENOUGH

    @property
    def rests_on_reports(self) -> bool:
        """Whether it takes the candidate back because of what was reported, and so needs enough networks."""
        return self.action is StepAction.ABORT and self.analysis.is_unhealthy

    def with_corroboration(self, corroboration: Corroboration) -> StepDecision:
        """The same decision, or a pause where its reports come from too few."""
        if not self.rests_on_reports or corroboration.is_enough:
            return self
        return StepDecision(StepAction.PAUSE, uncorroborated(self.analysis, corroboration), corroboration)

    def numbers(self) -> dict[str, Any]:
        """The document in events and in the history."""
        few = {} if self.corroboration.is_enough else self.corroboration.numbers()
        return {**self.analysis.numbers(), **few}


@dataclass(frozen=True)
class Evidence:
    """What a decision is made on: the last periods of the candidate and of the stable version; after the bake, the
    whole step of each as one datapoint; what the comparison of the two says since the exposure began; and the ratio of
    their sessions in this step."""

    candidate: Sequence[Datapoint] = ()
    stable: Sequence[Datapoint] = ()
    bake: Datapoint | None = None
    stable_bake: Datapoint | None = None
    compared: comparison.Evidence | None = None
    ratio: Ratio | None = None


_ACTIONS = {Health.UNHEALTHY: StepAction.ABORT, Health.DEGRADED: StepAction.PAUSE, Health.HEALTHY: StepAction.ADVANCE}
_ON_INCONCLUSIVE: dict[OnInconclusive, StepAction] = {
    "hold": StepAction.HOLD,
    "pass": StepAction.ADVANCE,
    "fail": StepAction.ABORT,
}


def analyse_candidate(rollout: Rollout, limits: Thresholds, evidence: Evidence, now: datetime) -> AnalysisResult:
    """Analyse the candidate's last periods, and all of its sessions compared with the stable version's.

    While the stable version reaches a limit in the same time, the candidate is not found unhealthy.
    """
    since = rollout.exposed_at
    recent = analyse_recent(evidence.candidate, evidence.stable, limits, since, now)
    compared = None if evidence.compared is None else judge(evidence.compared, limits)
    found = recent if recent.is_unhealthy or compared is None else compared
    if not found.is_unhealthy:
        return found
    check, limit = Check.ERROR_RATE, limits.error_rate
    if found.check is not Check.ERROR_RATE_OVER_STABLE and found.check is not None and found.limit is not None:
        check, limit = found.check, found.limit
    periods = found.periods or last_hour(evidence.candidate, since, now)[-PERIODS:]
    return shared(found, check, other_version(check, limit, periods, evidence.stable, limits))


def decide_step(rollout: Rollout, policy: Policy, evidence: Evidence, now: datetime) -> StepDecision:
    """What to do with a running rollout. A breach, a degraded analysis, failures that are reported without a token and
    sessions that do not report count at any time, anything else at the end of the bake. A rollout that a person holds
    is analysed in the same way, but goes on only by a person."""
    recent = analyse_candidate(rollout, policy.thresholds, evidence, now)
    if recent.is_shared:
        return StepDecision(StepAction.PAUSE, recent)
    if recent.health in (Health.UNHEALTHY, Health.DEGRADED):
        return StepDecision(_ACTIONS[recent.health], recent)
    unverified = analyse_unverified(evidence.candidate, policy.thresholds, rollout.exposed_at, now)
    if unverified is not None:
        return StepDecision(StepAction.PAUSE, unverified)
    silent = None if evidence.ratio is None else judge_ratio(evidence.ratio, policy.thresholds, len(rollout.steps))
    if silent is not None:
        return StepDecision(StepAction.HOLD, silent)
    if now < rollout.bakes_until:
        return StepDecision(StepAction.BAKE, recent)
    bake = evidence.bake or Datapoint(rollout.stepped_at, 0)
    analysis = analyse_step(bake, evidence.stable_bake, policy.thresholds)
    if analysis.is_shared:
        return StepDecision(StepAction.PAUSE, analysis)
    if rollout.held_by_person and analysis.health in (Health.INCONCLUSIVE, Health.HEALTHY):
        return StepDecision(StepAction.BAKE, analysis)
    if analysis.health is Health.INCONCLUSIVE:
        return StepDecision(_ON_INCONCLUSIVE[policy.on_inconclusive], analysis)
    return StepDecision(_ACTIONS[analysis.health], analysis)
