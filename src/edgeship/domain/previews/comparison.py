"""What a preview's build is compared with: the release that was stable when it was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeship.domain.releases.contents.surface_check import SurfaceCheck


@dataclass(frozen=True)
class Comparison:
    """`files`, `total_bytes` and `entry_bytes` are the stable release's; `entry_bytes` is None if its manifest can't be
    read. `check` compares the public surfaces; it declares no level, since a preview has no version."""

    files: int
    total_bytes: int
    entry_bytes: int | None
    check: SurfaceCheck

    def to_dict(self) -> dict[str, Any]:
        """The document in records, events and answers."""
        check = {name: value for name, value in self.check.to_dict().items() if name not in _OF_RELEASES}
        return {"files": self.files, "total_bytes": self.total_bytes, "entry_bytes": self.entry_bytes, **check}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Comparison:
        """Read what `to_dict` wrote."""
        entry_bytes = document["entry_bytes"]
        return cls(
            files=int(document["files"]),
            total_bytes=int(document["total_bytes"]),
            entry_bytes=int(entry_bytes) if entry_bytes is not None else None,
            check=SurfaceCheck.from_dict({**document, "declared": None}),
        )


_OF_RELEASES = ("declared", "undeclared_break")
