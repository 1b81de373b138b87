"""What the use cases about the environment need from outside, as Protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edgeship.application.transaction import Commits

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.domain.requirements.environment import EnvironmentRecord


class RequirementState(Commits, Protocol):
    """The part of the table about what runs around the widgets."""

    def environment(self) -> EnvironmentRecord:
        """The record; at revision 0 and empty when it was never written."""
