"""What the use cases about freezes need from outside, as Protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edgeship.application.transaction import Commits

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.domain.calendar.freeze import FreezeRecord
    from edgeship.domain.events import Event


class CalendarState(Commits, Protocol):
    """The part of the table about freezes."""

    def freeze(self, widget: str | None) -> FreezeRecord:
        """The record of a widget's own freeze, or of the environment's (None); at revision 0 if never written."""

    def freezes(self) -> list[FreezeRecord]:
        """Every record that was ever written, the environment's first; those of freezes that have ended, too."""

    def environment_events(self, limit: int) -> list[Event]:
        """The newest events of the environment itself first: of its freeze, of what runs in it, of its identities."""
