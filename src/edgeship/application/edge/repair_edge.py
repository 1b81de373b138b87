"""Each minute: compare the edge's store with the table, and repair it."""

from __future__ import annotations

from dataclasses import dataclass, field

from edgeship.application.edge.bring_keys import BringKeys
from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.ports import (
    EdgeMetrics,
    EdgeState,
    PreviewStore,
    RouteStore,
    Snapshots,
    StoreContent,
)
from edgeship.application.edge.refresh_flags import RefreshFlags
from edgeship.application.edge.refresh_routes import RefreshRoutes
from edgeship.domain.telemetry.metric_registry import live_releases, measurable_releases

WIDGETS_A_MINUTE = 25
"""Whose routes are computed from the table again, one such slice after the other: the relay has done it at each change,
and a repair must not read a large table every minute."""


@dataclass
class RepairEdge:
    """Every key of the store is compared when the store has another ETag than after the last comparison of this
    process, so also after a change by hand: at most a minute later."""

    state: EdgeState
    refresh_routes: RefreshRoutes
    bring: BringStore
    store: RouteStore
    refresh_flags: RefreshFlags
    metrics: EdgeMetrics
    bring_keys: BringKeys
    snapshots: Snapshots
    bring_previews: PreviewStore | None = None
    """None where no previews are served."""
    _right: str | None = field(default=None, init=False)

    def __call__(self, minute: int) -> StoreContent:
        """`minute` counts up; it chooses the slice.

        Raises:
            Conflict, StoreFull, FlagsUnreachable: see the parts; the others have been done.
        """
        try:
            self._repair_routes(minute)
        finally:
            content = self._rest()
        return content

    def _rest(self) -> StoreContent:
        try:
            self.bring_keys()
        finally:
            # Also of a store that is full, which nobody would see otherwise.
            content = self.store.content()
            self.metrics.record(content)
            try:
                self.metrics.record_left_out(self.refresh_flags.repair())
                self.metrics.record_unmeasured(self._unmeasured())
            finally:
                if self.bring_previews is not None:
                    self.bring_previews.repair()
        return content

    def _unmeasured(self) -> int:
        snapshot = self.snapshots.read().content
        return len(live_releases(snapshot) - measurable_releases(snapshot))

    def _repair_routes(self, minute: int) -> None:
        self.refresh_routes(dict.fromkeys(self._slice(minute)))
        if self.store.content().etag != self._right:
            self._right = self.bring.repair()

    def _slice(self, minute: int) -> list[str]:
        names = sorted(widget.name for widget in self.state.widgets())
        slices = -(-len(names) // WIDGETS_A_MINUTE) or 1
        start = minute % slices * WIDGETS_A_MINUTE
        return names[start : start + WIDGETS_A_MINUTE]
