"""What publishing from the operator's machine needs from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edgeship.application.ports import UnpackedFile


class Packer(Protocol):
    """Builds archives on the operator's machine."""

    def pack(self, files: Mapping[str, Path], extra: Mapping[str, bytes], into: Path) -> None:
        """Write a `.tar.gz` whose bytes depend on nothing but the names and contents."""

    def describe(self, path: str, location: Path) -> UnpackedFile:
        """Measure and hash a file in place."""


@dataclass(frozen=True)
class Progress:
    """Bytes sent so far, of all there are."""

    sent: int
    total: int


@dataclass(frozen=True)
class Dropped:
    """An object in the inbox, by its ETag (without quotes)."""

    etag: str


class Dropbox(Protocol):
    """The inbox as an uploader sees it."""

    def put(self, key: str, archive: Path, replaces: str | None, progress: Callable[[Progress], None]) -> Dropped:
        """Upload if the key is free (`replaces` None), or if it still holds the object with that ETag.

        Raises:
            Conflict: the key holds something else.
        """

    def find(self, key: str) -> Dropped | None:
        """What lies at a key, or None."""

    def holds(self, there: Dropped, archive: Path) -> bool:
        """Whether an object has the archive's bytes."""
