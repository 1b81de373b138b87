"""Bring the snapshot of all routes up to the table, and the edge's store up to the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.ports import EdgeState, Snapshots
from edgeship.application.edge.read_routes import read_many_routes, read_routes, reread_routes
from edgeship.application.ports import Clock, Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.edge.route_values import Routes
from edgeship.domain.edge.snapshot import Snapshot, is_whole, next_snapshot, routed_by_flags
from edgeship.domain.version import Version

Changed = Mapping[str, frozenset[Version] | None]
"""Widgets, each with the releases that may have changed; None: read all of them."""


@dataclass(frozen=True)
class RefreshRoutes:
    """`environment` is the name that flags may be limited to, `threads` how many widgets are read at a time."""

    state: EdgeState
    snapshots: Snapshots
    bring: BringStore
    environment: str
    clock: Clock
    pause: Pause
    threads: int = 1

    def __call__(self, changed: Changed, *, flags_changed: bool = False) -> None:
        """After these widgets have changed, or flags, which may route any.

        Raises:
            Conflict: others were quicker, again and again. StoreFull: the snapshot is right, and the store is not.
        """
        if changed or flags_changed:
            before = retry_conflict(lambda: self._refresh(changed, flags_changed=flags_changed), self.pause)
            self.bring(before)

    def _refresh(self, changed: Changed, *, flags_changed: bool) -> Snapshot | None:
        # The snapshot is read before the table, and written only if it is still the one that was read. Of two relays
        # that overlap, the later writer has also read the table later, so an entry never becomes older.
        stored = self.snapshots.read()
        known = stored.content["widgets"] if stored.content is not None else {}
        if stored.content is None or not is_whole(stored.content):
            changed = dict.fromkeys([*(widget.name for widget in self.state.widgets()), *known])
        elif flags_changed:
            changed = {**dict.fromkeys(routed_by_flags(stored.content), frozenset()), **changed}
        routes = self._read(changed, known)
        routes = {widget: found for widget, found in routes.items() if found["channels"] or widget in known}
        content = next_snapshot(stored.content, routes, int(self.clock().timestamp()))
        if content is not None:
            self.snapshots.write(content, stored)
        return stored.content

    def _read(self, changed: Changed, known: Mapping[str, Routes]) -> dict[str, Routes]:
        whole = [widget for widget in sorted(changed) if widget not in known or changed[widget] is None]
        if len(whole) > 1:
            routes = read_many_routes(self.state, self.environment, whole, self.threads)
        else:
            routes = {widget: read_routes(self.state, self.environment, widget) for widget in whole}
        for widget in sorted(changed.keys() - routes.keys()):
            versions = changed[widget]
            assert versions is not None
            routes[widget] = reread_routes(self.state, self.environment, widget, known[widget], versions)
        return routes
