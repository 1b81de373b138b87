"""The edge's snapshot: which release every moving path means. Built from the table's state, never from events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from edgeship.domain.channel import Channel
from edgeship.domain.release import Release
from edgeship.domain.version import Version

SCHEMA = 1

Routes = dict[str, Any]
"""One widget's entry: `{"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {"1": "1.4.2", "1.4": "1.4.2"}}`."""


def routes_of(channels: Iterable[Channel], releases: Iterable[Release]) -> Routes:
    """What a widget's channels and ranges mean now.

    A range chooses the newest of its releases that has been promoted and is not quarantined; pre-releases are in no
    range, as in npm's "max satisfying" (https://github.com/npm/node-semver#prerelease-tags).
    """
    newest: dict[str, Version] = {}
    for release in releases:
        version = release.version
        if release.promoted_at is None or release.quarantine is not None or version.prerelease:
            continue
        for selector in (f"{version.major}", f"{version.major}.{version.minor}"):
            newest[selector] = max(newest.get(selector, version), version)
    return {
        "channels": {c.name: {"stable": str(c.version)} for c in channels if c.version is not None},
        "ranges": {selector: str(version) for selector, version in sorted(newest.items())},
    }


def with_routes(snapshot: Mapping[str, Any] | None, routes: Mapping[str, Routes]) -> dict[str, Any] | None:
    """The next snapshot with these widgets' entries replaced, or None when it would say the same."""
    before = snapshot or {"schema": SCHEMA, "revision": 0, "widgets": {}}
    widgets = {**before["widgets"], **routes}
    if snapshot is not None and widgets == before["widgets"]:
        return None
    return {**before, "revision": before["revision"] + 1, "widgets": dict(sorted(widgets.items()))}
