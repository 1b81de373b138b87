"""Reads package-lock.json of npm 7 and newer.

Format: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json, `lockfileVersion` 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgeship.adapters.sbom.integrity import integrity_hashes
from edgeship.domain.provenance.locked import LockedPackage, LockedProject, lock_invalid

_MODULES = "node_modules/"
_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies")


def read_npm_lock(name: str, document: Mapping[str, Any]) -> LockedProject:
    """
    Raises:
        Refused: `lock_invalid`. KeyError, TypeError, AttributeError: it has another shape.
    """
    entries = document.get("packages")
    if not isinstance(entries, dict):
        raise lock_invalid(
            name, "is of npm 6 or older", "Write it by npm install --package-lock-only, with npm 7 or newer."
        )
    own = [path for path in entries if _MODULES not in path]
    packages = [
        LockedPackage(
            name=_name(path, entry),
            version=entry["version"],
            hashes=integrity_hashes(entry.get("integrity", "")),
            url=_url(entry.get("resolved")),
            license=entry.get("license") if isinstance(entry.get("license"), str) else None,
            development=bool(entry.get("dev") or entry.get("devOptional")),
            optional=bool(entry.get("optional") or entry.get("devOptional")),
            depends_on=tuple(_needed(entries, path, _NEEDS)),
        )
        for path, entry in entries.items()
        if _is_package(path, entry)
    ]
    direct = [id_ for path in own for id_ in _needed(entries, path, (*_NEEDS, "devDependencies"))]
    return LockedProject.of(packages, direct)


def _needed(entries: Mapping[str, Any], path: str, kinds: tuple[str, ...]) -> Iterator[str]:
    names = {name for kind in kinds for name in entries[path].get(kind) or ()}
    for name in sorted(names):
        found = _resolved(entries, path, name)
        if found is not None and _is_package(found, entries[found]):
            yield f"{_name(found, entries[found])}@{entries[found]['version']}"


def _resolved(entries: Mapping[str, Any], path: str, name: str) -> str | None:
    """The folder that Node finds a package in: the nearest `node_modules` that has it, from the inside out."""
    while True:
        place = f"{path}/{_MODULES}{name}" if path else f"{_MODULES}{name}"
        if place in entries:
            return str(entries[place]["resolved"]) if entries[place].get("link") else place
        if not path:
            return None
        path = path.rpartition("/" + _MODULES)[0] if "/" + _MODULES in path else ""


def _is_package(path: str, entry: Mapping[str, Any]) -> bool:
    """Not the project itself, nor its workspaces, nor a link to one."""
    return _MODULES in path and not entry.get("link") and "version" in entry


def _name(path: str, entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or path.rpartition(_MODULES)[2])


def _url(resolved: Any) -> str | None:
    return resolved if isinstance(resolved, str) and "://" in resolved else None
