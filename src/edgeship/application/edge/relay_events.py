"""Bring committed events to the edge's snapshot and to the bus: at least once, and in order for each widget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeship.application.edge.ports import Bus, EdgeState, Poison, Snapshots
from edgeship.application.edge.refresh_flags import RefreshFlags
from edgeship.application.ports import Clock, Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.edge.snapshot import Routes, next_snapshot, routes_of
from edgeship.domain.events import Event, EventType
from edgeship.domain.flags.flags_snapshot import flag_entries


@dataclass(frozen=True)
class StreamRecord:
    """One record of the table's stream: an event, or a record that is not one, with the fault."""

    sequence_number: str
    event: Event | None
    raw: Mapping[str, Any]
    fault: str = ""


@dataclass(frozen=True)
class RelayEvents:
    state: EdgeState
    snapshots: Snapshots
    bus: Bus
    poison: Poison
    clock: Clock
    pause: Pause
    refresh_flags: RefreshFlags

    def __call__(self, records: Sequence[StreamRecord]) -> str | None:
        """Deliver the records; return the sequence number from which they must be delivered again, or None.

        The snapshots come first: a consumer of a change's event finds the change at the edge.
        """
        for record in records:
            if record.event is None:
                self.poison.set_aside(record.raw, record.fault)
        deliverable = [record for record in records if record.event is not None]
        events = [record.event for record in deliverable if record.event]
        flags = any(event.type is EventType.FLAG_CHANGED for event in events)
        self.refresh({event.widget for event in events if event.widget}, flags=flags)
        if flags:
            self.refresh_flags()
        return self._publish(deliverable)

    def refresh(self, widgets: Iterable[str], *, flags: bool) -> None:
        """Bring the snapshot's entries of these widgets, and its flags, up to the table; all if there is none."""
        named = sorted(set(widgets))
        if named or flags:
            retry_conflict(lambda: self._refresh(named, flags=flags), self.pause)

    def _refresh(self, widgets: list[str], *, flags: bool) -> None:
        # The snapshot is read before the table, and written only if it is still the one that was read. Of two relays
        # that overlap, the later writer has also read the table later, so an entry never becomes older.
        stored = self.snapshots.read()
        if stored.content is None:
            widgets, flags = [widget.name for widget in self.state.widgets()], True
        routes: dict[str, Routes] = {}
        for widget in widgets:
            found = routes_of(self.state.channels(widget), self.state.releases(widget))
            if found["channels"] or (stored.content and widget in stored.content["widgets"]):
                routes[widget] = found
        now = int(self.clock().timestamp())
        content = next_snapshot(stored.content, routes, self._flags() if flags else None, now)
        if content is not None:
            self.snapshots.write(content, stored)

    def _flags(self) -> dict[str, Any]:
        return dict(flag_entries(self.state.flags()))

    def _publish(self, records: Sequence[StreamRecord]) -> str | None:
        """Send in batches with at most one event of a widget or flag. So after a failure no later event of the same
        widget or flag can overtake an earlier one."""
        batch: list[StreamRecord] = []
        for record in records:
            subject = record.event.subject if record.event else None
            if len(batch) == self.bus.max_batch or any(r.event and r.event.subject == subject for r in batch):
                failed = self._send(batch)
                if failed is not None:
                    return failed
                batch = []
            batch.append(record)
        return self._send(batch) if batch else None

    def _send(self, batch: Sequence[StreamRecord]) -> str | None:
        failures = self.bus.publish([record.event for record in batch if record.event])
        for failure in failures:
            if failure.permanent:
                self.poison.set_aside(batch[failure.index].raw, f"the bus refuses it: {failure.code}")
        retried = [batch[f.index].sequence_number for f in failures if not f.permanent]
        return min(retried, key=int) if retried else None
