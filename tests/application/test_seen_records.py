"""Acts on a lock, a quarantine or a freeze are about the one that the person saw, whoever writes between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.version import Version
from tests.support.world import World, just_live

WIDGET, LATEST = "checkout", "latest"
BAD = Version.parse("1.1.0")
DAY = timedelta(days=1)


class Overtaken:
    """A state in which somebody else writes between the first read and the first write."""

    def __init__(self, state: Any, meanwhile: Callable[[], object]) -> None:
        self._state, self._meanwhile = state, [meanwhile]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)

    def commit(self, transaction: Any) -> None:
        if self._meanwhile:
            self._meanwhile.pop()()
        self._state.commit(transaction)


@dataclass(frozen=True)
class Case:
    """`act` does it, with what was seen or with None; `seen` reads what a person sees of it now."""

    prepare: Callable[[World], object]
    again: Callable[[World], object]
    act: Callable[[World, Any, Any], object]
    seen: Callable[[World], Any]


def roll_back(world: World) -> None:
    world.roll_back(WIDGET, LATEST, None, world.occasion())


def lock_again(world: World) -> None:
    world.unlock(WIDGET, LATEST, world.occasion("bob"))
    world.now += timedelta(minutes=5)
    world.upload("1.3.0")
    roll_back(world)


def quarantine_again(world: World) -> None:
    world.unquarantine(WIDGET, BAD, world.occasion("bob"))
    world.now += timedelta(minutes=5)
    world.promote("1.1.0")
    roll_back(world)


def freeze(world: World, days: int, actor: str = "ann") -> None:
    world.freeze.set(WIDGET, world.now + days * DAY, world.occasion(actor))


def lock_of(world: World) -> str:
    lock = world.channel().lock
    assert lock is not None
    return lock.since


def quarantine_of(world: World) -> str:
    release = world.state.release(WIDGET, BAD)
    assert release is not None
    assert release.quarantine is not None
    return release.quarantine.since


CASES = {
    "unlock": Case(
        prepare=roll_back,
        again=lock_again,
        act=lambda world, state, seen: replace(world.unlock, state=state)(WIDGET, LATEST, world.occasion(), seen),
        seen=lock_of,
    ),
    "unquarantine": Case(
        prepare=roll_back,
        again=quarantine_again,
        act=lambda world, state, seen: replace(world.unquarantine, state=state)(WIDGET, BAD, world.occasion(), seen),
        seen=quarantine_of,
    ),
    "unfreeze": Case(
        prepare=lambda world: freeze(world, 1),
        again=lambda world: freeze(world, 9, "bob"),
        act=lambda world, state, seen: replace(world.freeze, state=state).lift(WIDGET, world.occasion(), seen),
        seen=lambda world: world.state.freeze(WIDGET).revision,
    ),
    "freeze": Case(
        prepare=lambda world: freeze(world, 1),
        again=lambda world: freeze(world, 2, "bob"),
        act=lambda world, state, seen: replace(world.freeze, state=state).set(
            WIDGET, world.now + 9 * DAY, world.occasion(), seen
        ),
        seen=lambda world: world.state.freeze(WIDGET).revision,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_was_seen_is_acted_on(name: str) -> None:
    world, case = just_live(), CASES[name]
    case.prepare(world)
    case.act(world, world.state, case.seen(world))


@pytest.mark.parametrize("name", CASES)
def test_another_one_than_was_seen_stays(name: str) -> None:
    world, case = just_live(), CASES[name]
    case.prepare(world)
    seen = case.seen(world)
    case.again(world)
    there = case.seen(world)
    with pytest.raises(Refused, match="changed since you saw it") as refused:
        case.act(world, world.state, seen)
    assert (refused.value.code, case.seen(world)) == ("changed_since", there)


@pytest.mark.parametrize("knows", [True, False])
@pytest.mark.parametrize("name", ["unlock", "unquarantine", "unfreeze"])
def test_one_that_comes_while_it_runs_stays(name: str, knows: bool) -> None:
    world, case = just_live(), CASES[name]
    case.prepare(world)
    seen = case.seen(world)
    state = Overtaken(world.state, lambda: case.again(world))
    with pytest.raises(Refused) as refused:
        case.act(world, state, seen if knows else None)
    assert refused.value.code in ("changed_since", "moved_meanwhile")
    assert case.seen(world) != seen


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("unlock", lambda world: world.channel()),
        ("unquarantine", lambda world: world.state.release(WIDGET, BAD)),
    ],
)
def test_another_write_of_its_record_changes_nothing(name: str, record: Callable[[World], Any]) -> None:
    """It is tried again, on the same lock or quarantine."""
    world, case = just_live(), CASES[name]
    case.prepare(world)
    state = Overtaken(world.state, lambda: world.state.commit(Transaction(puts=(record(world),), events=())))
    case.act(world, state, None)
    assert (world.channel().lock is None) == (name == "unlock")
    assert world.is_quarantined("1.1.0") == (name == "unlock")
