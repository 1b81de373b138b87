"""A rollout: a channel moves to a candidate by steps of a percentage and a bake time.

- `TRANSITIONS` decides which event may happen in which phase; the diagram in the docs is drawn from it. Besides, a
  running rollout is resumed only from a hold by a person
- a rollout's weight is 0 unless it is running: after a pause nobody gets the candidate, after a resume the same users
do
- a user is in when the bucket of `bucketing.rollout_salt` is below the weight, so a growing weight moves nobody out
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from edgeship.domain.bucketing import hundredths
from edgeship.domain.channels.alert import Alert
from edgeship.domain.errors import Refused
from edgeship.domain.version import Version


class Phase(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    ABORTED = "aborted"
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled_back"


class RolloutEvent(StrEnum):
    """What happens to a rollout."""

    ADVANCE = "advance"
    HOLD = "hold"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    ABORT = "abort"
    CANCEL = "cancel"
    ROLL_BACK = "roll_back"


TRANSITIONS: Mapping[Phase, Mapping[RolloutEvent, Phase]] = MappingProxyType(
    {
        Phase.RUNNING: {
            RolloutEvent.ADVANCE: Phase.RUNNING,
            RolloutEvent.HOLD: Phase.RUNNING,
            RolloutEvent.RESUME: Phase.RUNNING,
            RolloutEvent.PAUSE: Phase.PAUSED,
            RolloutEvent.COMPLETE: Phase.COMPLETED,
            RolloutEvent.ABORT: Phase.ABORTED,
            RolloutEvent.CANCEL: Phase.CANCELLED,
        },
        Phase.PAUSED: {
            RolloutEvent.RESUME: Phase.RUNNING,
            RolloutEvent.COMPLETE: Phase.COMPLETED,
            RolloutEvent.ABORT: Phase.ABORTED,
            RolloutEvent.CANCEL: Phase.CANCELLED,
        },
        Phase.COMPLETED: {RolloutEvent.ROLL_BACK: Phase.ROLLED_BACK},
        Phase.ABORTED: {},
        Phase.CANCELLED: {},
        Phase.ROLLED_BACK: {},
    }
)

ACTIVE = frozenset({Phase.RUNNING, Phase.PAUSED})

_INSTEAD = {
    RolloutEvent.ADVANCE: "Resume it first: edgeship rollout resume {where}.",
    RolloutEvent.HOLD: "See edgeship status.",
    RolloutEvent.PAUSE: "See edgeship status.",
    RolloutEvent.RESUME: "See edgeship status.",
    RolloutEvent.COMPLETE: "See edgeship status.",
    RolloutEvent.ABORT: "To roll a live version back: edgeship rollback {where}.",
    RolloutEvent.CANCEL: "See edgeship status.",
    RolloutEvent.ROLL_BACK: "To end a rollout: edgeship rollout abort {where}.",
}


@dataclass(frozen=True)
class Step:
    """`percent` of the users, a multiple of 0.01, for at least `bake_seconds`."""

    percent: float
    bake_seconds: int


DAY = 24 * 3600
DEFAULT_STEPS = (Step(1, DAY), Step(5, DAY), Step(25, 2 * DAY), Step(50, 2 * DAY), Step(100, 0))
"""Everybody has the candidate after six days."""

MAX_STEPS = 20
MAX_BAKE_SECONDS = 90 * DAY


def check_steps(steps: Sequence[Step], *, testers: bool = False) -> tuple[Step, ...]:
    """Return the steps if they are a schedule: growing to 100 %, where the rollout is complete. With `testers`, the
    first step may have 0 %: they alone get the candidate then.

    Raises:
        Refused: `steps_invalid`, naming the step and its fault.
    """
    problem = _problem(steps, testers)
    if problem:
        raise Refused(
            "steps_invalid",
            f"The schedule is not valid: {problem}.",
            "Give growing percentages with the time that each bakes, up to 100: 1:1d,5:1d,25:2d,50:2d,100.",
        )
    return tuple(steps)


def _problem(steps: Sequence[Step], testers: bool) -> str | None:
    if not 1 <= len(steps) <= MAX_STEPS:
        return f"it has {len(steps)} steps, not 1 to {MAX_STEPS}"
    before = 0.0
    for number, step in enumerate(steps, 1):
        try:
            hundredths(step.percent)
        except ValueError as error:
            return f"step {number}: {error}"
        if step.percent == 0 and number == 1:
            if not testers:
                return "step 1: 0 % is for testers alone, and the policy names none (edgeship policy set --testers)"
        elif step.percent <= before:
            return f"step {number}: {step.percent:g} % is not more than {before:g} %"
        if not 0 <= step.bake_seconds <= MAX_BAKE_SECONDS:
            return f"step {number}: a bake of {step.bake_seconds} s is not within 0 to {MAX_BAKE_SECONDS // DAY} days"
        before = step.percent
    if steps[-1].percent != 100:
        return f"it ends at {steps[-1].percent:g} %, not at 100 %"
    return None


@dataclass(frozen=True)
class Held:
    """Since when (aware) and why a step continues although its bake is over, or whatever its bake and the metrics say:
    then `by` is the person who holds it. `calendar`: it is not for its analysis, but because of the calendar alone."""

    since: datetime
    cause: str
    by: str | None = None
    calendar: bool = False


@dataclass(frozen=True)
class Rollout:
    """A rollout that is running or paused, or the last one of its channel.

    `step` counts from 0. Times are aware: `stepped_at` is when the step began or the rollout was resumed; traffic has
    reached the candidate without a break since `exposed_at`.
    """

    candidate: Version
    steps: tuple[Step, ...]
    started_at: datetime
    stepped_at: datetime
    exposed_at: datetime
    step: int = 0
    phase: Phase = Phase.RUNNING
    held: Held | None = None
    alert: Alert | None = None
    """Of the candidate, in mode `watch`."""
    had_traffic: bool = False
    """Whether the candidate had traffic before `exposed_at`: then even the minute of `exposed_at` has datapoints of
    that time."""
    both_unhealthy: bool = False
    """Paused because the stable version reaches the same limit: until it is resumed, no alarm counts for either."""
    paused: Held | None = None
    """Since when, why and by whom it is paused; None in records of earlier versions."""

    def judged_from(self, period_seconds: int) -> datetime:
        """No datapoint of a period that began earlier (aware) may count against the candidate."""
        return self.exposed_at if self.had_traffic else period_of(self.exposed_at, period_seconds)

    @property
    def active(self) -> bool:
        return self.phase in ACTIVE

    @property
    def held_by_person(self) -> bool:
        """Whether no tick may advance it."""
        return self.held is not None and self.held.by is not None

    @property
    def percent(self) -> float:
        """The weight of the candidate now."""
        return self.steps[self.step].percent if self.phase is Phase.RUNNING else 0

    @property
    def bakes_until(self) -> datetime:
        return self.stepped_at + timedelta(seconds=self.steps[self.step].bake_seconds)

    @property
    def next_completes(self) -> bool:
        """Whether the next step is 100 %."""
        return self.steps[self.step + 1].percent == 100

    def summary(self) -> dict[str, Any]:
        """The rollout in events."""
        return {
            "candidate": str(self.candidate),
            "phase": self.phase.value,
            "step": self.step + 1,
            "steps": len(self.steps),
            "percent": 100 if self.phase is Phase.COMPLETED else self.percent,
        }


def start(candidate: Version, steps: Sequence[Step], now: datetime, *, had_traffic: bool = False) -> Rollout:
    """A rollout at its first step, which is less than 100 %; `had_traffic`: the candidate has been out before.

    Raises:
        Refused: `steps_invalid`.
    """
    return Rollout(
        candidate,
        check_steps(steps, testers=True),
        started_at=now,
        stepped_at=now,
        exposed_at=now,
        had_traffic=had_traffic,
    )


def transition(rollout: Rollout, event: RolloutEvent, now: datetime, where: str) -> Rollout:
    """The rollout after `event`; `where` names the widget for the error's remedy.

    Raises:
        Refused: `phase_invalid`: the table has no such transition.
    """
    allowed = TRANSITIONS[rollout.phase]
    ends_hold = event is RolloutEvent.RESUME and rollout.phase is Phase.RUNNING
    if event not in allowed or (ends_hold and not rollout.held_by_person):
        raise Refused(
            "phase_invalid",
            f"The rollout of {rollout.candidate} is {rollout.phase.value}: it can't {event.value.replace('_', ' ')}.",
            _INSTEAD[event].format(where=where),
        )
    after = replace(rollout, phase=allowed[event], held=None, paused=None, both_unhealthy=False)
    match event:
        case RolloutEvent.ADVANCE:
            return replace(after, step=rollout.step + 1, stepped_at=now)
        case RolloutEvent.RESUME if ends_hold:
            return after  # its users have had the candidate all along
        case RolloutEvent.RESUME:
            return replace(after, stepped_at=now, exposed_at=now, had_traffic=True, alert=None)
        case RolloutEvent.COMPLETE:
            return replace(after, step=len(rollout.steps) - 1, stepped_at=now)
        case _:
            return after


def after_move(rollout: Rollout | None, target: Version, now: datetime, where: str) -> Rollout | None:
    """The rollout after its channel has moved to `target`: completed if that is its candidate, else aborted. A rollout
    that has ended does not change."""
    if rollout is None or not rollout.active:
        return rollout
    event = RolloutEvent.COMPLETE if rollout.candidate == target else RolloutEvent.ABORT
    return transition(rollout, event, now, where)


def after_rollback(
    rollout: Rollout | None, live: Version, target: Version, now: datetime, where: str
) -> Rollout | None:
    """The rollout after its channel was rolled back from `live` to `target`: rolled back if `live` was its
    candidate."""
    if rollout is not None and rollout.phase is Phase.COMPLETED and rollout.candidate == live:
        return transition(rollout, RolloutEvent.ROLL_BACK, now, where)
    return after_move(rollout, target, now, where)


def period_of(at: datetime, period_seconds: int) -> datetime:
    """The start of the period of the metrics that a time (aware) is in: the datapoints of an exposure begin there."""
    return datetime.fromtimestamp(at.timestamp() // period_seconds * period_seconds, at.tzinfo)
