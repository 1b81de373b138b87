"""The rollout as a state machine: the table decides, and nothing else."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.moves import promote, roll_back
from edgeship.domain.channels.rollout import (
    ACTIVE,
    DAY,
    DEFAULT_STEPS,
    TRANSITIONS,
    Held,
    Phase,
    Rollout,
    RolloutEvent,
    Step,
    check_steps,
    start,
    transition,
)
from edgeship.domain.channels.rollout_moves import (
    abort_rollout,
    advance_rollout,
    cancel_rollout,
    hold_by_person,
    pause_rollout,
    resume_rollout,
)
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.version import Version
from tests.support.releases import a_release

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=7)
V1, V2 = Version.parse("1.0.0"), Version.parse("1.1.0")
STEPS = (Step(1, 600), Step(25.5, 60), Step(50, 0), Step(100, 0))
PAIRS = list(product(Phase, RolloutEvent))
LATER_OCCASION = Occasion("test", "ann", "by hand", LATER)


def rollout(phase: Phase, step: int = 1) -> Rollout:
    """One that waits for data at `step`, in `phase`."""
    return replace(start(V2, STEPS, NOW), step=step, phase=phase, held=Held(NOW, "no data"))


def is_possible(phase: Phase, event: RolloutEvent) -> bool:
    """Whether the table has it, of a rollout that no person holds."""
    return event in TRANSITIONS[phase] and (phase, event) != (Phase.RUNNING, RolloutEvent.RESUME)


def test_a_hold_by_a_person_is_ended_by_resume_and_its_users_keep_the_candidate() -> None:
    held = replace(rollout(Phase.RUNNING), held=Held(NOW, "the campaign", "ann"))
    assert held.held_by_person
    assert not rollout(Phase.RUNNING).held_by_person
    assert transition(held, RolloutEvent.RESUME, LATER, "checkout") == replace(held, held=None)
    assert transition(held, RolloutEvent.ADVANCE, LATER, "checkout").held is None
    paused = transition(held, RolloutEvent.PAUSE, LATER, "checkout")
    assert transition(paused, RolloutEvent.RESUME, LATER, "checkout").held is None


def test_a_second_hold_is_refused_and_one_takes_the_place_of_the_ticks() -> None:
    channel = Channel("checkout", "latest", V1, 2, rollout=rollout(Phase.RUNNING))
    held = hold_by_person(channel, LATER_OCCASION).channel
    assert held.rollout is not None
    assert held.rollout.held == Held(LATER, "by hand", "ann")
    with pytest.raises(Refused) as refused:
        hold_by_person(held, LATER_OCCASION)
    assert refused.value.code == "already_held"
    assert "held at 25.5 % already, since 2026-11-23T17:00:00.000Z by ann (by hand)" in refused.value.reason


def test_the_table_has_every_phase_and_leads_nowhere_else() -> None:
    assert set(TRANSITIONS) == set(Phase)
    assert {to for row in TRANSITIONS.values() for to in row.values()} == set(Phase)
    assert {phase for phase in Phase if not TRANSITIONS[phase]} == {
        Phase.ABORTED,
        Phase.CANCELLED,
        Phase.ROLLED_BACK,
    }
    for ends in (RolloutEvent.ABORT, RolloutEvent.CANCEL):
        assert {phase for phase in Phase if ends in TRANSITIONS[phase]} == ACTIVE
    reached, ahead = set(), [Phase.RUNNING]
    while ahead:
        reached.add(phase := ahead.pop())
        ahead += set(TRANSITIONS[phase].values()) - reached
    assert reached == set(Phase)


@pytest.mark.parametrize(("phase", "event"), PAIRS)
def test_every_event_in_every_phase(phase: Phase, event: RolloutEvent) -> None:
    before = rollout(phase)
    kept = replace(before)
    if not is_possible(phase, event):
        with pytest.raises(Refused) as refused:
            transition(before, event, LATER, "checkout")
        assert refused.value.code == "phase_invalid"
        assert str(V2) in refused.value.reason
        assert phase.value in refused.value.reason
        assert refused.value.remedy
        assert before == kept
        return
    after = transition(before, event, LATER, "checkout")
    assert before == kept
    changes: dict[RolloutEvent, dict[str, Any]] = {
        RolloutEvent.ADVANCE: {"step": 2, "stepped_at": LATER},
        RolloutEvent.RESUME: {"stepped_at": LATER, "exposed_at": LATER, "had_traffic": True},
        RolloutEvent.COMPLETE: {"step": 3, "stepped_at": LATER},
    }
    assert after == replace(before, phase=TRANSITIONS[phase][event], held=None, **changes.get(event, {}))


def change_channel(channel: Channel, event: RolloutEvent) -> Moved:
    """`event`, by the change of a channel that stands for it."""
    live, candidate = (replace(a_release(str(v)), promoted_at="2026-11-23T09:00:00.000Z") for v in (V1, V2))
    match event:
        case RolloutEvent.ADVANCE:
            return advance_rollout(channel, candidate, LATER_OCCASION, 60)
        case RolloutEvent.HOLD:
            return hold_by_person(channel, LATER_OCCASION)
        case RolloutEvent.CANCEL:
            return cancel_rollout(channel, candidate, LATER_OCCASION)
        case RolloutEvent.PAUSE:
            return pause_rollout(channel, LATER_OCCASION)
        case RolloutEvent.RESUME:
            return resume_rollout(channel, candidate, LATER_OCCASION)
        case RolloutEvent.ABORT:
            return abort_rollout(channel, candidate, LATER_OCCASION)
        case RolloutEvent.COMPLETE:
            return promote(channel, candidate, LATER_OCCASION, 60)
        case RolloutEvent.ROLL_BACK:
            return roll_back(channel, [live, candidate], None, LATER_OCCASION, 60)


@pytest.mark.parametrize(("phase", "event"), PAIRS)
def test_every_event_in_every_phase_of_a_channels_rollout(phase: Phase, event: RolloutEvent) -> None:
    moved_on = phase in (Phase.COMPLETED,)
    channel = Channel(
        "checkout", "latest", V2 if moved_on else V1, 2, trail=(V1,) if moved_on else (), rollout=rollout(phase)
    )
    kept = replace(channel)
    if is_possible(phase, event):
        moved = change_channel(channel, event)
        assert moved.channel.rollout is not None
        assert moved.channel.rollout.phase is TRANSITIONS[phase][event]
        assert moved.channel.sequence == channel.sequence + (event in (RolloutEvent.COMPLETE, RolloutEvent.ROLL_BACK))
        assert moved.events
    elif event is RolloutEvent.COMPLETE and not moved_on:
        # To promote what an ended rollout had as its candidate is a move like any other, and leaves the rollout alone.
        assert change_channel(channel, event).channel.rollout == channel.rollout
    else:
        with pytest.raises(Refused) as refused:
            change_channel(channel, event)
        by_move = {RolloutEvent.COMPLETE: "already_live", RolloutEvent.ROLL_BACK: "no_good_version"}
        assert refused.value.code == by_move.get(event, "phase_invalid")
    assert channel == kept


@pytest.mark.parametrize("event", [e for e in RolloutEvent if e not in (RolloutEvent.COMPLETE, RolloutEvent.ROLL_BACK)])
def test_without_a_rollout_there_is_nothing_to_change(event: RolloutEvent) -> None:
    with pytest.raises(Refused) as refused:
        change_channel(Channel("checkout", "latest", V1), event)
    assert refused.value.code == "no_rollout"


def test_a_rollout_walks_its_schedule_to_the_end() -> None:
    going = start(V2, STEPS, NOW)
    assert (going.step, going.phase, going.held) == (0, Phase.RUNNING, None)
    seen = []
    while True:
        seen.append((going.percent, going.bakes_until - going.stepped_at, going.next_completes))
        if going.next_completes:
            break
        going = transition(going, RolloutEvent.ADVANCE, going.bakes_until, "checkout")
    assert seen == [
        (1, timedelta(minutes=10), False),
        (25.5, timedelta(minutes=1), False),
        (50, timedelta(), True),
    ]
    assert going.exposed_at == going.started_at == NOW
    done = transition(going, RolloutEvent.COMPLETE, LATER, "checkout")
    assert done.steps[done.step].percent == 100


@pytest.mark.parametrize("phase", Phase)
def test_only_a_running_rollout_has_weight(phase: Phase) -> None:
    assert rollout(phase).percent == (25.5 if phase is Phase.RUNNING else 0)
    assert rollout(phase).active == (phase in (Phase.RUNNING, Phase.PAUSED))


def test_the_summary_is_what_events_say() -> None:
    assert rollout(Phase.RUNNING).summary() == {
        "candidate": "1.1.0",
        "phase": "running",
        "step": 2,
        "steps": 4,
        "percent": 25.5,
    }
    assert rollout(Phase.ROLLED_BACK).summary()["percent"] == 0


def test_by_default_everybody_has_it_after_six_days() -> None:
    assert check_steps(DEFAULT_STEPS) == DEFAULT_STEPS
    assert [(step.percent, step.bake_seconds / DAY) for step in DEFAULT_STEPS] == [
        (1, 1),
        (5, 1),
        (25, 2),
        (50, 2),
        (100, 0),
    ]


@pytest.mark.parametrize(
    "steps",
    [
        [Step(100, 0)],
        [Step(100, 90 * DAY)],
        [Step(0.01, 0), Step(0.02, 0), Step(100, 0)],
        [Step(0.07, 0), Step(99.99, 1), Step(100, 0)],
        [Step(n, 0) for n in range(1, 20)] + [Step(100, 0)],
    ],
)
def test_schedules_that_can_be_meant(steps: list[Step]) -> None:
    assert check_steps(steps) == tuple(steps)
    assert start(V2, steps, NOW).steps == tuple(steps)


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([], "it has 0 steps, not 1 to 20"),
        ([Step(n, 0) for n in range(1, 21)] + [Step(100, 0)], "it has 21 steps"),
        ([Step(50, 0)], "it ends at 50 %, not at 100 %"),
        ([Step(50, 0), Step(99.99, 0)], "it ends at 99.99 %"),
        ([Step(5, 0), Step(5, 0), Step(100, 0)], "step 2: 5 % is not more than 5 %"),
        ([Step(5, 0), Step(1, 0), Step(100, 0)], "step 2: 1 % is not more than 5 %"),
        ([Step(100, 0), Step(100, 0)], "step 2: 100 % is not more than 100 %"),
        ([Step(-1, 0), Step(100, 0)], "step 1: -1 is not a percentage"),
        ([Step(1, 0), Step(101, 0)], "step 2: 101 is not a percentage"),
        ([Step(0.001, 0), Step(100, 0)], "step 1: 0.001 is finer than steps of 0.01"),
        ([Step(math.nan, 0), Step(100, 0)], "step 1: nan is not a percentage"),
        ([Step(True, 0), Step(100, 0)], "step 1: True is not a percentage"),
        ([Step(1, -1), Step(100, 0)], "step 1: a bake of -1 s"),
        ([Step(1, 90 * DAY + 1), Step(100, 0)], "step 1: a bake of 7776001 s is not within 0 to 90 days"),
    ],
)
def test_schedules_that_are_refused_by_their_step(steps: list[Step], says: str) -> None:
    for refuses in (lambda: check_steps(steps), lambda: start(V2, steps, NOW)):
        with pytest.raises(Refused) as refused:
            refuses()
        assert refused.value.code == "steps_invalid"
        assert says in refused.value.reason
        assert "1:1d" in refused.value.remedy


def test_a_first_step_of_testers_alone_needs_testers() -> None:
    steps = (Step(0, DAY), Step(1, 0), Step(100, 0))
    assert check_steps(steps, testers=True) == steps
    with pytest.raises(Refused, match=r"step 1: 0 % is for testers alone") as refused:
        check_steps(steps)
    assert refused.value.code == "steps_invalid"
    with pytest.raises(Refused, match=r"step 2: 0 % is not more than 0 %"):
        check_steps((Step(0, DAY), *steps), testers=True)
    rollout = start(V2, steps, NOW)
    assert (rollout.percent, rollout.phase, rollout.next_completes) == (0, Phase.RUNNING, False)
