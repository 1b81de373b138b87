"""What the minute tick does with a running rollout: advance, hold, pause or abort, with the reason and the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edgeship.domain.channels.policy import NoData, Policy
from edgeship.domain.channels.rollout import Rollout
from edgeship.domain.health.analysis import Health, Verdict
from edgeship.domain.health.datapoint import Window
from edgeship.domain.health.low_traffic import judge_lately
from edgeship.domain.health.step_analysis import judge_bake
from edgeship.domain.health.thresholds import Thresholds


class Course(StrEnum):
    BAKE = "bake"
    """The step's time is not over: nothing to do or to say."""
    ADVANCE = "advance"
    HOLD = "hold"
    PAUSE = "pause"
    ABORT = "abort"


@dataclass(frozen=True)
class StepDecision:
    course: Course
    verdict: Verdict


@dataclass(frozen=True)
class Evidence:
    """What was measured: the last periods of candidate and stable version, and, once the bake is over, the whole step
    of each as one window."""

    candidate: Sequence[Window] = ()
    stable: Sequence[Window] = ()
    bake: Window | None = None
    stable_bake: Window | None = None


_COURSES = {Health.BREACH: Course.ABORT, Health.SUSPECT: Course.PAUSE, Health.WELL: Course.ADVANCE}
_WITHOUT_DATA: dict[NoData, Course] = {"hold": Course.HOLD, "pass": Course.ADVANCE, "fail": Course.ABORT}


def judge_candidate(rollout: Rollout, limits: Thresholds, evidence: Evidence, now: datetime) -> Verdict:
    """The verdict on the candidate's last periods, beside the stable version's."""
    return judge_lately(evidence.candidate, evidence.stable, limits, rollout.exposed_at, now)


def decide_step(rollout: Rollout, policy: Policy, evidence: Evidence, now: datetime) -> StepDecision:
    """What to do with a running rollout; a breach ends a step at any time, the rest waits for the end of its bake."""
    recent = judge_candidate(rollout, policy.thresholds, evidence, now)
    if recent.health in (Health.BREACH, Health.SUSPECT):
        return StepDecision(_COURSES[recent.health], recent)
    if now < rollout.bakes_until:
        return StepDecision(Course.BAKE, recent)
    bake = evidence.bake or Window(rollout.stepped_at, 0)
    verdict = judge_bake(bake, evidence.stable_bake, policy.thresholds)
    if verdict.health is Health.NO_DATA:
        return StepDecision(_WITHOUT_DATA[policy.no_data], verdict)
    return StepDecision(_COURSES[verdict.health], verdict)
