"""What the use cases about flags need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from edgeship.application.transaction import Commits

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.domain.flags.records.flag_record import Document, FlagChange, FlagRecord


class FlagState(Commits, Protocol):
    """What the table holds of flags."""

    def flags(self) -> list[FlagRecord]:
        """Every flag's record, by key, deleted ones too."""


class CheckRoutes(Protocol):
    """Whether channels that flags route can still be routed by them."""

    def __call__(
        self,
        before: Mapping[str, Document],
        after: Mapping[str, Document],
        changes: Sequence[FlagChange],
        environment: str,
    ) -> None:
        """Check all flags, as they were and as they would be; `changes` are those in which the two do not agree.

        Raises:
            Refused: `flag_not_routable`; it names the channel.
        """
