"""In a deploy: the store has the table's routes before the CDN reads it, whatever was there."""

from __future__ import annotations

import pytest

from edgeship.application.edge.fill_store import PAUSES, FillStore
from edgeship.application.edge.ports import StoreFull
from edgeship.domain.telemetry.tokens import KEYS_KEY
from tests.fakes.state import FakeState
from tests.support.crash.death import ProcessDied
from tests.support.edge import Edge, records_of
from tests.support.edge_damage import DAMAGES, WIDGETS, a_table, before_the_router
from tests.support.port_calls import Calls, die

MOST_CALLS = 400


class Deploy:
    def __init__(self, edge: Edge) -> None:
        self.paused: list[float] = []
        self.reported: list[str] = []
        self.fill = FillStore(
            edge.routes, edge.bring, edge.bring_keys, self.paused.append, lambda _, why: self.reported.append(str(why))
        )


def an_edge() -> Edge:
    """A table of which the edge knows nothing."""
    return Edge(a_table())


@pytest.mark.parametrize("name", DAMAGES)
def test_the_store_is_right_afterwards(name: str) -> None:
    edge = an_edge()
    edge.deliver(records_of(edge.state.log))
    DAMAGES[name](edge)
    Deploy(edge).fill()
    assert edge.is_right()
    assert len(edge.routes_kept()) >= WIDGETS


def test_an_environment_from_before_the_router_has_its_routes() -> None:
    edge = an_edge()
    edge.deliver(records_of(edge.state.log))
    before_the_router(edge)
    edge.store.values = {}
    Deploy(edge).fill()
    assert edge.is_right()
    assert len(edge.routes_kept()) >= WIDGETS


def test_what_is_right_is_not_written() -> None:
    edge = an_edge()
    Deploy(edge).fill()
    written, writes = len(edge.store.written), edge.snapshots.writes
    Deploy(edge).fill()
    assert (len(edge.store.written), edge.snapshots.writes) == (written, writes)


def test_a_table_without_widgets_is_no_fault() -> None:
    edge = Edge(FakeState())
    Deploy(edge).fill()
    assert edge.is_right()


def refusing(edge: Edge, times: int) -> None:
    """The store refuses this caller so many times, as where a permission is not there yet."""
    left = iter(range(times))
    real = edge.store.content

    def content() -> object:
        if next(left, None) is not None:
            raise PermissionError("AccessDeniedException")
        return real()

    edge.store.content = content  # type: ignore[method-assign, assignment]


def test_a_permission_that_is_not_there_yet_is_waited_for() -> None:
    edge = an_edge()
    refusing(edge, 2)
    deploy = Deploy(edge)
    deploy.fill()
    assert edge.is_right()
    assert deploy.paused == list(PAUSES[:2])
    assert deploy.reported == ["AccessDeniedException"] * 2


def test_the_last_fault_rises() -> None:
    edge = an_edge()
    refusing(edge, 1_000)
    deploy = Deploy(edge)
    with pytest.raises(PermissionError):
        deploy.fill()
    assert deploy.paused == list(PAUSES)


def test_a_full_store_is_said_at_once() -> None:
    edge = an_edge()
    edge.store.quota = 100
    deploy = Deploy(edge)
    with pytest.raises(StoreFull):
        deploy.fill()
    assert deploy.paused == []


def test_a_process_that_dies_at_a_call_leaves_what_the_next_completes() -> None:
    for number in range(MOST_CALLS):
        edge = Edge(a_table(4))
        try:
            Deploy(edge.process(Calls(number, die, after=True).wrap)).fill()
        except ProcessDied:
            Deploy(edge.process()).fill()
            assert edge.is_right()
        else:
            assert number
            return
    pytest.fail("it has more calls")


def test_pages_get_tokens_from_the_first_minute_on() -> None:
    edge = an_edge()
    Deploy(edge).fill()
    assert edge.store.get(KEYS_KEY) is not None


def test_a_key_that_cannot_be_read_stops_no_deploy() -> None:
    edge = an_edge()
    edge.token_keys.fault = OSError("no secret")
    deploy = Deploy(edge)
    deploy.fill()
    assert edge.is_right()
    assert (deploy.paused, deploy.reported) == ([], ["no secret"])
