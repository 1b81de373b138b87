"""The one way to change the table: a transaction with its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.domain.calendar.freeze import FreezeRecord
    from edgeship.domain.calendar.waiting import WaitingRecord
    from edgeship.domain.channels.channel import Channel
    from edgeship.domain.channels.policy import PolicyRecord
    from edgeship.domain.events import Event
    from edgeship.domain.flags.records.flag_record import FlagRecord
    from edgeship.domain.notifications.rules import NotificationsRecord
    from edgeship.domain.previews.preview import PreviewsRecord
    from edgeship.domain.propagation.deployment import Deployment
    from edgeship.domain.provenance.identity import IdentitiesRecord
    from edgeship.domain.provenance.signed import NewestStatement
    from edgeship.domain.releases.rejection import Rejection
    from edgeship.domain.releases.release import Release
    from edgeship.domain.requirements.environment import EnvironmentRecord

    Record = (
        Channel
        | Deployment
        | EnvironmentRecord
        | FlagRecord
        | FreezeRecord
        | IdentitiesRecord
        | NewestStatement
        | NotificationsRecord
        | PolicyRecord
        | PreviewsRecord
        | Release
        | Rejection
        | WaitingRecord
    )


@dataclass(frozen=True)
class Transaction:
    """Writes that happen together or not at all, with their events.

    Each record of `puts` is written only if the table still holds the revision it was made from (0: none), and
    gets the next; each record of `checks` must still be at its revision. `registers` adds the release's widget; `paths`
    adds a number of invalidation paths to the count of a month (`2026-11`).
    """

    puts: tuple[Record, ...]
    events: tuple[Event, ...]
    checks: tuple[Release | FreezeRecord | EnvironmentRecord | Channel, ...] = ()
    registers: Release | None = None
    paths: tuple[str, int] | None = None


class Commits(Protocol):
    """Writes transactions."""

    def commit(self, transaction: Transaction) -> None:
        """Write it whole.

        Raises:
            Conflict: a revision was not what the transaction relies on; nothing was written.
        """


class History(Protocol):
    """Reads the events that transactions wrote."""

    def events(self, widget: str | None, limit: int) -> list[Event]:
        """The most recent events of a widget, newest first; those of the flags when it is None."""
