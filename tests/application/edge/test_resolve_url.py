"""The table and the edge's store are asked alike, and what differs is said."""

from __future__ import annotations

import pytest

from edgeship.application.edge.resolve_url import Resolution, ResolveUrl
from edgeship.domain.edge.route_values import MAX_STORE_BYTES
from edgeship.domain.edge.router import REVISION_KEY, Request
from edgeship.domain.version import Version
from tests.fakes.edge import FakeSnapshots
from tests.fakes.route_store import FakeRouteStore, bring
from tests.support.world import AT_ONCE, World

LATEST = "/checkout/latest/widget.js"


class Edge:
    """A world, and a store that has all of it."""

    def __init__(self, world: World, *promoted: str) -> None:
        self.world = world
        for version in promoted:
            self.world.promote(version)
        self.snapshots, self.store = FakeSnapshots(), FakeRouteStore()
        self.bring()

    def bring(self) -> None:
        bring(self.world.state, self.snapshots, self.store, "checkout")

    def __call__(self, path: str, root: str | None = None, **query: str) -> Resolution:
        request = Request(path, query={name: [value] for name, value in query.items()})
        return ResolveUrl(self.world.state, self.store, "test")(request, root)


@pytest.fixture
def edge() -> Edge:
    """checkout: 1.0.0, 1.1.0 and 2.0.0 have been live, and 2.0.0 is."""
    return Edge(World("1.0.0", "1.1.0", "2.0.0", policy=AT_ONCE), "1.0.0", "1.1.0", "2.0.0")


def test_both_say_the_same(edge: Edge) -> None:
    found = edge(LATEST)
    assert (found.same, found.hint, found.problem) == (True, None, None)
    assert found.table == found.store
    assert found.table.line == "2.0.0, 302 to /checkout/v2.0.0/widget.js — latest points at it"
    assert found.store_revision == edge.store.values[REVISION_KEY]


def test_the_store_is_read_key_by_key(edge: Edge) -> None:
    edge.store.reads.clear()
    edge(LATEST)
    assert edge.store.reads == ["checkout", REVISION_KEY]


def test_a_store_that_is_behind(edge: Edge) -> None:
    edge.world.promote("1.1.0")
    found = edge(LATEST)
    assert found.store is not None
    assert (found.table.version, found.store.version, found.same) == ("1.1.0", "2.0.0", False)
    assert "behind the table for checkout; the minute tick repairs it: see edgeship status" in (found.hint or "")
    edge.bring()
    assert edge(LATEST).same


def test_another_weight_of_a_rollout_is_a_mismatch_for_every_user() -> None:
    edge = Edge(World("1.0.0", "1.1.0"), "1.0.0")
    edge.world.start_rollout("checkout", Version.parse("1.1.0"), "latest", edge.world.occasion())
    edge.bring()
    assert edge(LATEST, user="ann").same
    edge.world.steer.advance("checkout", "latest", edge.world.occasion())
    found = edge(LATEST, user="ann")
    assert found.store is not None
    assert ("50 %" in found.table.reason, "1 %" in found.store.reason, found.same) == (True, True, False)


def test_a_store_that_is_not_filled(edge: Edge) -> None:
    edge.store.values.clear()
    found = edge(LATEST)
    assert found.store is not None
    assert (found.store.answer, found.store_revision) == ("latest_copies", None)
    assert "not filled" in (found.hint or "")


def test_minor_ranges_that_a_full_store_leaves_out(edge: Edge) -> None:
    edge.store.values["checkout"] = '{"v":"|2.0.0 - latest","m":1}'
    edge.store.filled_with = MAX_STORE_BYTES * 9 // 10
    assert "old minor ranges are left out" in (edge("/checkout/~1.0/widget.js").hint or "")


def test_a_store_that_is_not_readable(edge: Edge) -> None:
    edge.store.unreachable = "AccessDenied"
    found = edge(LATEST)
    assert (found.store, found.same, found.problem) == (None, None, "AccessDenied")
    assert found.table.version == "2.0.0"


def test_an_exact_path_reads_nothing_of_the_edge(edge: Edge) -> None:
    edge.store.unreachable = "AccessDenied"
    found = edge("/checkout/v1.0.0/widget.js")
    assert (found.table.line, found.store, found.problem) == ("exact path; no code runs", None, None)
    missing = edge("/checkout/v9.9.9/widget.js").table
    assert missing.line == "exact path; no code runs; checkout has no release 9.9.9"


def test_paths_of_a_root_widget(edge: Edge) -> None:
    assert edge("/latest/widget.js", "checkout").table.location == "/checkout/v2.0.0/widget.js"
    found = edge("/latest/widget.js")
    assert found.table.answer == "unknown"
    assert found.hint == "no root widget is known here: write the widget's name, /<widget>/latest/widget.js"


@pytest.mark.parametrize("path", ["/nobody/latest/x.js", "/checkout/~beta/x.js", "/checkout/~7/x.js"])
def test_unknown_names_are_what_the_router_says(edge: Edge, path: str) -> None:
    found = edge(path)
    assert (found.table.answer, found.same) == ("unknown", True)
