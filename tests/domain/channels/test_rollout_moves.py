"""What happens to a channel's rollout, with its event: the channel, the releases and the events."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel, Lock, Moved, Watch
from edgeship.domain.channels.moves import promote, roll_back
from edgeship.domain.channels.operator_changes import unlock
from edgeship.domain.channels.rollout import Held, Phase, Rollout, Step, start
from edgeship.domain.channels.rollout_moves import (
    abort_rollout,
    advance_rollout,
    hold_rollout,
    pause_rollout,
    resume_rollout,
    start_rollout,
)
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion, timestamp
from edgeship.domain.releases.release import Quarantine, Release
from edgeship.domain.version import Version
from tests.support.releases import a_release

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
BEFORE = "2026-11-20T09:00:00.000Z"
WINDOW = 24 * 3600
STEPS = (Step(1, 600), Step(25, 60), Step(100, 0))
V0, V1, V2, V3 = (Version.parse(v) for v in ("1.0.0", "1.1.0", "1.2.0", "1.3.0"))
LOCK = Lock(BEFORE, "ann", "rollback")
BAD = Quarantine(BEFORE, "ann", "bad")


def at(minutes: float, cause: str = "by hand") -> Occasion:
    return Occasion("test", "ann", cause, NOW + timedelta(minutes=minutes))


def live(version: Version, **fields: Any) -> Release:
    return replace(a_release(str(version)), promoted_at=BEFORE, **fields)


def new(version: Version, **fields: Any) -> Release:
    return replace(a_release(str(version)), **fields)


STABLE = Channel("checkout", "latest", V1, 2, BEFORE, "ann", trail=(V0,), revision=5, exposed_at=NOW)
"""At 1.1.0, with 1.0.0 before it."""


def written(moved: Moved) -> Channel:
    return replace(moved.channel, revision=moved.channel.revision + 1)


def rolling(phase: Phase = Phase.RUNNING, step: int = 0) -> Channel:
    """1.2.0 is being rolled out since NOW."""
    return replace(STABLE, rollout=replace(start(V2, STEPS, NOW), phase=phase, step=step))


def rollout_of(channel: Channel) -> Rollout:
    assert channel.rollout is not None
    return channel.rollout


def types(moved: Moved) -> list[EventType]:
    return [event.type for event in moved.events]


# Starting


def test_a_rollout_starts_at_its_first_step_and_relies_on_the_release() -> None:
    moved = start_rollout(STABLE, new(V2), STEPS, at(1))
    assert moved.channel == replace(STABLE, rollout=start(V2, STEPS, at(1).at))
    assert moved.unchanged == (new(V2),)
    assert moved.changed == ()
    (event,) = moved.events
    assert event.type is EventType.ROLLOUT_STARTED
    assert event.old == {**STABLE.summary(), "rollout": None}
    assert event.new == {
        **STABLE.summary(),
        "rollout": {"candidate": "1.2.0", "phase": "running", "step": 1, "steps": 3, "percent": 1},
    }
    assert (event.actor, event.cause, event.occurred_at) == ("ann", "by hand", timestamp(at(1).at))


def test_an_operator_may_roll_out_on_a_locked_channel_and_the_lock_stays() -> None:
    moved = start_rollout(replace(STABLE, lock=LOCK), new(V2), STEPS, at(1))
    assert moved.channel.candidate == V2
    assert moved.channel.lock == LOCK
    assert (moved.events[0].new or {})["locked"] is True


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.ABORTED, Phase.ROLLED_BACK])
def test_a_rollout_that_has_ended_makes_room_for_the_next(phase: Phase) -> None:
    moved = start_rollout(rolling(phase), new(V3), STEPS, at(9))
    assert rollout_of(moved.channel) == start(V3, STEPS, at(9).at)
    assert types(moved) == [EventType.ROLLOUT_STARTED]
    assert (moved.events[0].old or {})["rollout"] is None


@pytest.mark.parametrize(
    ("channel", "target", "code"),
    [
        (STABLE, new(V2, quarantine=BAD), "quarantined"),
        (Channel("checkout", "latest"), new(V2), "nothing_live"),
        (STABLE, live(V1), "already_live"),
        (rolling(), new(V2), "rollout_running"),
        (rolling(), new(V3), "rollout_running"),
        (rolling(Phase.PAUSED), new(V2), "rollout_running"),
        (rolling(Phase.PAUSED), new(V3), "rollout_running"),
        (rolling(), live(V1), "already_live"),
    ],
)
def test_what_cant_be_rolled_out(channel: Channel, target: Release, code: str) -> None:
    kept = replace(channel)
    with pytest.raises(Refused) as refused:
        start_rollout(channel, target, STEPS, at(1))
    assert refused.value.code == code
    assert refused.value.remedy
    assert channel == kept


def test_a_malformed_schedule_starts_nothing() -> None:
    with pytest.raises(Refused) as refused:
        start_rollout(STABLE, new(V2), (Step(5, 0),), at(1))
    assert refused.value.code == "steps_invalid"


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.PAUSED])
def test_a_newer_release_replaces_a_candidate_that_is_not_found_bad_by_it(phase: Phase) -> None:
    moved = start_rollout(rolling(phase), new(V3), STEPS, at(5), replace_running=True)
    assert rollout_of(moved.channel) == start(V3, STEPS, at(5).at)
    assert moved.channel.lock is None
    assert moved.changed == ()
    assert types(moved) == [EventType.ROLLOUT_ABORTED, EventType.ROLLOUT_STARTED]
    aborted = moved.events[0].new or {}
    assert (aborted["rollout"]["candidate"], aborted["rollout"]["phase"]) == ("1.2.0", "aborted")
    with pytest.raises(Refused) as refused:
        start_rollout(rolling(phase), new(V2), STEPS, at(5), replace_running=True)
    assert refused.value.code == "rollout_running"


# Steering


def test_a_step_is_left_for_the_next_with_the_analysis() -> None:
    before = replace(rolling(), rollout=replace(rollout_of(rolling()), held=Held(NOW, "no data")))
    moved = advance_rollout(before, new(V2), at(11), WINDOW, {"sample": 40})
    after = rollout_of(moved.channel)
    assert (after.percent, after.step, after.stepped_at, after.exposed_at) == (25, 1, at(11).at, NOW)
    assert after.held is None
    assert moved.channel.version == V1
    assert moved.channel.watch is None
    (event,) = moved.events
    assert event.type is EventType.ROLLOUT_ADVANCED
    assert (event.old or {})["rollout"]["percent"] == 1
    assert (event.new or {})["rollout"]["percent"] == 25
    assert (event.new or {})["analysis"] == {"sample": 40}


def test_the_last_step_completes_the_rollout_and_moves_the_channel() -> None:
    before = replace(rolling(step=1), alert=Alert(BEFORE, "slow backend"))
    moved = advance_rollout(before, new(V2), at(11), WINDOW, {"sample": 40})
    channel = moved.channel
    assert (channel.version, channel.sequence, channel.trail) == (V2, 3, (V0, V1))
    assert (channel.moved_at, channel.moved_by) == (timestamp(at(11).at), "ann")
    assert channel.watch == Watch(at(11).at + timedelta(seconds=WINDOW), automatic_rollback=True)
    assert channel.exposed_at == NOW
    assert channel.alert is None
    assert (rollout_of(channel).phase, rollout_of(channel).step, channel.candidate) == (Phase.COMPLETED, 2, None)
    assert moved.changed == (replace(new(V2), promoted_at=timestamp(at(11).at)),)
    assert types(moved) == [EventType.POINTER_MOVED, EventType.ROLLOUT_COMPLETED]
    pointer, completed = moved.events
    assert pointer.old == STABLE.summary()
    assert pointer.new == {**channel.summary(), "analysis": {"sample": 40}}
    assert (completed.new or {})["version"] == "1.2.0"
    assert (completed.new or {})["analysis"] == {"sample": 40}
    assert (completed.new or {})["rollout"] == {
        "candidate": "1.2.0",
        "phase": "completed",
        "step": 3,
        "steps": 3,
        "percent": 100,
    }


def test_a_release_that_was_live_before_keeps_its_date_when_it_completes() -> None:
    moved = advance_rollout(rolling(step=1), live(V2), at(11), WINDOW)
    assert moved.changed == ()
    assert moved.unchanged == (live(V2),)


@pytest.mark.parametrize("step", [0, 1])
def test_a_candidate_that_is_quarantined_meanwhile_gains_nobody(step: int) -> None:
    before = rolling(step=step)
    with pytest.raises(Refused) as refused:
        advance_rollout(before, new(V2, quarantine=BAD), at(11), WINDOW)
    assert refused.value.code == "quarantined"
    with pytest.raises(Refused) as refused:
        resume_rollout(rolling(Phase.PAUSED, step), new(V2, quarantine=BAD), at(11))
    assert refused.value.code == "quarantined"


def test_a_step_relies_on_the_candidate_not_being_quarantined_meanwhile() -> None:
    assert advance_rollout(rolling(), new(V2), at(11), WINDOW).unchanged == (new(V2),)
    assert resume_rollout(rolling(Phase.PAUSED), new(V2), at(11)).unchanged == (new(V2),)


def test_to_hold_is_said_once_a_step() -> None:
    moved = hold_rollout(rolling(), at(12, "too few sessions"), {"sample": 3})
    assert moved is not None
    assert rollout_of(moved.channel) == replace(rollout_of(rolling()), held=Held(at(12).at, "too few sessions"))
    (event,) = moved.events
    assert event.type is EventType.ROLLOUT_HELD
    assert (event.new or {})["analysis"] == {"sample": 3}
    held = written(moved)
    assert hold_rollout(held, at(13), {"sample": 4}) is None
    advanced = written(advance_rollout(held, new(V2), at(14), WINDOW))
    assert hold_rollout(advanced, at(15)) is not None


def test_a_pause_takes_the_candidate_from_everybody_and_resuming_gives_it_back() -> None:
    advanced = written(advance_rollout(rolling(), new(V2), at(1), WINDOW))
    paused = pause_rollout(advanced, at(2), {"health": "degraded"})
    assert (rollout_of(paused.channel).percent, paused.channel.candidate) == (0, V2)
    assert types(paused) == [EventType.ROLLOUT_PAUSED]
    assert (paused.events[0].new or {})["analysis"] == {"health": "degraded"}
    resumed = resume_rollout(written(paused), new(V2), at(300))
    after = rollout_of(resumed.channel)
    assert (after.percent, after.step, after.stepped_at, after.exposed_at) == (25, 1, at(300).at, at(300).at)
    assert after.started_at == NOW
    assert types(resumed) == [EventType.ROLLOUT_RESUMED]
    assert (resumed.events[0].old or {})["rollout"]["percent"] == 0


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.PAUSED])
def test_an_abort_quarantines_the_candidate_and_locks_the_channel(phase: Phase) -> None:
    before = rolling(phase)
    moved = abort_rollout(before, new(V2), at(3, "error rate 9 %"), {"value": 9})
    assert moved.channel.version == V1
    assert moved.channel.sequence == before.sequence
    assert moved.channel.lock == Lock(timestamp(at(3).at), "ann", "error rate 9 %")
    assert rollout_of(moved.channel).phase is Phase.ABORTED
    assert moved.changed == (replace(new(V2), quarantine=Quarantine(timestamp(at(3).at), "ann", "error rate 9 %")),)
    assert types(moved) == [EventType.ROLLOUT_ABORTED, EventType.RELEASE_QUARANTINED]
    assert (moved.events[0].new or {})["analysis"] == {"value": 9}


def test_an_abort_keeps_an_older_lock_and_an_older_quarantine() -> None:
    moved = abort_rollout(replace(rolling(), lock=LOCK), new(V2, quarantine=BAD), at(3))
    assert moved.channel.lock == LOCK
    assert moved.changed == ()
    assert types(moved) == [EventType.ROLLOUT_ABORTED]


# What moves the channel meanwhile


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.PAUSED])
def test_to_promote_another_version_aborts_the_rollout_and_blames_nobody(phase: Phase) -> None:
    moved = promote(rolling(phase), new(V3), at(4), WINDOW)
    assert moved.channel.version == V3
    assert rollout_of(moved.channel).phase is Phase.ABORTED
    assert moved.channel.exposed_at == at(4).at
    assert moved.channel.lock is None
    assert types(moved) == [EventType.POINTER_MOVED, EventType.ROLLOUT_ABORTED]
    assert [r.version for r in moved.changed] == [V3]


def test_to_promote_the_candidate_completes_the_rollout() -> None:
    moved = promote(rolling(), new(V2), at(4), WINDOW)
    assert rollout_of(moved.channel).phase is Phase.COMPLETED
    assert moved.channel.exposed_at == NOW
    assert types(moved) == [EventType.POINTER_MOVED, EventType.ROLLOUT_COMPLETED]


def test_a_paused_candidate_that_is_promoted_has_traffic_from_then_on() -> None:
    moved = promote(rolling(Phase.PAUSED), new(V2), at(4), WINDOW)
    assert rollout_of(moved.channel).phase is Phase.COMPLETED
    assert moved.channel.exposed_at == at(4).at


def test_without_a_window_nothing_is_watched() -> None:
    assert promote(STABLE, new(V2), at(4), 0).channel.watch is None
    watched = replace(STABLE, watch=Watch(at(99).at, automatic_rollback=True))
    back = roll_back(watched, [live(V0), live(V1)], None, at(4), 0)
    assert back.channel.watch is None
    assert not back.channel.is_watched


def test_a_rollback_during_a_rollout_to_another_version_ends_the_rollout() -> None:
    moved = roll_back(rolling(), [live(V0), live(V1), new(V2)], None, at(4), WINDOW)
    assert (moved.channel.version, moved.channel.trail) == (V0, ())
    assert rollout_of(moved.channel).phase is Phase.ABORTED
    assert types(moved) == [EventType.POINTER_MOVED, EventType.ROLLOUT_ABORTED, EventType.RELEASE_QUARANTINED]
    # What was live is quarantined; the candidate was not found bad.
    assert [r.version for r in moved.changed] == [V1]


def test_a_rollback_opens_no_window_and_sets_since_when_it_is_exposed() -> None:
    completed = written(advance_rollout(rolling(step=1), new(V2), at(11), WINDOW))
    moved = roll_back(completed, [live(V0), live(V1), live(V2)], None, at(20, "alarm"), WINDOW, {"value": 9})
    channel = moved.channel
    assert (channel.version, channel.exposed_at) == (V1, at(20).at)
    assert channel.watch == Watch(at(20).at + timedelta(seconds=WINDOW), automatic_rollback=False)
    assert rollout_of(channel).phase is Phase.ROLLED_BACK
    assert channel.lock is not None
    assert types(moved) == [EventType.POINTER_MOVED, EventType.RELEASE_QUARANTINED]
    assert (moved.events[0].new or {})["analysis"] == {"value": 9}


def test_what_completed_earlier_is_not_rolled_back_by_a_later_versions_rollback() -> None:
    completed = written(advance_rollout(rolling(step=1), new(V2), at(11), WINDOW))
    later = written(promote(completed, new(V3), at(12), WINDOW))
    back = written(roll_back(later, [live(V1), live(V2), live(V3)], None, at(13), WINDOW))
    assert (back.version, rollout_of(back).phase) == (V2, Phase.COMPLETED)
    again = roll_back(back, [live(V1), live(V2), live(V3, quarantine=BAD)], None, at(14), WINDOW)
    assert (again.channel.version, rollout_of(again.channel).phase) == (V1, Phase.ROLLED_BACK)


def test_unlocking_forgets_the_alert() -> None:
    frozen = replace(STABLE, lock=LOCK, alert=Alert(BEFORE, "unhealthy"))
    assert unlock(frozen, at(1))[0] == replace(STABLE, lock=None, alert=None)


# Events


Make = Callable[[Channel, Occasion], Moved | None]
MAKERS: list[tuple[Channel, Make]] = [
    (STABLE, lambda c, o: start_rollout(c, new(V2), STEPS, o)),
    (rolling(), lambda c, o: start_rollout(c, new(V3), STEPS, o, replace_running=True)),
    (rolling(), lambda c, o: advance_rollout(c, new(V2), o, WINDOW)),
    (rolling(step=1), lambda c, o: advance_rollout(c, new(V2), o, WINDOW)),
    (rolling(), hold_rollout),
    (rolling(), pause_rollout),
    (rolling(Phase.PAUSED), lambda c, o: resume_rollout(c, new(V2), o)),
    (rolling(), lambda c, o: abort_rollout(c, new(V2), o)),
    (rolling(), lambda c, o: promote(c, new(V3), o, WINDOW)),
    (rolling(), lambda c, o: roll_back(c, [live(V0), live(V1)], None, o, WINDOW)),
]


@pytest.mark.parametrize(("channel", "make"), MAKERS)
def test_a_transition_has_the_same_event_ids_however_often_it_is_attempted(channel: Channel, make: Make) -> None:
    first, again = make(channel, at(1)), make(channel, at(7, "another cause"))
    assert first is not None
    assert again is not None
    ids = [event.event_id for event in first.events]
    assert ids == [event.event_id for event in again.events]
    assert len(set(ids)) == len(ids)
    elsewhere = make(replace(channel, name="next"), at(1))
    assert elsewhere is not None
    once_more = make(replace(channel, revision=channel.revision + 1, sequence=channel.sequence + 1), at(1))
    assert once_more is not None
    for other in (elsewhere, once_more):
        for one, another in zip(first.events, other.events, strict=True):
            assert (one.event_id == another.event_id) is (one.type is EventType.RELEASE_QUARANTINED)


def test_no_two_transitions_share_an_event_id() -> None:
    """A rollout's whole life, with pauses at the same step, on one channel."""
    channel, seen = STABLE, list[str]()

    def do(moved: Moved | None) -> None:
        nonlocal channel
        assert moved is not None
        seen.extend(event.event_id for event in moved.events)
        channel = written(moved)

    do(start_rollout(channel, new(V2), STEPS, at(0)))
    for _ in range(3):
        do(hold_rollout(channel, at(1)))
        do(pause_rollout(channel, at(1)))
        do(resume_rollout(channel, new(V2), at(1)))
    do(advance_rollout(channel, new(V2), at(1), WINDOW))
    do(advance_rollout(channel, new(V2), at(1), WINDOW))
    do(start_rollout(channel, new(V3), STEPS, at(1)))
    do(abort_rollout(channel, new(V3), at(1)))
    do(start_rollout(channel, new(V3, revision=3), STEPS, at(1)))
    do(abort_rollout(channel, new(V3, revision=3), at(1)))
    assert len(set(seen)) == len(seen) == 19
