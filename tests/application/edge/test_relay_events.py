"""Delivery: at least once, in order for each widget, and no record lost or able to block the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.application.channels.promote_release import PromoteRelease
from edgeship.application.edge.ports import BusFailure, StoredSnapshot
from edgeship.application.edge.relay_events import StreamRecord
from edgeship.application.transaction import Transaction
from edgeship.domain.edge.route_values import MAX_STORE_BYTES
from edgeship.domain.errors import Conflict
from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.version import Version
from tests.fakes.edge import FakeSnapshots
from tests.fakes.health import FakeAlarms
from tests.fakes.releases import FakeReleaseFiles
from tests.fakes.state import FakeState
from tests.support.edge import NOW, Edge
from tests.support.releases import a_release

WHO = Occasion("test", "ann", "by hand", NOW)


class Relay(Edge):
    """With a clock that the test moves."""

    def __init__(self, state: FakeState | None = None) -> None:
        self.now = NOW
        super().__init__(state or FakeState(), clock=lambda: self.now)


def moved(number: int, widget: str) -> StreamRecord:
    at = replace(WHO, at=NOW + timedelta(seconds=number))
    event = Event.of(EventType.POINTER_MOVED, at, widget, ("latest", number), None, {"n": number})
    return StreamRecord(str(100 + number), event, {"n": number})


def live(state: FakeState, widget: str, version: str) -> None:
    release = replace(a_release(version), widget=widget, revision=0)
    state.commit(Transaction(puts=(release,), events=(), registers=release))
    promote = PromoteRelease(state, FakeAlarms(lambda: NOW), FakeReleaseFiles(), lambda _: None)
    promote(widget, Version.parse(version), "latest", WHO)


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
    assert relay.snapshots.content["widgets"]["button"]["channels"]["latest"]["stable"] == "1.1.0"
    assert relay.snapshots.content["revision"] == int(NOW.timestamp()) + 2
    assert relay.snapshots.writes == 2


@pytest.mark.parametrize("corrupt", [False, True])
def test_one_built_anew_is_newer_than_the_one_that_was_lost(corrupt: bool) -> None:
    relay = Relay()
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
    assert found["widgets"]["button"]["channels"]["latest"]["stable"] == "1.1.0"
    assert found["revision"] > lost["revision"]
    assert relay.is_right()
    assert len(relay.bus.delivered) == 4


def test_a_snapshot_that_is_always_contended_rises() -> None:
    class Contended(FakeSnapshots):
        def write(self, content: object, replaces: StoredSnapshot) -> None:
            raise Conflict("again")

    state = FakeState()
    live(state, "checkout", "1.0.0")
    relay = Edge(state, Contended())
    with pytest.raises(Conflict):
        relay.relay([moved(0, "checkout")])
    assert relay.bus.delivered == []


def test_a_store_that_is_full_is_reported_and_holds_no_event_up() -> None:
    relay = Relay()
    live(relay.state, "checkout", "1.0.0")
    relay.store.quota = 20
    assert relay.deliver([moved(0, "checkout")]) == 1
    assert relay.reported == ["the edge's store is full, and was not brought up to the table"]
    assert len(relay.bus.delivered) == 1
    assert relay.snapshots.content is not None
    relay.store.quota = MAX_STORE_BYTES
    relay.deliver([moved(1, "checkout")])
    assert relay.is_right()


def test_an_event_is_delivered_when_its_change_is_in_the_store() -> None:
    """Whoever hears of it finds it at the edge."""
    relay = Relay()
    live(relay.state, "checkout", "1.0.0")
    found: list[bool] = []
    publish = relay.bus.publish

    def publishing(events: Sequence[Event]) -> list[BusFailure]:
        found.append(relay.is_right())
        return publish(events)

    relay.bus.publish = publishing  # type: ignore[method-assign]
    relay.deliver([moved(0, "checkout")])
    assert found == [True]
