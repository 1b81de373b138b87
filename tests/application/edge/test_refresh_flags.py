"""The flags' snapshot and its copies converge, whoever overlaps, dies or does not answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.application.edge.ports import FlagsUnreachable
from edgeship.application.edge.refresh_flags import RefreshFlags
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Conflict
from edgeship.domain.flags.flags_snapshot import decode
from edgeship.domain.flags.records.flag_record import FlagRecord
from tests.fakes.edge import FakeFlagSnapshots, refresh_flags
from tests.fakes.state import FakeState
from tests.support.flags import boolean

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


class World:
    def __init__(self, *copies: str) -> None:
        self.state, self.now = FakeState(), NOW
        self.home = FakeFlagSnapshots()
        self.copies = {region: FakeFlagSnapshots(region) for region in copies}
        self.faults: list[str] = []

    @property
    def refresh(self) -> RefreshFlags:
        return refresh_flags(
            self.state,
            self.home,
            *self.copies.values(),
            now=lambda: self.now,
            report=lambda what, fault: self.faults.append(f"{what}: {fault}"),
        )

    def set(self, key: str, **fields: Any) -> None:
        before = next((record for record in self.state.flags() if record.key == key), FlagRecord(key))
        record = FlagRecord(key, boolean(key, **fields), before.revision)
        self.state.commit(Transaction(puts=(record,), events=()))

    def content(self, place: FakeFlagSnapshots | None = None) -> Any:
        return decode((place or self.home).body or b"")

    def assert_same_everywhere(self) -> None:
        assert self.home.body is not None
        assert {copy.body for copy in self.copies.values()} <= {self.home.body}


def test_a_change_is_written_once_and_a_second_delivery_writes_nothing() -> None:
    world = World("eu-west-1", "ap-southeast-1")
    world.set("a")
    for _ in range(3):
        world.refresh()
    assert world.content()["revision"] == int(NOW.timestamp()) + 1
    assert [len(place.writes) for place in (world.home, *world.copies.values())] == [1, 1, 1]
    world.set("a", enabled=False)
    world.refresh()
    assert world.content()["revision"] == int(NOW.timestamp()) + 2
    world.assert_same_everywhere()
    assert world.faults == []


def test_without_flags_there_is_an_empty_snapshot() -> None:
    world = World()
    world.refresh.repair()
    assert world.content()["flags"] == {}


@pytest.mark.parametrize("body", [None, b"garbage"])
def test_one_that_is_lost_or_damaged_is_made_again_with_a_higher_revision(body: bytes | None) -> None:
    world = World("eu-west-1")
    for number in range(5):
        world.set("a", metadata={"n": number})
        world.refresh()
    before = world.content()
    world.home.body = body
    world.now += timedelta(minutes=1)
    world.refresh.repair()
    assert world.content()["flags"] == before["flags"]
    assert world.content()["revision"] > before["revision"]
    world.assert_same_everywhere()


def test_a_region_that_is_down_stops_nothing_and_is_repaired() -> None:
    world = World("eu-west-1", "ap-southeast-1")
    world.set("a")
    world.refresh()
    world.copies["eu-west-1"].down = True
    world.set("b")
    world.refresh()
    assert set(world.content()["flags"]) == set(world.content(world.copies["ap-southeast-1"])["flags"]) == {"a", "b"}
    assert set(world.content(world.copies["eu-west-1"])["flags"]) == {"a"}
    assert world.faults == ["the copy of the flags in eu-west-1 was not written: timed out"]
    world.copies["eu-west-1"].down = False
    world.refresh.repair()
    world.assert_same_everywhere()
    writes = [len(copy.writes) for copy in world.copies.values()]
    world.refresh.repair()
    assert [len(copy.writes) for copy in world.copies.values()] == writes, "what is right is not written again"
    assert len(world.faults) == 1


def test_when_home_is_down_the_event_is_delivered_again() -> None:
    world = World("eu-west-1")
    world.set("a")
    world.home.down = True
    for call in (world.refresh, world.refresh.repair):
        with pytest.raises(FlagsUnreachable):
            call()
    assert world.copies["eu-west-1"].writes == []


def test_home_restored_to_an_older_revision_is_copied() -> None:
    world = World("eu-west-1")
    world.set("a")
    world.refresh()
    older = world.home.body
    world.set("b")
    world.refresh()
    world.home.body = older
    world.refresh.repair()
    world.assert_same_everywhere()


def test_a_relay_that_is_overtaken_leaves_the_newer_flags_everywhere() -> None:
    """Between its read and its write, at home or at a copy, another relay brings a newer change everywhere."""
    for place in ("home", "eu-west-1"):
        world = World("eu-west-1", "us-west-2")
        world.set("a")
        world.refresh()
        world.set("b")

        def overtake(world: World = world) -> None:
            world.set("c")
            world.refresh()

        target = world.home if place == "home" else world.copies[place]
        target.before_write = overtake
        world.refresh()
        assert set(world.content()["flags"]) == {"a", "b", "c"}
        world.assert_same_everywhere()
        assert world.faults == []


def test_a_copy_that_is_always_contended_is_reported_and_home_rises() -> None:
    class Contended(FakeFlagSnapshots):
        def write(self, body: bytes, replaces: str | None) -> None:
            raise Conflict("again")

    world = World("eu-west-1")
    world.set("a")
    world.copies["eu-west-1"] = Contended("eu-west-1")
    world.refresh()
    assert world.faults == ["the copy of the flags in eu-west-1 was not written: again"]
    world.home = Contended()
    with pytest.raises(Conflict):
        world.refresh()


class Died(BaseException):
    """A process ended; nothing may catch it."""


class Dying(FakeFlagSnapshots):
    """Ends the process before or after its next write."""

    when = ""

    def write(self, body: bytes, replaces: str | None) -> None:
        when, self.when = self.when, ""
        if when == "before":
            raise Died
        super().write(body, replaces)
        if when == "after":
            raise Died


@pytest.mark.parametrize("again", ["delivered again", "repaired", "overtaken by the next change"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("place", ["us-east-1", "eu-west-1", "ap-southeast-1"])
def test_a_process_that_dies_at_a_write_leaves_what_the_next_one_completes(place: str, when: str, again: str) -> None:
    def make(*, dies: bool) -> World:
        world = World("eu-west-1", "ap-southeast-1")
        world.home = Dying()
        world.copies = {region: Dying(region) for region in world.copies}
        world.set("a")
        world.refresh()
        world.set("b")
        if dies:
            dying = {"us-east-1": world.home, **world.copies}[place]
            assert isinstance(dying, Dying)
            dying.when = when
            with pytest.raises(Died):
                world.refresh()
        return world

    def complete(world: World) -> None:
        if again == "overtaken by the next change":
            world.set("c")
        acts: dict[str, Callable[[], None]] = {"repaired": world.refresh.repair}
        acts.get(again, world.refresh)()

    world, undisturbed = make(dies=True), make(dies=False)
    if again == "repaired" and (place, when) == ("us-east-1", "before"):
        # Home has not changed, so its copies are right; the stream delivers the event again.
        complete(world)
        world.assert_same_everywhere()
        world.refresh()
    undisturbed.refresh()
    complete(world)
    complete(undisturbed)
    assert world.content()["flags"] == undisturbed.content()["flags"]
    world.assert_same_everywhere()
