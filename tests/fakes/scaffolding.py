"""A project's folder in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass
class FakeFolder:
    files: dict[str, str] = field(default_factory=dict)
    fails: bool = False

    def existing(self, paths: Collection[str]) -> list[str]:
        return [path for path in paths if path in self.files]

    def write(self, files: Mapping[str, str]) -> None:
        if self.fails:
            raise PermissionError("no")
        self.files |= files
