"""The edge's store in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.ports import EdgeState, EdgeUnreachable, Snapshots, StoreContent
from edgeship.application.edge.refresh_routes import RefreshRoutes
from edgeship.domain.edge.route_values import size
from edgeship.domain.errors import Conflict

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@dataclass
class FakeRouteStore:
    """`unreachable`, while it is set, is why nobody can read it; `reads` has the keys that were read; `filled_with` are
    bytes that it says to hold besides."""

    values: dict[str, str] = field(default_factory=dict)
    unreachable: str = ""
    reads: list[str] = field(default_factory=list)
    filled_with: int = 0
    _etag: int = 0

    def content(self) -> StoreContent:
        self._reach()
        return StoreContent(str(self._etag), len(self.values), size(self.values) + self.filled_with)

    def get(self, key: str) -> str | None:
        self._reach()
        self.reads.append(key)
        return self.values.get(key)

    def all(self) -> dict[str, str]:
        self._reach()
        return dict(self.values)

    def update(self, puts: Mapping[str, str], deletes: Sequence[str], etag: str) -> str:
        if etag != str(self._etag):
            raise Conflict("the store was written by another")
        self.values = {key: value for key, value in {**self.values, **puts}.items() if key not in deletes}
        self._etag += 1
        return str(self._etag)

    def _reach(self) -> None:
        if self.unreachable:
            raise EdgeUnreachable(self.unreachable)


def bring(state: EdgeState, snapshots: Snapshots, store: FakeRouteStore, *widgets: str) -> None:
    """What the relay does after these widgets have changed."""

    def never(_: int) -> None:
        """Nobody else is here to race with."""

    RefreshRoutes(state, snapshots, BringStore(snapshots, store, never), "test", lambda: NOW, never)(
        dict.fromkeys(widgets)
    )
