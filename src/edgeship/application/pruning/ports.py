"""What pruning needs from outside, as Protocols."""

from __future__ import annotations

from typing import Protocol

from edgeship.application.channels.ports import ChannelState
from edgeship.application.flags.ports import FlagState
from edgeship.domain.version import Version


class PruningState(ChannelState, FlagState, Protocol):
    """The parts of the table that say what is needed."""


class ReleaseObjects(Protocol):
    """All objects of a release: its files, what was compressed ahead, its pages, maps and surface."""

    def delete(self, widget: str, version: Version) -> int:
        """Delete those that are there; how many. Again, it deletes what is left."""
