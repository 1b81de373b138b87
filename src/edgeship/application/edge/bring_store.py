"""Bring the edge's store up to the snapshot of all routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeship.application.edge.ports import RouteStore, Snapshots
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.edge.route_values import store_values
from edgeship.domain.edge.router import REVISION_KEY
from edgeship.domain.edge.snapshot import Snapshot, is_whole
from edgeship.domain.edge.store_changes import updates
from edgeship.domain.telemetry.tokens import KEYS_KEY


@dataclass(frozen=True)
class BringStore:
    """Of two that overlap, the later writer has also read the snapshot later: the store's ETag is read before the
    snapshot, and every update is conditional on it. So the store never goes back."""

    snapshots: Snapshots
    store: RouteStore
    pause: Pause

    def __call__(self, before: Snapshot | None) -> None:
        """After the snapshot was written. `before` is what it replaced: if the store has that, only the difference is
        written, else the store is read, and all that differs.

        Raises:
            Conflict: others were quicker, again and again. StoreFull: it does not take the routes.
        """
        retry_conflict(lambda: self._bring(before), self.pause)

    def repair(self) -> str:
        """Compare every key with the snapshot, and write what differs; returns the ETag of a store that is right.

        Raises:
            Conflict, StoreFull: as above.
        """
        return retry_conflict(self._repair, self.pause)

    def _bring(self, before: Snapshot | None) -> None:
        etag = self.store.content().etag
        revision = self.store.get(REVISION_KEY)
        snapshot = self.snapshots.read().content
        if snapshot is None or not is_whole(snapshot) or revision == str(snapshot["revision"]):
            return
        known = before is not None and is_whole(before) and revision == str(before["revision"])
        self._write(store_values(before["widgets"]) if known and before else self._routes(), snapshot, etag)

    def _repair(self) -> str:
        etag = self.store.content().etag
        stored = self._routes()
        snapshot = self.snapshots.read().content
        if snapshot is None or not is_whole(snapshot):
            return etag
        if stored == store_values(snapshot["widgets"]) | {REVISION_KEY: str(snapshot["revision"])}:
            return etag
        return self._write(stored, snapshot, etag)

    def _routes(self) -> dict[str, str]:
        """All of the store but the keys of tokens: those are not the snapshot's (`bring_keys.py`)."""
        return {key: value for key, value in self.store.all().items() if key != KEYS_KEY}

    def _write(self, stored: Mapping[str, str], snapshot: Snapshot, etag: str) -> str:
        for update in updates(stored, store_values(snapshot["widgets"]), snapshot["revision"]):
            etag = self.store.update(update.puts, update.deletes, etag)
        return etag
