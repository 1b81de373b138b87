"""Each minute: whatever was lost or changed by hand is right again after one run; what is right is not written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeship.application.edge.ports import StoreFull
from edgeship.application.edge.repair_edge import WIDGETS_A_MINUTE
from edgeship.domain.telemetry import metric_registry
from edgeship.domain.telemetry.metric_registry import live_releases
from edgeship.domain.telemetry.tokens import KEYS_KEY, edge_keys
from tests.fakes.state import FakeState
from tests.support.crash.death import ProcessDied
from tests.support.edge import NOW, Edge, records_of, served_from
from tests.support.edge_damage import DAMAGES, WIDGETS, a_table, before_the_router, live
from tests.support.port_calls import Calls, die

MOST_CALLS = 400


@pytest.fixture
def edge() -> Edge:
    """All is right, and this process has seen that."""
    edge = Edge(a_table())
    edge.deliver(records_of(edge.state.log))
    edge.repair(0)
    assert edge.is_right()
    return edge


def test_what_is_right_is_not_written(edge: Edge) -> None:
    written, writes = len(edge.store.written), edge.snapshots.writes
    for minute in range(5):
        edge.repair(minute)
        edge.process().repair(minute)
    assert (len(edge.store.written), edge.snapshots.writes) == (written, writes)


def test_live_releases_above_the_cap_of_measured_ones_are_counted(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    edge.repair(0)
    assert edge.metrics.unmeasured[-1] == 0
    assert edge.snapshots.content is not None
    live_ones = len(live_releases(edge.snapshots.content))
    monkeypatch.setattr(metric_registry, "MAX_RELEASES", 3)
    edge.repair(1)
    assert edge.metrics.unmeasured[-1] == live_ones - 3


def test_a_store_that_was_compared_is_compared_again_when_somebody_has_written_it(edge: Edge) -> None:
    calls = Calls()
    process = edge.process(calls.wrap)
    process.repair(0)
    assert "all" in calls.made
    calls.made.clear()
    process.repair(1)
    assert "all" not in calls.made
    edge.store.by_hand({"widget-01": "{}"})
    process.repair(2)
    assert edge.is_right()


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("restarted", [False, True])
def test_one_run_makes_it_right(edge: Edge, name: str, restarted: bool) -> None:
    DAMAGES[name](edge)
    # The last slice: what another slice's run would find in the table is found in the snapshot.
    (edge.process() if restarted else edge).repair(2)
    assert edge.is_right()
    assert edge.snapshots.content is not None
    assert set(edge.snapshots.content["widgets"]) == {f"widget-{n:02}" for n in range(WIDGETS)}
    assert all("releases" in routes for routes in edge.snapshots.content["widgets"].values())


@pytest.mark.parametrize("name", DAMAGES)
def test_a_repair_that_died_anywhere_is_made_good_by_the_next(name: str) -> None:
    for number in range(MOST_CALLS):
        edge = Edge(a_table(4))
        edge.deliver(records_of(edge.state.log))
        edge.store.values |= {"widget-33": "", "widget-59": ""}
        DAMAGES[name](edge)
        calls = Calls(number, die, after=True)
        try:
            edge.process(calls.wrap).repair(0)
        except ProcessDied:
            edge.process().repair(0)
            assert edge.is_right()
        else:
            assert edge.is_right()
            return
    pytest.fail("it has more calls")


def test_the_first_minute_of_an_environment_from_before_the_router_fills_the_store() -> None:
    state = a_table()
    edge = Edge(state)
    edge.deliver(records_of(state.log))
    before_the_router(edge)
    edge.store.values = {}
    edge.process().repair(1)
    assert edge.is_right()
    assert len(edge.routes_kept()) >= WIDGETS


def test_an_environment_without_widgets_has_an_empty_store() -> None:
    edge = Edge(FakeState())
    assert edge.repair(0).keys == 1
    assert set(edge.store.all()) == {KEYS_KEY}
    assert edge.store.written == [[KEYS_KEY]]


def test_a_change_whose_event_never_came_is_there_when_its_slice_comes(edge: Edge) -> None:
    for number in (0, WIDGETS_A_MINUTE, WIDGETS - 1):
        live(edge.state, f"widget-{number:02}", "2.0.0")
    for minute in range(3):
        edge.repair(minute)
    assert edge.is_right()
    assert served_from(edge.store.values, "widget-59", "latest") == "2.0.0"


def test_a_full_store_is_an_error_that_keeps_neither_the_size_nor_the_flags_from_being_seen_to(edge: Edge) -> None:
    edge.store.by_hand(deletes=["widget-07"])
    edge.store.quota = 100
    edge.flags.body = None
    recorded = len(edge.metrics.recorded)
    with pytest.raises(StoreFull):
        edge.repair(0)
    assert edge.metrics.recorded[recorded:] == [edge.store.content()]
    assert edge.flags.body is not None


def test_the_size_is_recorded_each_minute(edge: Edge) -> None:
    content = edge.repair(1)
    assert edge.metrics.recorded[-1] == content == edge.store.content()
    assert content.size == sum(len(key) + len(value) for key, value in edge.store.values.items())


def test_the_edge_has_the_keys_of_tokens_of_two_days() -> None:
    now = [NOW]
    edge = Edge(a_table(), clock=lambda: now[0])
    edge.repair(0)
    assert edge.store.get(KEYS_KEY) == edge_keys(edge.token_keys.keys[0], NOW)
    written = len(edge.store.written)
    now[0] += timedelta(hours=13)
    edge.repair(1)
    assert len(edge.store.written) == written
    now[0] += timedelta(hours=1)
    edge.repair(2)
    assert edge.store.get(KEYS_KEY) == edge_keys(edge.token_keys.keys[0], now[0])
    assert edge.is_right()


def test_a_key_that_cannot_be_read_stops_nothing_else(edge: Edge) -> None:
    edge.token_keys.fault = OSError("no secret")
    edge.store.by_hand({"widget-01": "{}"})
    with pytest.raises(OSError, match="no secret"):
        edge.repair(1)
    assert edge.is_right()
    assert edge.metrics.recorded


def test_routes_that_do_not_fit_keep_no_key_away(edge: Edge) -> None:
    """The routes' store is full; pages that are open still get tokens."""
    edge.store.by_hand(deletes=[KEYS_KEY])
    edge.repair(3)
    assert edge.store.get(KEYS_KEY) is not None
