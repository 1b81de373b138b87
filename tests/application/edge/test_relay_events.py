"""Delivery: at least once, in order for each widget, and no record lost or able to block the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.application.channels.promote_release import PromoteRelease
from edgeship.application.edge.ports import StoredSnapshot
from edgeship.application.edge.relay_events import RelayEvents, StreamRecord
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Conflict
from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.flags.flag_record import FlagRecord
from edgeship.domain.version import Version
from tests.fakes.edge import FakeBus, FakeFlagSnapshots, FakePoison, FakeSnapshots, refresh_flags
from tests.fakes.health import FakeAlarms
from tests.fakes.state import FakeState
from tests.support.releases import a_release

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
WHO = Occasion("test", "ann", "by hand", NOW)


class Relay:
    def __init__(self, state: FakeState | None = None) -> None:
        self.state = state or FakeState()
        self.snapshots, self.bus, self.poison = FakeSnapshots(), FakeBus(), FakePoison()
        self.now = NOW
        self.flags = FakeFlagSnapshots()
        self.relay = RelayEvents(
            self.state,
            self.snapshots,
            self.bus,
            self.poison,
            clock=lambda: self.now,
            pause=lambda _: None,
            refresh_flags=refresh_flags(self.state, self.flags, now=lambda: self.now),
        )

    def deliver(self, records: Sequence[StreamRecord]) -> int:
        """What the stream does: repeat from the record that failed, until none does; returns the deliveries."""
        deliveries = 0
        while records:
            deliveries += 1
            assert deliveries < 100
            again = self.relay(records)
            numbers = [record.sequence_number for record in records]
            records = records[numbers.index(again) :] if again else []
        return deliveries


def moved(number: int, widget: str) -> StreamRecord:
    at = replace(WHO, at=NOW + timedelta(seconds=number))
    event = Event.of(EventType.POINTER_MOVED, at, widget, ("latest", number), None, {"n": number})
    return StreamRecord(str(100 + number), event, {"n": number})


def live(state: FakeState, widget: str, version: str) -> None:
    release = replace(a_release(version), widget=widget, revision=0)
    state.commit(Transaction(puts=(release,), events=(), registers=release))
    PromoteRelease(state, FakeAlarms(lambda: NOW), lambda _: None)(widget, Version.parse(version), "latest", WHO)


@given(
    widgets=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=25),
    faults=st.dictionaries(st.integers(0, 24), st.integers(1, 3), max_size=6),
)
def test_every_event_arrives_and_none_overtakes_an_earlier_one_of_its_widget(
    widgets: list[str], faults: dict[int, int]
) -> None:
    relay = Relay()
    records = [moved(number, widget) for number, widget in enumerate(widgets)]
    for number, times in faults.items():
        if number < len(records):
            event = records[number].event
            assert event is not None
            relay.bus.failing[event.event_id] = (times, False)
    relay.deliver(records)
    for widget in set(widgets):
        numbers = [(e.new or {})["n"] for e in relay.bus.delivered if e.widget == widget]
        first_seen = list(dict.fromkeys(numbers))
        assert first_seen == [n for n, w in enumerate(widgets) if w == widget]
        # A repeat goes back and on again; it never skips ahead of what has not been delivered.
        assert all(later <= max(numbers[:i]) + 1 or later in first_seen for i, later in enumerate(numbers) if i)


def test_batches_are_full_when_widgets_differ() -> None:
    relay = Relay()
    relay.deliver([moved(n, f"widget-{n}") for n in range(25)])
    assert relay.bus.batches == [10, 10, 5]


def test_poison_is_set_aside_with_its_reason_and_blocks_nothing() -> None:
    relay = Relay()
    broken = StreamRecord("101", None, {"dynamodb": "?"}, "KeyError: 'detail'")
    refused = moved(2, "a")
    assert refused.event is not None
    relay.bus.failing[refused.event.event_id] = (99, True)
    assert relay.deliver([moved(0, "a"), broken, refused, moved(3, "a")]) == 1
    assert [(e.new or {})["n"] for e in relay.bus.delivered] == [0, 3]
    assert relay.poison.kept == [({"dynamodb": "?"}, "KeyError: 'detail'"), ({"n": 2}, "the bus refuses it: Denied")]


def test_the_snapshot_follows_the_table_and_is_rebuilt_when_it_is_gone() -> None:
    relay = Relay()
    live(relay.state, "button", "1.0.0")
    live(relay.state, "checkout", "1.0.0")
    relay.deliver([moved(0, "checkout")])
    assert relay.snapshots.content is not None
    # There was none: every widget is in it, not only the one that moved.
    assert set(relay.snapshots.content["widgets"]) == {"button", "checkout"}
    live(relay.state, "button", "1.1.0")
    relay.deliver([moved(1, "button"), moved(1, "button")])
    assert relay.snapshots.content["widgets"]["button"]["channels"] == {"latest": {"stable": "1.1.0"}}
    assert relay.snapshots.content["revision"] == int(NOW.timestamp()) + 2
    assert relay.snapshots.writes == 2


@pytest.mark.parametrize("corrupt", [False, True])
def test_one_built_anew_is_newer_than_the_one_that_was_lost(corrupt: bool) -> None:
    relay = Relay()
    relay.state.commit(
        Transaction(puts=(FlagRecord("a", {"variants": {"on": True}, "default_variant": "on"}),), events=())
    )
    live(relay.state, "button", "1.0.0")
    live(relay.state, "checkout", "1.0.0")
    for number in range(3):
        live(relay.state, "checkout", f"1.0.{number + 1}")
        relay.deliver([moved(number, "checkout")])
    lost = relay.snapshots.content
    assert lost is not None
    relay.snapshots.lose(corrupt=corrupt)
    relay.now += timedelta(seconds=30)
    live(relay.state, "button", "1.1.0")
    relay.deliver([moved(3, "button")])
    found = relay.snapshots.content
    assert found is not None
    assert found["widgets"]["checkout"] == lost["widgets"]["checkout"]
    assert found["widgets"]["button"]["channels"] == {"latest": {"stable": "1.1.0"}}
    assert found["flags"] == lost["flags"] != {}
    assert found["revision"] > lost["revision"]
    assert len(relay.bus.delivered) == 4


def test_a_relay_that_is_overtaken_reads_the_table_again() -> None:
    """Of two relays that overlap, the one whose write comes second must not put back what it read first."""
    slow = Relay()
    live(slow.state, "checkout", "1.0.0")
    slow.deliver([moved(0, "checkout")])
    quick = Relay(slow.state)
    quick.relay = replace(quick.relay, snapshots=slow.snapshots)
    overtaken: list[int] = []

    class Overtaken(FakeSnapshots):
        def read(self) -> StoredSnapshot:
            stored = slow.snapshots.read()
            if not overtaken:
                overtaken.append(1)
                live(slow.state, "checkout", "1.1.0")
                quick.deliver([moved(1, "checkout")])
            return stored

        def write(self, content: object, replaces: StoredSnapshot) -> None:
            slow.snapshots.write(content, replaces)  # type: ignore[arg-type]

    replace(slow.relay, snapshots=Overtaken()).refresh(["checkout"], flags=False)
    assert slow.snapshots.content is not None
    assert slow.snapshots.content["widgets"]["checkout"]["channels"] == {"latest": {"stable": "1.1.0"}}


def test_a_snapshot_that_is_always_contended_rises() -> None:
    class Contended(FakeSnapshots):
        def write(self, content: object, replaces: StoredSnapshot) -> None:
            raise Conflict("again")

    relay = Relay()
    live(relay.state, "checkout", "1.0.0")
    with pytest.raises(Conflict):
        replace(relay.relay, snapshots=Contended())([moved(0, "checkout")])
    assert relay.bus.delivered == []
