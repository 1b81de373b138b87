"""Set and lift freezes, by an operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edgeship.application.calendar.ports import CalendarState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.calendar.freeze import FreezeRecord, lift_freeze, set_freeze
from edgeship.domain.errors import Refused, check_unchanged
from edgeship.domain.events import Event, Occasion
from edgeship.domain.naming import check_widget


@dataclass(frozen=True)
class ChangeFreeze:
    """`widget` is None for the environment. `seen` is the revision of the record that the person saw; None: it is not
    known. Both raise Refused: `widget_invalid`, or `changed_since` when it is another one."""

    state: CalendarState
    pause: Pause

    def set(self, widget: str | None, until: datetime, occasion: Occasion, seen: int | None = None) -> FreezeRecord:
        """Freeze until a time (aware). A widget without a release may be frozen.

        Raises:
            Refused: `until_invalid`, `freeze_unchanged` or `freeze_longer`.
        """
        _check(widget)

        def attempt() -> FreezeRecord:
            return self._commit(*set_freeze(self._unchanged(widget, seen), until, occasion))

        return retry_conflict(attempt, self.pause)

    def lift(self, widget: str | None, occasion: Occasion, seen: int | None = None) -> FreezeRecord:
        """End the freeze; the record as it was.

        Raises:
            Refused: `not_frozen`, or `moved_meanwhile` when somebody else has changed the freeze meanwhile.
        """
        _check(widget)
        first = self._unchanged(widget, seen)

        def attempt() -> FreezeRecord:
            before = self._unchanged(widget, seen)
            if before.revision != first.revision and before.in_effect(occasion.at) is not None:
                raise Refused(
                    "moved_meanwhile",
                    "The freeze changed while this ran. Nothing was written.",
                    "Check edgeship status, and decide again.",
                )
            self._commit(*lift_freeze(before, occasion))
            return before

        return retry_conflict(attempt, self.pause)

    def _unchanged(self, widget: str | None, seen: int | None) -> FreezeRecord:
        record = self.state.freeze(widget)
        check_unchanged(seen, record.revision, f"The freeze of {record.subject}")
        return record

    def _commit(self, record: FreezeRecord, event: Event) -> FreezeRecord:
        self.state.commit(Transaction(puts=(record,), events=(event,)))
        return record


def _check(widget: str | None) -> None:
    if widget is not None:
        check_widget(widget)
