"""Whether the edge is behind the table, from few reads."""

from __future__ import annotations

import pytest

from edgeship.application.edge.ports import EdgeUnreachable
from edgeship.application.edge.read_routes import read_routes
from edgeship.application.status.read_edge import MAX_COMPARED, EdgeStatus, ReadEdge
from edgeship.domain.edge.route_values import MAX_STORE_BYTES
from edgeship.domain.edge.router import REVISION_KEY
from tests.fakes.edge import FakeSnapshots
from tests.fakes.route_store import FakeRouteStore, bring
from tests.support.world import AT_ONCE, World


class Place:
    def __init__(self, *widgets: str) -> None:
        self.world = World(policy=AT_ONCE)
        self.widgets = widgets
        for widget in widgets:
            self.world.upload("1.0.0", widget)
        self.snapshots, self.store = FakeSnapshots(), FakeRouteStore()
        bring(self.world.state, self.snapshots, self.store, *widgets)
        self.store.reads.clear()

    def read(self) -> EdgeStatus:
        shown = {widget: read_routes(self.world.state, "test", widget) for widget in self.widgets}
        return ReadEdge(self.snapshots, self.store)(shown)


def test_an_edge_that_has_what_the_table_says() -> None:
    place = Place("checkout", "chat")
    found = place.read()
    assert (found.is_behind, found.behind, found.problem) == (False, (), None)
    assert str(found.revision) == str(found.store_revision) == place.store.values[REVISION_KEY]
    assert found.content == place.store.content()


def test_an_environment_in_which_nothing_has_happened() -> None:
    assert ReadEdge(FakeSnapshots(), FakeRouteStore())({}).is_behind is False


def test_a_table_that_the_relay_has_not_followed() -> None:
    place = Place("checkout", "chat")
    place.world.upload("1.0.1", "chat")
    found = place.read()
    assert (found.is_behind, found.behind) == (True, ("chat",))


def test_a_store_that_was_changed_by_hand() -> None:
    place = Place("checkout")
    place.store.values["checkout"] = "|9.9.9 - latest"
    assert place.read().behind == ("checkout",)


def test_a_store_with_another_revision() -> None:
    place = Place("checkout")
    place.store.values[REVISION_KEY] = "0"
    found = place.read()
    assert (found.is_behind, found.store_revision, found.behind) == (True, 0, ())


@pytest.mark.parametrize("count", [MAX_COMPARED, MAX_COMPARED + 5])
def test_the_number_of_calls_is_bounded(count: int) -> None:
    place = Place(*(f"widget-{number:02}" for number in range(count)))
    assert place.read().is_behind is False
    assert len(place.store.reads) == 1 + MAX_COMPARED


def test_how_full_it_is() -> None:
    place = Place("checkout")
    place.store.filled_with = MAX_STORE_BYTES * 3 // 4
    assert 75 <= place.read().full_percent < 76


def test_what_is_not_readable_is_a_problem_and_no_error() -> None:
    place = Place("checkout")
    place.store.unreachable = "AccessDenied"
    assert (place.read().problem, place.read().is_behind) == ("AccessDenied", None)
    place.store.unreachable = ""
    place.snapshots.fault = EdgeUnreachable("no network")
    assert place.read().problem == "no network"
