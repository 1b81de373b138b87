"""A table whose routes the edge has, and what can go wrong with what the edge has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edgeship.application.channels.promote_release import PromoteRelease
from edgeship.application.transaction import Transaction
from edgeship.domain.edge.router import REVISION_KEY
from edgeship.domain.events import Occasion
from edgeship.domain.version import Version
from tests.fakes.health import FakeAlarms
from tests.fakes.releases import FakeReleaseFiles
from tests.fakes.state import FakeState
from tests.support.edge import NOW, Edge
from tests.support.releases import a_release

WHO = Occasion("test", "ann", "by hand", NOW)
WIDGETS = 60


def live(state: FakeState, widget: str, version: str) -> None:
    release = replace(a_release(version), widget=widget, revision=0)
    state.commit(Transaction(puts=(release,), events=(), registers=release))
    promote = PromoteRelease(state, FakeAlarms(lambda: NOW), FakeReleaseFiles(), lambda _: None)
    promote(widget, Version.parse(version), "latest", WHO)


def a_table(widgets: int = WIDGETS) -> FakeState:
    state = FakeState()
    for number in range(widgets):
        live(state, f"widget-{number:02}", "1.0.0")
    return state


Damage = Callable[[Edge], object]
DAMAGES: dict[str, Damage] = {
    "emptied": lambda edge: edge.store.by_hand(deletes=list(edge.store.values)),
    "emptied but for the revision": lambda edge: edge.store.by_hand(deletes=list(edge.routes_kept())),
    "one key changed": lambda edge: edge.store.by_hand({"widget-59": "|9.9.9 - latest"}),
    "one key deleted": lambda edge: edge.store.by_hand(deletes=["widget-33"]),
    "a foreign key": lambda edge: edge.store.by_hand({"widget-00/7": "{}", "\u00e9": "x"}),
    "the revision wrong": lambda edge: edge.store.by_hand({REVISION_KEY: "999999999999"}),
    "the revision of an update that was not finished": lambda edge: edge.store.by_hand({REVISION_KEY: "0"}),
    "the revision gone": lambda edge: edge.store.by_hand(deletes=[REVISION_KEY]),
    "the snapshot deleted": lambda edge: edge.snapshots.lose(corrupt=False),
    "the snapshot corrupt": lambda edge: edge.snapshots.lose(corrupt=True),
    "the snapshot from before the router": lambda edge: before_the_router(edge),
    "all of it": lambda edge: (
        edge.snapshots.lose(corrupt=True),
        edge.store.by_hand({"junk": "x"}, deletes=list(edge.store.values)),
    ),
}


def before_the_router(edge: Edge) -> None:
    """As the snapshot was written then: no entry says how its releases are served."""
    content = edge.snapshots.content
    assert content is not None
    old = {
        name: {key: value for key, value in routes.items() if key != "releases"} | {"versions": []}
        for name, routes in content["widgets"].items()
    }
    edge.snapshots.content = {**content, "flags": {}, "widgets": old}
