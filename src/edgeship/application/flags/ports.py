"""What the use cases about flags need from outside, as Protocols."""

from __future__ import annotations

from typing import Protocol

from edgeship.application.transaction import Commits
from edgeship.domain.flags.flag_record import FlagRecord


class FlagState(Commits, Protocol):
    """What the table holds of flags."""

    def flags(self) -> list[FlagRecord]:
        """Every flag's record, by key, deleted ones too."""
