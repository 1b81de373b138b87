"""Compare two bundles, and say which bump is the smallest honest one."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.domain.version import Version
from edgeship.domain.versioning.levels import Level, declared_level, raised
from edgeship.domain.versioning.surface.compare import Finding, compare_surfaces, smallest_bump
from edgeship.domain.versioning.surface.surface import Bundle, surface_of


@dataclass(frozen=True)
class Checked:
    """`bump` is the smallest honest one. `declared` is what the two versions say, or what was expected; None if nothing
    says it."""

    old: Version | None
    new: Version | None
    findings: tuple[Finding, ...]
    bump: Level
    declared: Level | None

    @property
    def is_honest(self) -> bool:
        return self.declared is None or self.declared >= self.bump

    @property
    def smallest(self) -> Version | None:
        """The lowest version that the new bundle may have."""
        return raised(self.old, self.bump) if self.old is not None and not self.old.prerelease else None


def check_version(old: Bundle, new: Bundle, growth_percent: float, expected: Level | None = None) -> Checked:
    """Compare two bundles; what is `expected` counts instead of what their versions say.

    Raises:
        Refused: `package_invalid`.
    """
    findings = compare_surfaces(surface_of(old), surface_of(new), growth_percent)
    declared = expected
    if declared is None and old.version is not None and new.version is not None:
        declared = declared_level(old.version, new.version)
    return Checked(old.version, new.version, tuple(findings), smallest_bump(findings), declared)
