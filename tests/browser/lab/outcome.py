"""What one page view has seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """Of one page view: each part with its version, or None when it failed to load."""

    widget: str
    parts: tuple[tuple[str, str | None], ...]
    errors: tuple[str, ...]
    violations: tuple[str, ...]

    @classmethod
    def of(cls, widget: str, seen: Mapping[str, Any]) -> Outcome:
        parts = tuple((found["part"], found["version"]) for found in seen["parts"])
        return cls(widget, parts, tuple(seen["errors"]), tuple(seen["csp"]))

    @property
    def versions(self) -> set[str]:
        return {version for _, version in self.parts if version is not None}

    @property
    def mixed(self) -> bool:
        """Parts of more than one version."""
        return len(self.versions) > 1

    @property
    def broken(self) -> bool:
        """A part failed to load, or the page noticed an error."""
        return any(version is None for _, version in self.parts) or bool(self.errors)

    @property
    def twice(self) -> bool:
        """The entry ran more than once."""
        return sum(part == "entry" for part, _ in self.parts) > 1


@dataclass(frozen=True)
class Tally:
    """Counts of page views."""

    views: int
    mixed: int
    broken: int
    twice: int

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Tally:
        found = list(outcomes)
        return cls(len(found), sum(o.mixed for o in found), sum(o.broken for o in found), sum(o.twice for o in found))
