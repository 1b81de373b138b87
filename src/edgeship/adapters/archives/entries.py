"""An entry of an archive, as both formats give it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edgeship.domain.releases.bundle import EntryKind


@dataclass(frozen=True)
class Entry:
    """`size` is in bytes, unpacked, as declared; `target` is a hard link's.

    `body` gives exactly `size` bytes in parts, or raises `Damaged`. Read it before the next entry.
    """

    name: str
    kind: EntryKind
    size: int = 0
    body: Iterator[bytes] = field(default_factory=lambda: iter(()))
    target: str | None = None
