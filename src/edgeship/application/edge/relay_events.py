"""Bring committed events to the edge and to the bus: at least once, and in order for each widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeship.application.edge.ports import Bus, Poison, PreviewStore, StoreFull
from edgeship.application.edge.refresh_flags import RefreshFlags
from edgeship.application.edge.refresh_routes import Changed, RefreshRoutes
from edgeship.application.ports import Report
from edgeship.domain.edge.changed_releases import changed_by
from edgeship.domain.events import Event, EventType


@dataclass(frozen=True)
class StreamRecord:
    """One record of the table's stream: an event, or a record that is not one, with the fault."""

    sequence_number: str
    event: Event | None
    raw: Mapping[str, Any]
    fault: str = ""


@dataclass(frozen=True)
class RelayEvents:
    refresh_routes: RefreshRoutes
    refresh_flags: RefreshFlags
    bus: Bus
    poison: Poison
    report: Report
    bring_previews: PreviewStore | None = None
    """None where no previews are served."""

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
        self._refresh(changed_by(events), flags=flags)
        self._refresh_previews(events)
        return self._publish(deliverable)

    def _refresh(self, changed: Changed, *, flags: bool) -> None:
        if flags:
            self.refresh_flags()
        try:
            self.refresh_routes(changed, flags_changed=flags)
        except StoreFull as fault:
            # Trying again would not help, and would keep the events from everybody; `edgeship status` shows it, too.
            self.report("the edge's store is full, and was not brought up to the table", fault)

    def _refresh_previews(self, events: Sequence[Event]) -> None:
        if self.bring_previews is None:
            return
        try:
            self.bring_previews(events)
        except Exception as fault:  # noqa: BLE001  previews hold up no event of a release; the next minute repairs them
            self.report("the previews' store was not brought up to the table", fault)

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
