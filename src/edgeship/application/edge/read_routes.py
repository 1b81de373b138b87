"""Read from the table what a widget's channels and ranges mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeship.application.edge.ports import EdgeState
from edgeship.domain.edge.route_values import Routes
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.flags.flags_snapshot import flag_entries


def read_routes(state: EdgeState, environment: str, widget: str) -> Routes:
    """The widget's routes. `environment` is the name that flags may be limited to; flags are read only if one routes a
    channel."""
    channels = state.channels(widget)
    flags: Mapping[str, Mapping[str, Any]] = {}
    if any(channel.flag for channel in channels):
        flags = flag_entries(state.flags())
    serve = state.policy(widget).policy.serve
    return routes_of(channels, state.releases(widget), serve, flags, environment)
