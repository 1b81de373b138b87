"""What changed in the files of a release, compared with another one's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from edgeship.domain.releases.manifest import FileEntry


@dataclass(frozen=True)
class FileChange:
    """Sizes are in bytes, and None where the release has no such file."""

    path: str
    before: int | None
    after: int | None

    @property
    def what(self) -> Literal["added", "removed", "changed"]:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def growth(self) -> int:
        return (self.after or 0) - (self.before or 0)


def file_changes(before: Mapping[str, FileEntry], after: Mapping[str, FileEntry]) -> list[FileChange]:
    """The files whose bytes are not the same, the largest change of size first."""
    found = [
        FileChange(path, _size(before, path), _size(after, path))
        for path in sorted(before.keys() | after.keys())
        if path not in before or path not in after or before[path].sha256 != after[path].sha256
    ]
    return sorted(found, key=lambda change: -abs(change.growth))


def _size(files: Mapping[str, FileEntry], path: str) -> int | None:
    return files[path].size if path in files else None
