"""Whether the edge's store has what the table says, and how full it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edgeship.application.edge.ports import EdgeUnreachable, SnapshotReader, StoreContent, StoreReader
from edgeship.domain.edge.route_values import MAX_STORE_BYTES, Routes, Values, store_values
from edgeship.domain.edge.router import REVISION_KEY

MAX_COMPARED = 20
"""Widgets whose own value is read from the store: a call each. The minute tick compares every key."""


@dataclass(frozen=True)
class EdgeStatus:
    """`revision` is that of the snapshot of all routes, which the store is brought up to; `store_revision` is 0 while
    that goes on, and None in a store that is not filled. `behind` names the shown widgets of which the snapshot or the
    store has other values than the table. With a `problem`, what could not be read is None; `needs` is the action of
    IAM that the credentials lack, if that is why."""

    revision: int | None = None
    store_revision: int | None = None
    behind: tuple[str, ...] = ()
    content: StoreContent | None = None
    problem: str | None = None
    needs: str | None = None

    @property
    def is_behind(self) -> bool | None:
        if self.problem is not None:
            return None
        return bool(self.behind) or self.store_revision != self.revision

    @property
    def full_percent(self) -> float:
        """Of the store's limit."""
        return 100 * self.content.size / MAX_STORE_BYTES if self.content else 0.0


@dataclass(frozen=True)
class ReadEdge:
    snapshots: SnapshotReader
    store: StoreReader

    def __call__(self, shown: Mapping[str, Routes]) -> EdgeStatus:
        """`shown` are routes computed from the table. Four calls, and one a shown widget, up to `MAX_COMPARED`."""
        try:
            snapshot = self.snapshots.read().content
            revision = int(snapshot["revision"]) if snapshot else None
            widgets = snapshot["widgets"] if snapshot else {}
            content = self.store.content()
            stored = self.store.get(REVISION_KEY)
            behind = tuple(self._behind(shown, widgets))
        except EdgeUnreachable as fault:
            return EdgeStatus(problem=str(fault), needs=fault.needs)
        return EdgeStatus(revision, None if stored is None else int(stored), behind, content)

    def _behind(self, shown: Mapping[str, Routes], widgets: Mapping[str, Routes]) -> Iterator[str]:
        live = {widget: routes for widget, routes in shown.items() if routes["channels"]}
        expected = _store_values({**widgets, **live})
        for number, (widget, routes) in enumerate(live.items()):
            compared = number < MAX_COMPARED
            if widgets.get(widget) != routes or (compared and self.store.get(widget) != expected.get(widget)):
                yield widget


def _store_values(widgets: Mapping[str, Routes]) -> Values:
    """Without what is from before the router: the relay computes such entries again."""
    return store_values({widget: routes for widget, routes in widgets.items() if "releases" in routes})
