"""An act is about the version that the person saw: refused when another is there, also when it changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeship.application.transaction import Transaction
from edgeship.domain.channels.expectation import Act, Expected
from edgeship.domain.errors import Refused
from edgeship.domain.version import Version
from tests.fakes.state import FakeState
from tests.support.world import World

Do = Callable[[World, Expected], object]
V = Version.parse

STEERED: dict[Act, Do] = {
    Act.PAUSE: lambda w, e: w.steer.pause("checkout", "latest", w.occasion(), e),
    Act.RESUME: lambda w, e: w.steer.resume("checkout", "latest", w.occasion(), e),
    Act.ADVANCE: lambda w, e: w.steer.advance("checkout", "latest", w.occasion(), e),
    Act.HOLD: lambda w, e: w.steer.hold("checkout", "latest", w.occasion(), e),
    Act.CANCEL: lambda w, e: w.steer.cancel("checkout", "latest", w.occasion(), e),
    Act.ABORT: lambda w, e: w.steer.abort("checkout", "latest", w.occasion(), e),
}
STARTS: dict[Act, Do] = {
    Act.PROMOTE: lambda w, e: w.promote_release("checkout", V("2.0.0"), "latest", w.occasion(), e),
    Act.START: lambda w, e: w.start_rollout("checkout", V("2.0.0"), "latest", w.occasion(), None, e),
}
ROLLBACK: dict[Act, Do] = {Act.ROLL_BACK: lambda w, e: w.roll_back("checkout", "latest", None, w.occasion(), e)}
ACTS = STEERED | STARTS | ROLLBACK


def test_every_act_is_held_to_what_was_seen() -> None:
    assert set(ACTS) == set(Act)


def rolling(state: FakeState | None = None) -> World:
    """1.0.0 is live, 1.1.0 is rolled out."""
    world = World("1.0.0", "1.1.0", "1.2.0", "2.0.0", state=state)
    world.promote("1.0.0")
    world.minutes(1)
    world.start_rollout("checkout", V("1.1.0"), "latest", world.occasion("bob", "the campaign"))
    return world


def refused(do: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as raised:
        do()
    return raised.value


@pytest.mark.parametrize("act", STEERED | ROLLBACK)
def test_an_act_on_a_rollout_that_was_replaced_is_refused(act: Act) -> None:
    world = rolling()
    world.steer.abort("checkout", "latest", world.occasion())
    world.minutes(1)
    world.start_rollout("checkout", V("1.2.0"), "latest", world.occasion("bob", "the fix"))
    before = dict(world.state.records)
    why = refused(lambda: ACTS[act](world, Expected(V("1.1.0"))))
    assert why.code == "changed_since"
    assert "1.1.0" in why.reason
    since = "since 2026-11-23T10:02:00.000Z by bob (the fix)"
    assert f"latest of checkout is at 1.0.0, with a rollout to 1.2.0, {since}" in why.reason
    assert "add --expect 1.2.0" in why.remedy
    assert world.state.records == before


@pytest.mark.parametrize("act", STEERED)
def test_an_act_on_a_rollout_that_has_ended_says_how_to_roll_its_version_back(act: Act) -> None:
    world = rolling()
    world.promote("1.1.0")
    why = refused(lambda: ACTS[act](world, Expected(V("1.1.0"))))
    assert why.code == "changed_since"
    assert "edgeship rollback checkout --expect 1.1.0" in why.remedy


@pytest.mark.parametrize("act", STEERED)
def test_a_rollout_that_was_aborted_leaves_nothing_to_do(act: Act) -> None:
    world = rolling()
    world.minutes(1)
    world.steer.abort("checkout", "latest", world.occasion("edgeship:rollout", "too slow"))
    why = refused(lambda: ACTS[act](world, Expected(V("1.1.0"))))
    assert why.code == "changed_since"
    assert "by edgeship:rollout (too slow)" in why.reason


@pytest.mark.parametrize("act", STARTS)
def test_a_promotion_from_another_version_than_was_seen_is_refused(act: Act) -> None:
    world = World("1.0.0", "1.1.0", "2.0.0")
    seen = Expected(None)
    world.promote("1.0.0")
    assert refused(lambda: ACTS[act](world, seen)).code == "changed_since"
    world.promote("1.1.0")
    why = refused(lambda: ACTS[act](world, Expected(V("1.0.0"))))
    assert why.code == "changed_since"
    assert "This expects latest at 1.0.0, but latest of checkout is at 1.1.0, since " in why.reason
    ACTS[act](world, Expected(V("1.1.0")))


def test_what_somebody_else_has_done_already_is_no_surprise() -> None:
    world = World("1.0.0", "2.0.0")
    world.promote("1.0.0")
    world.promote("2.0.0")
    assert refused(lambda: STARTS[Act.PROMOTE](world, Expected(V("1.0.0")))).code == "already_live"
    assert refused(lambda: STARTS[Act.START](world, Expected(V("1.0.0")))).code == "already_live"


def test_two_who_roll_back_the_same_version_roll_back_once() -> None:
    world = World("1.0.0", "1.1.0", "1.2.0")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        world.promote(version)
    seen = Expected(V("1.2.0"))
    ROLLBACK[Act.ROLL_BACK](world, seen)
    why = refused(lambda: ROLLBACK[Act.ROLL_BACK](world, seen))
    assert (why.code, world.live) == ("changed_since", "1.1.0")


def test_a_rollback_with_a_target_is_about_the_live_version() -> None:
    world = World("1.0.0", "1.1.0", "1.2.0")
    for version in ("1.0.0", "1.1.0"):
        world.promote(version)
    world.start_rollout("checkout", V("1.2.0"), "latest", world.occasion())
    to = V("1.0.0")
    why = refused(lambda: world.roll_back("checkout", "latest", to, world.occasion(), Expected(V("1.2.0"))))
    assert why.code == "changed_since"
    world.roll_back("checkout", "latest", to, world.occasion(), Expected(V("1.1.0")))
    assert world.live == "1.0.0"


class Racing(FakeState):
    """`between` happens once, between the next read of a channel and its write."""

    between: Callable[[], object] | None = None

    def commit(self, transaction: Transaction) -> None:
        between, self.between = self.between, None
        if between is not None:
            between()
        super().commit(transaction)


def test_a_change_between_the_read_and_the_write_is_seen() -> None:
    state = Racing()
    world = World("1.0.0", "1.1.0", "1.2.0", state=state)
    for version in ("1.0.0", "1.1.0"):
        world.promote(version)
    seen = Expected(V("1.1.0"))
    for act in (Act.ROLL_BACK, Act.PROMOTE):
        world = World("1.0.0", "1.1.0", "1.2.0", "2.0.0", state=(state := Racing()))
        for version in ("1.0.0", "1.1.0"):
            world.promote(version)
        state.between = lambda world=world: world.promote("1.2.0")  # type: ignore[misc]
        assert refused(lambda act=act, world=world: ACTS[act](world, seen)).code == "changed_since"  # type: ignore[misc]
        assert world.live == "1.2.0"


def test_a_change_that_leaves_the_version_does_not_stop_a_rollback() -> None:
    state = Racing()
    world = World("1.0.0", "1.1.0", state=state)
    for version in ("1.0.0", "1.1.0"):
        world.promote(version)
    state.between = lambda: state.commit(Transaction(puts=(replace(world.channel(), flag="ab"),), events=()))
    ROLLBACK[Act.ROLL_BACK](world, Expected(V("1.1.0")))
    assert (world.live, world.channel().flag) == ("1.0.0", "ab")


def test_an_event_of_another_channel_is_not_named() -> None:
    world = rolling()
    world.minutes(1)
    world.promote("1.1.0")
    world.minutes(1)
    world.promote("2.0.0", "next")
    why = refused(lambda: ACTS[Act.ABORT](world, Expected(V("1.1.0"))))
    assert "since 2026-11-23T10:02:00.000Z by ann" in why.reason


def test_a_promotion_aborts_no_rollout_that_the_person_did_not_see() -> None:
    world = rolling()
    why = refused(lambda: STARTS[Act.PROMOTE](world, Expected(V("1.0.0"), frozenset())))
    assert why.code == "changed_since"
    assert "This expects latest at 1.0.0 with no rollout, but" in why.reason
    assert "with a rollout to 1.1.0, since 2026-11-23T10:01:00.000Z by bob (the campaign)" in why.reason
    assert "add --expect 1.0.0" in why.remedy
    assert world.phase == "running"
    # It completes its own, and aborts what was seen, or what --expect leaves open.
    world.promote_release("checkout", V("1.1.0"), "latest", world.occasion(), Expected(V("1.0.0"), frozenset()))
    for seen in (frozenset([V("1.1.0")]), None):
        world = rolling()
        STARTS[Act.PROMOTE](world, Expected(V("1.0.0"), seen))
        assert world.live == "2.0.0"
