"""The relay and the repair on fakes, and what the edge then serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from edgeship.application.edge.bring_keys import BringKeys
from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.ports import EdgeState
from edgeship.application.edge.refresh_routes import RefreshRoutes
from edgeship.application.edge.relay_events import RelayEvents, StreamRecord
from edgeship.application.edge.repair_edge import RepairEdge
from edgeship.application.ports import Clock
from edgeship.domain.edge.route_values import Routes, store_values
from edgeship.domain.edge.router import REVISION_KEY, Continue, Insert, Redirect, ReExport, Request, Serve, route
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.events import Event
from edgeship.domain.flags.flags_snapshot import flag_entries
from edgeship.domain.naming import LATEST
from edgeship.domain.telemetry.tokens import KEYS_KEY
from tests.fakes.edge import (
    FakeBus,
    FakeEdgeMetrics,
    FakeFlagSnapshots,
    FakePoison,
    FakeRouteStore,
    FakeSnapshots,
    refresh_flags,
)
from tests.fakes.telemetry import FakeTokenKeys

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ENVIRONMENT = "test"


def table_routes(state: EdgeState, widget: str, environment: str = ENVIRONMENT) -> Routes:
    """A widget's routes as the table has them."""
    policy = state.policy(widget).policy
    flags = flag_entries(state.flags())
    channels, releases = state.channels(widget), state.releases(widget)
    custom_metric = policy.thresholds.custom_metric
    return routes_of(channels, releases, policy.serve, flags, environment, policy.testers, custom_metric=custom_metric)


def table_values(state: EdgeState) -> dict[str, str]:
    """The keys and values, but for the revision, that the store must have."""
    return store_values({widget.name: table_routes(state, widget.name) for widget in state.widgets()})


def served(routes: Mapping[str, Routes], widget: str, selector: str, user: str = "", **query: str) -> str | None:
    """The version that a user gets under `/<widget>/<selector>/`; None when the router answers 404."""
    return served_from(store_values(routes), widget, selector, user, **query)


def served_from(values: Mapping[str, str], widget: str, selector: str, user: str = "", **query: str) -> str | None:
    """The same, from a store's keys and values."""
    segment = selector if selector == LATEST else f"~{selector}"
    named = {name.replace("_", "-"): [value] for name, value in query.items()}
    request = Request(f"/{widget}/{segment}/widget.js", query=named, headers={"x-edgeship-user": user})
    outcome: Any = route(request, values.get)
    if isinstance(outcome, Redirect | Insert | ReExport):
        return outcome.version
    if isinstance(outcome, Serve | Continue):
        return outcome.uri.split("/")[2].removeprefix("v")
    return None


class Edge:
    """All that lies between the table and the edge, on fakes; the ports may be wrapped, each process its own."""

    def __init__(
        self,
        state: Any,
        snapshots: Any = None,
        store: Any = None,
        *,
        wrap: Callable[[Any], Any] = lambda port: port,
        clock: Clock = lambda: NOW,
    ) -> None:
        self.state = state
        self.snapshots: FakeSnapshots = snapshots if snapshots is not None else FakeSnapshots()
        self.store: FakeRouteStore = store if store is not None else FakeRouteStore()
        self.bus, self.poison, self.metrics = FakeBus(), FakePoison(), FakeEdgeMetrics()
        self.flags = FakeFlagSnapshots()
        self.reported: list[str] = []
        table, kept, keys = wrap(self.state), wrap(self.snapshots), wrap(self.store)
        self.bring = BringStore(kept, keys, lambda _: None)
        self.routes = RefreshRoutes(table, kept, self.bring, ENVIRONMENT, clock, lambda _: None)

        def report(what: str, _fault: Exception) -> None:
            self.reported.append(what)

        flags = refresh_flags(self.state, self.flags, now=clock, report=report)
        self.relay = RelayEvents(self.routes, flags, self.bus, self.poison, report)
        self.token_keys = FakeTokenKeys()
        self.bring_keys = BringKeys(self.token_keys, keys, clock, lambda _: None)
        self.repair = RepairEdge(table, self.routes, self.bring, keys, flags, self.metrics, self.bring_keys, kept)

    def process(self, wrap: Callable[[Any], Any] = lambda port: port) -> Edge:
        """Another process on the same table, snapshot and store."""
        return Edge(self.state, self.snapshots, self.store, wrap=wrap)

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

    def routes_kept(self) -> dict[str, str]:
        """What the store has, without its revision and the keys of tokens."""
        return {key: value for key, value in self.store.all().items() if key not in (REVISION_KEY, KEYS_KEY)}

    def is_right(self) -> bool:
        """Whether snapshot and store have the table's routes, as if they were read anew, and one revision."""
        content = self.snapshots.content
        if content is None:
            return not self.routes_kept()
        return (
            self.routes_kept() == table_values(self.state)
            and str(content["revision"]) == self.store.get(REVISION_KEY)
            and all(routes == table_routes(self.state, widget) for widget, routes in content["widgets"].items())
        )


def records_of(events: Iterable[Event], first: int = 100) -> list[StreamRecord]:
    """Events as the stream hands them over."""
    return [StreamRecord(str(number), event, {}) for number, event in enumerate(events, first)]
