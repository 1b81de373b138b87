"""The snapshot of all routes: what the edge's store is brought up to, and where telemetry looks up releases.

`{"schema": 1, "revision": 1795430000, "widgets": {name: routes}}`, with the entries of edgeship.domain.edge.routes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from edgeship.domain.edge.live_versions import are_live_versions
from edgeship.domain.edge.route_values import Routes

SCHEMA = 1

Snapshot = Mapping[str, Any]


def next_snapshot(
    snapshot: Snapshot | None, routes: Mapping[str, Routes], built_at: int = 0, gone: Iterable[str] = ()
) -> dict[str, Any] | None:
    """The next snapshot, with these widgets' entries and without those that are `gone`; None when nothing changes.

    Unknown parts of the old snapshot are kept.

    The first snapshot has the revision `built_at`, the Unix time in seconds. If a snapshot was lost, that is above
    every revision before it, as long as there was less than one write a second.
    """
    before = snapshot or {"schema": SCHEMA, "revision": built_at, "widgets": {}}
    widgets = {**before["widgets"], **routes}
    for name in gone:
        widgets.pop(name, None)
    after = {**before, "widgets": dict(sorted(widgets.items()))}
    if snapshot is not None and json.dumps(after) == json.dumps(before):
        return None
    return {**after, "revision": before["revision"] + 1}


def is_snapshot(document: object) -> bool:
    """Whether a document is one that this code has written, as far as it is read again: what lies beside its widgets'
    entries is not looked at."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return False
    revision, widgets = document.get("revision"), document.get("widgets")
    if type(revision) is not int or revision < 0 or not isinstance(widgets, dict):
        return False
    return all(isinstance(routes, dict) and _is_entry(routes) for routes in widgets.values())


def _is_entry(routes: dict[str, Any]) -> bool:
    channels, ranges = routes.get("channels"), routes.get("ranges")
    return (
        isinstance(channels, dict)
        and isinstance(ranges, dict)
        # Without `releases`, it was written before the router, without `live`, before that was kept: what is missing is
        # computed again when it is needed.
        and are_live_versions(routes.get("live", {}))
        and isinstance(releases := routes.get("releases", {}), dict)
        and all(isinstance(how, list) for how in releases.values())
        and all(isinstance(entry, dict) and isinstance(entry.get("stable"), str) for entry in channels.values())
    )


def is_whole(snapshot: Snapshot) -> bool:
    """Whether every entry has what the edge's store needs; one from before the router has not."""
    return all("releases" in routes for routes in snapshot["widgets"].values())


def routed_by_flags(snapshot: Snapshot) -> list[str]:
    """The widgets with a channel that a flag routes."""
    return [
        name
        for name, routes in snapshot["widgets"].items()
        if any("flag" in entry for entry in routes["channels"].values())
    ]
