"""A rollback moves only to a release whose files are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from edgeship.application.releases.ports import ReleaseFiles
from edgeship.domain.channels.channel import Moved
from edgeship.domain.channels.moves import target_of
from edgeship.domain.version import Version

T = TypeVar("T", bound=Moved | None)

Gone = frozenset[Version]


def to_what_is_served(decide: Callable[[Gone], T], files: ReleaseFiles) -> T:
    """What is decided, without the targets whose files are gone: each is found when it would be chosen."""
    gone: Gone = frozenset()
    while True:
        moved = decide(gone)
        target = target_of(moved) if moved is not None else None
        if target is None or not files.are_gone(target):
            return moved
        gone |= {target.version}
