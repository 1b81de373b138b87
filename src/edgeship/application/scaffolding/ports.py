"""What a new project needs from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol


class Folder(Protocol):
    """The folder of a project."""

    def existing(self, paths: Collection[str]) -> list[str]:
        """Those of these paths, relative to the folder, that are there."""
        ...

    def write(self, files: Mapping[str, str]) -> None:
        """Write all of the files, by path, over what is there, or none of them.

        Raises:
            OSError: a file can't be written; the folder is as it was.
        """
        ...
