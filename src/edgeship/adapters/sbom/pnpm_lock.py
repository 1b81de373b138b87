"""Reads pnpm-lock.yaml of pnpm 8 and newer.

Format: https://github.com/pnpm/spec/blob/master/lockfile/9.0.md and 6.0.md there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgeship.adapters.sbom.integrity import integrity_hashes
from edgeship.domain.provenance.locked import LockedPackage, LockedProject, lock_invalid

_NEEDS = ("dependencies", "optionalDependencies")
_VERSIONS = ("6.", "9.")


def read_pnpm_lock(name: str, document: Mapping[str, Any]) -> LockedProject:
    """
    Raises:
        Refused: `lock_invalid`. KeyError, TypeError, AttributeError: it has another shape.
    """
    if not str(document.get("lockfileVersion", "")).startswith(_VERSIONS):
        raise lock_invalid(name, "is not of the format 6.0 or 9.0", "Write it with pnpm 8 or newer.")
    described = document.get("packages") or {}
    resolved = document.get("snapshots") or described  # 6.0 has both in one
    projects = document.get("importers") or {".": document}
    needs: dict[str, list[str]] = {}
    required: set[str] = set()
    for key, entry in resolved.items():
        needs.setdefault(_id(key), []).extend(_needed(entry or {}, _NEEDS))
        if not (entry or {}).get("optional"):
            required.add(_id(key))
    production = _reached(needs, [id_ for p in projects.values() for id_ in _needed(p, _NEEDS)])
    entries = {_id(key): entry for key, entry in described.items()}
    packages = []
    for id_, entry in entries.items():
        package, _, version = id_.rpartition("@")
        resolution = entry.get("resolution") or {}
        packages.append(
            LockedPackage(
                name=package,
                version=version,
                hashes=integrity_hashes(str(resolution.get("integrity", ""))),
                url=resolution.get("tarball"),
                development=id_ not in production,
                optional=id_ not in required,
                depends_on=tuple(needs.get(id_, ())),
            )
        )
    direct = [id_ for project in projects.values() for id_ in _needed(project, (*_NEEDS, "devDependencies"))]
    return LockedProject.of(packages, direct)


def _needed(entry: Mapping[str, Any], kinds: tuple[str, ...]) -> Iterator[str]:
    for kind in kinds:
        for name, said in (entry.get(kind) or {}).items():
            version = _id(str(said["version"] if isinstance(said, dict) else said))
            # What has another name than its folder says its own: `real@1.0.0`.
            yield version if "@" in version[1:] else f"{name}@{version}"


def _id(key: str) -> str:
    """`/name@1.0.0(peer@2.0.0)` is `name@1.0.0`, whatever peers it was resolved with."""
    return str(key).removeprefix("/").partition("(")[0]


def _reached(needs: Mapping[str, list[str]], start: list[str]) -> set[str]:
    found: set[str] = set()
    pending = list(start)
    while pending:
        each = pending.pop()
        if each not in found:
            found.add(each)
            pending.extend(needs.get(each, ()))
    return found
