"""What a project's lock file pins: the packages that may be in a build, and what each depends on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted

SBOM_PATH: Final = ".edgeship/sbom.cdx.json"
"""In an archive. Hidden files are never public."""
MAX_SBOM_BYTES: Final = 16 * 1024 * 1024
"""A larger one is not kept with the release; it stays in the accepted archive."""
MAX_LOCK_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class LockedPackage:
    """`hashes` are algorithms, as CycloneDX names them, with the value in hex. `development` says that the build or its
    tests alone need it, if the lock file says so; `depends_on` are the ids of what it needs."""

    name: str
    version: str
    hashes: tuple[tuple[str, str], ...] = ()
    url: str | None = None
    license: str | None = None
    development: bool = False
    optional: bool = False
    depends_on: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class LockedProject:
    """`packages` are in the order of their ids, each once; `direct` are the ids of what the project itself needs."""

    packages: tuple[LockedPackage, ...]
    direct: tuple[str, ...]

    @classmethod
    def of(cls, packages: Iterable[LockedPackage], direct: Iterable[str]) -> LockedProject:
        """Copies of one version in several folders are one package. Edges to what is not locked are left out."""
        merged: dict[str, LockedPackage] = {}
        for package in packages:
            twin = merged.get(package.id)
            if twin is not None:
                package = replace(
                    package,
                    hashes=package.hashes or twin.hashes,
                    development=package.development and twin.development,
                    optional=package.optional and twin.optional,
                    depends_on=(*twin.depends_on, *package.depends_on),
                )
            merged[package.id] = package
        known = tuple(
            replace(merged[id_], depends_on=tuple(sorted({each for each in merged[id_].depends_on if each in merged})))
            for id_ in sorted(merged)
        )
        return cls(known, tuple(sorted({each for each in direct if each in merged})))


def is_kept_sbom(path: str, size: int) -> bool:
    """Whether a file of an archive is its SBOM, and is not too large to be kept with the release."""
    return path == SBOM_PATH and size <= MAX_SBOM_BYTES


def lock_invalid(name: str, what: str, remedy: str = "Write it again with your package manager.") -> Refused:
    """`lock_invalid`, with what was found in the lock file."""
    return Refused("lock_invalid", f"{quoted(name)} {what}.", remedy)
