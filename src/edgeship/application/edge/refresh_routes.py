"""Bring the snapshot of all routes up to the table, and the edge's store up to the snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.ports import EdgeState, Snapshots
from edgeship.application.edge.read_routes import read_routes
from edgeship.application.ports import Clock, Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.edge.snapshot import Snapshot, is_whole, next_snapshot, routed_by_flags


@dataclass(frozen=True)
class RefreshRoutes:
    """`environment` is the name that flags may be limited to."""

    state: EdgeState
    snapshots: Snapshots
    bring: BringStore
    environment: str
    clock: Clock
    pause: Pause

    def __call__(self, widgets: Iterable[str], *, flags_changed: bool = False) -> None:
        """After these widgets have changed, or flags, which may route any.

        Raises:
            Conflict: others were quicker, again and again. StoreFull: the snapshot is right, and the store is not.
        """
        named = sorted(set(widgets))
        if named or flags_changed:
            before = retry_conflict(lambda: self._refresh(named, flags_changed=flags_changed), self.pause)
            self.bring(before)

    def _refresh(self, widgets: list[str], *, flags_changed: bool) -> Snapshot | None:
        # The snapshot is read before the table, and written only if it is still the one that was read. Of two relays
        # that overlap, the later writer has also read the table later, so an entry never becomes older.
        stored = self.snapshots.read()
        known = stored.content["widgets"] if stored.content is not None else {}
        if stored.content is None or not is_whole(stored.content):
            widgets = sorted({*(widget.name for widget in self.state.widgets()), *known})
        elif flags_changed:
            widgets = sorted({*widgets, *routed_by_flags(stored.content)})
        routes = {widget: read_routes(self.state, self.environment, widget) for widget in widgets}
        routes = {widget: found for widget, found in routes.items() if found["channels"] or widget in known}
        content = next_snapshot(stored.content, routes, int(self.clock().timestamp()))
        if content is not None:
            self.snapshots.write(content, stored)
        return stored.content
