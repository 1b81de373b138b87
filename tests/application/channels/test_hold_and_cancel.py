"""A hold keeps its percentage and is still judged; a cancelled rollout blames nobody, and a person starts it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeship.domain.channels.policy import OnInconclusive
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType
from edgeship.domain.health.breach import Breach
from edgeship.domain.version import Version
from tests.support.world import POLICY, World, rolling

V = Version.parse
WHERE = ("checkout", "latest")


def held(policy_inconclusive: OnInconclusive = "hold") -> World:
    world = rolling()
    if policy_inconclusive != "hold":
        edit = lambda p: replace(p, on_inconclusive=policy_inconclusive)  # noqa: E731
        world.change_policy("checkout", edit, world.occasion())
    world.steer.hold(*WHERE, world.occasion("ann", "the campaign"))
    return world


def minutes(world: World, count: int, **candidate: int) -> None:
    for _ in range(count):
        world.report("1.0.0", sessions=60)
        if candidate:
            world.report("1.1.0", **candidate)
        world.minutes(1)


def test_no_tick_advances_what_a_person_holds() -> None:
    world = held()
    minutes(world, 30, sessions=60)
    assert (world.percent, world.phase) == (1, "running")
    assert [e.type for e in world.events_of(EventType.ROLLOUT_HELD)] == [EventType.ROLLOUT_HELD]
    world.steer.resume(*WHERE, world.occasion())
    minutes(world, 1, sessions=60)
    assert world.percent == 50


@pytest.mark.parametrize("on_inconclusive", ["hold", "pass", "fail"])
def test_too_few_sessions_do_not_move_it_either(on_inconclusive: OnInconclusive) -> None:
    world = held(on_inconclusive)
    count = len(world.state.log)
    minutes(world, 30)
    assert (world.percent, world.phase, len(world.state.log)) == (1, "running", count)


def test_a_held_candidate_is_still_judged() -> None:
    world = held()
    minutes(world, 4, sessions=60, failed=30)
    assert (world.phase, world.is_quarantined("1.1.0")) == ("aborted", True)
    world = held()
    minutes(world, 4, sessions=50, failed=3)
    assert world.phase == "paused"
    world.steer.resume(*WHERE, world.occasion())
    assert not world.channel().rollout.held  # type: ignore[union-attr]
    world = held()
    world.react(Breach("checkout", V("1.1.0"), world.now, "too slow", {}), world.occasion())
    assert world.phase == "aborted"


def test_an_upload_waits_while_a_person_holds_the_rollout() -> None:
    world = World(policy=replace(POLICY, during_rollout="replace"))
    world.upload("1.0.0")
    world.upload("1.1.0")
    world.steer.hold(*WHERE, world.occasion())
    assert world.upload("1.2.0") == "leave"
    world.steer.resume(*WHERE, world.occasion())
    assert world.promote_upload("checkout", V("1.2.0"), world.occasion()).action.value == "replace"


def cancelled() -> World:
    world = rolling()
    world.steer.cancel(*WHERE, world.occasion("ann", "next week"))
    return world


def test_a_cancelled_rollout_blames_nobody() -> None:
    world = cancelled()
    assert (world.live, world.phase, world.percent) == ("1.0.0", "cancelled", 0)
    assert world.channel().lock is None
    assert not world.is_quarantined("1.1.0")
    assert world.events_of(EventType.RELEASE_QUARANTINED, EventType.ROLLOUT_ABORTED) == []
    (event,) = world.events_of(EventType.ROLLOUT_CANCELLED)
    assert (event.actor, event.cause) == ("ann", "next week")
    world.minutes(10)
    assert world.watched_versions() == []


def test_no_event_starts_it_again() -> None:
    world = cancelled()
    for _ in range(2):
        decision = world.promote_upload("checkout", V("1.1.0"), world.occasion("ci", "upload"))
        assert decision.action.value == "leave"
        assert "was cancelled at 2026-11-23T11:02:00.000Z by ann: next week" in decision.reason
        assert "edgeship promote checkout 1.1.0" in decision.reason
        assert world.promote_upload.promote_waiting("checkout", world.occasion()).action.value == "leave"
    # Nor when a later rollout has ended, or a lock is lifted.
    assert world.upload("1.0.5") == "roll_out"
    world.steer.advance(*WHERE, world.occasion())
    world.steer.advance(*WHERE, world.occasion())
    assert world.live == "1.0.5"
    assert world.promote_upload.promote_waiting("checkout", world.occasion()).action.value == "leave"


BY_A_PERSON: list[Callable[[World], object]] = [
    lambda w: w.start_rollout("checkout", V("1.1.0"), "latest", w.occasion()),
    lambda w: w.promote("1.1.0"),
]


@pytest.mark.parametrize("act", BY_A_PERSON)
def test_a_person_starts_it_again(act: Callable[[World], object]) -> None:
    world = cancelled()
    act(world)
    release = world.state.release("checkout", V("1.1.0"))
    assert release is not None
    assert release.cancelled == ()
    assert V("1.1.0") in (world.channel().candidate, world.channel().version)


def test_what_was_started_again_may_be_cancelled_again() -> None:
    world = cancelled()
    for _ in range(2):
        BY_A_PERSON[0](world)
        world.steer.cancel(*WHERE, world.occasion())
    release = world.state.release("checkout", V("1.1.0"))
    assert release is not None
    assert len(release.cancelled) == 1
    assert len({e.event_id for e in world.events_of(EventType.ROLLOUT_CANCELLED)}) == 3


def test_another_channels_cancellation_stops_no_upload() -> None:
    world = World("1.0.0", "1.1.0")
    world.promote("1.0.0")
    world.promote("1.0.0", "next")
    world.start_rollout("checkout", V("1.1.0"), "next", world.occasion())
    world.steer.cancel("checkout", "next", world.occasion())
    assert world.promote_upload("checkout", V("1.1.0"), world.occasion()).action.value == "roll_out"


def test_what_waited_for_the_rollout_follows_its_cancellation() -> None:
    world = rolling()
    assert world.upload("1.2.0") == "leave"
    world.steer.cancel(*WHERE, world.occasion())
    for _ in range(2):
        world.promote_upload.promote_waiting("checkout", world.occasion("ci", "event"))
        assert str(world.channel().candidate) == "1.2.0"
    assert len(world.events_of(EventType.ROLLOUT_STARTED)) == 2


def test_the_newest_release_that_waited_for_a_lock_follows_when_it_is_lifted() -> None:
    world = rolling()
    world.roll_back(*WHERE, None, world.occasion())
    for version in ("1.1.1", "1.1.2", "2.0.0"):
        assert world.upload(version) == "leave"
    world.promote_upload.promote_waiting("checkout", world.occasion())
    assert world.channel().candidate is None
    world.unlock(*WHERE, world.occasion())
    for _ in range(2):
        world.promote_upload.promote_waiting("checkout", world.occasion("ci", "event"))
        assert str(world.channel().candidate) == "1.1.2"
    assert world.is_quarantined("1.1.0")


def test_an_ended_rollout_is_neither_held_nor_cancelled() -> None:
    world = cancelled()
    for act in (world.steer.hold, world.steer.cancel, world.steer.resume):
        with pytest.raises(Refused) as refused:
            act(*WHERE, world.occasion())
        assert refused.value.code == "phase_invalid"
    assert world.phase == Phase.CANCELLED
