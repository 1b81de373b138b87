"""What the edge serves, from the table's state: routes, the keys and values of the store, and the router's specification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.ports import EdgeState, RouteStore, Snapshots
from edgeship.application.edge.refresh_routes import RefreshRoutes
from edgeship.application.ports import Clock
from edgeship.domain.edge.route_values import Routes, store_values
from edgeship.domain.edge.router import Continue, Insert, Redirect, Request, Serve, route
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.flags.flags_snapshot import flag_entries
from edgeship.domain.naming import LATEST

ENVIRONMENT = "test"


def table_routes(state: EdgeState, widget: str, environment: str = ENVIRONMENT) -> Routes:
    """A widget's routes as the table has them."""
    serve = state.policy(widget).policy.serve
    flags = flag_entries(state.flags())
    return routes_of(state.channels(widget), state.releases(widget), serve, flags, environment)


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
    if isinstance(outcome, Redirect | Insert):
        return outcome.version
    if isinstance(outcome, Serve | Continue):
        return outcome.uri.split("/")[2].removeprefix("v")
    return None


def refresh_routes(state: EdgeState, snapshots: Snapshots, store: RouteStore, clock: Clock) -> RefreshRoutes:
    """The use case with what it needs, without a pause."""
    bring = BringStore(snapshots, store, lambda _: None)
    return RefreshRoutes(state, snapshots, bring, ENVIRONMENT, clock, lambda _: None)
