"""What the use cases about flags need from outside, as Protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edgeship.application.transaction import Commits

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.domain.flags.flag_record import FlagRecord


class FlagState(Commits, Protocol):
    """What the table holds of flags."""

    def flags(self) -> list[FlagRecord]:
        """Every flag's record, by key, deleted ones too."""
