"""Read whether releases and steps of a widget may start automatically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeship.domain.calendar.freeze import FreezeRecord

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from collections.abc import Iterable

    from edgeship.application.calendar.ports import CalendarState


def freezes_of(state: CalendarState, widget: str) -> tuple[FreezeRecord, FreezeRecord]:
    """The records of the environment's freeze and of the widget's own."""
    return state.freeze(None), state.freeze(widget)


def among(records: Iterable[FreezeRecord], widget: str) -> tuple[FreezeRecord, FreezeRecord]:
    """The same, from all records."""
    known = {record.widget: record for record in records}
    return known.get(None) or FreezeRecord(None), known.get(widget) or FreezeRecord(widget)
