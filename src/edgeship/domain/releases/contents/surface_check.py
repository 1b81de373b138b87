"""What a comparison of a release's public surface with that of the stable release found, when it was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeship.domain.version import Version

MAX_FINDINGS, MAX_FINDING_LENGTH = 10, 160
"""Findings that are kept, and characters of each: they are in the release's record and in its event."""


@dataclass(frozen=True)
class SurfaceCheck:
    """`against` is the version that was stable. `bump` is the smallest honest one, `declared` what the two versions
    say (`patch`, `minor`, `major`). `findings` are the most severe that ask for a bump, of `count`. If they were not
    compared, `not_compared` is why, and the rest is empty."""

    against: Version
    bump: str | None = None
    declared: str | None = None
    findings: tuple[str, ...] = ()
    count: int = 0
    not_compared: str | None = None

    @property
    def undeclared_break(self) -> bool:
        """Whether it breaks what the stable release offers, and its version does not say so."""
        return self.bump == "major" and self.declared != "major"

    def to_dict(self) -> dict[str, Any]:
        """The document in records, events and answers."""
        return {
            "against": str(self.against),
            "bump": self.bump,
            "declared": self.declared,
            "findings": list(self.findings),
            "count": self.count,
            "not_compared": self.not_compared,
            "undeclared_break": self.undeclared_break,
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> SurfaceCheck:
        """Read what `to_dict` wrote."""
        return cls(
            Version.parse(document["against"]),
            document["bump"],
            document["declared"],
            tuple(document["findings"]),
            int(document["count"]),
            document["not_compared"],
        )


def break_text(version: Version, check: SurfaceCheck) -> str:
    """`1.4.1 says patch, and breaks what 1.4.0 offers (widget.js no longer exports open; 2 more)`."""
    first = f" ({check.findings[0]}{f'; {check.count - 1} more' if check.count > 1 else ''})" if check.findings else ""
    return f"{version} says {check.declared}, and breaks what {check.against} offers{first}"
