from __future__ import annotations

from edgeship.application.doctor.compare_edge import SETTLES_SECONDS, CompareEdge
from edgeship.application.status.read_edge import ReadEdge
from edgeship.domain.doctor.serving import EdgeFacts
from edgeship.domain.edge.router import REVISION_KEY
from tests.fakes.edge import FakeSnapshots
from tests.fakes.route_store import FakeRouteStore, bring
from tests.support.world import AT_ONCE, World


class Place:
    """A widget that is live, and a relay that works while the diagnosis waits."""

    def __init__(self, *, relays: bool) -> None:
        self.world = World(policy=AT_ONCE)
        self.snapshots, self.store = FakeSnapshots(), FakeRouteStore()
        self.relays = relays
        self.waited: list[float] = []
        self.world.upload("1.0.0", "checkout")
        self.bring()

    def bring(self) -> None:
        bring(self.world.state, self.snapshots, self.store, "checkout")

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        if self.relays:
            self.bring()

    def compared(self) -> EdgeFacts:
        return CompareEdge(self.world.state, ReadEdge(self.snapshots, self.store), "test", self.sleep)()


def test_an_edge_that_has_what_the_table_says_is_read_once() -> None:
    place = Place(relays=False)
    found = place.compared()
    assert (found.is_behind, found.problem, place.waited) == (False, None, [])
    assert str(found.revision) == place.store.values[REVISION_KEY]
    assert found.store_bytes == place.store.content().size


def test_a_change_that_is_on_its_way_is_none_to_report() -> None:
    place = Place(relays=True)
    place.world.upload("1.0.1", "checkout")
    assert (place.compared().is_behind, place.waited) == (False, [SETTLES_SECONDS])


def test_an_edge_that_stays_behind() -> None:
    place = Place(relays=False)
    place.world.upload("1.0.1", "checkout")
    assert (place.compared().behind, place.waited) == (("checkout",), [SETTLES_SECONDS])


def test_a_store_that_can_not_be_read_is_no_reason_to_wait() -> None:
    place = Place(relays=False)
    place.store.unreachable = "there is no such store"
    assert (place.compared().problem, place.waited) == ("there is no such store", [])
