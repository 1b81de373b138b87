"""Reads yarn.lock, of Yarn 1 and of Yarn 2 and newer, which is YAML.

Neither says which packages are for development. Formats: https://classic.yarnpkg.com/lang/en/docs/yarn-lock/ and
https://yarnpkg.com/advanced/lexicon#lockfile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from edgeship.adapters.sbom.integrity import integrity_hashes
from edgeship.domain.provenance.locked import LockedPackage, LockedProject, lock_invalid

_NEEDS = ("dependencies", "optionalDependencies")
_PAIR = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s"]+)\s+(".*"|\S+)')


def read_yarn_lock(name: str, document: Mapping[str, Any]) -> LockedProject:
    """`document` is what `parse_classic` or a reader of YAML gives.

    Raises:
        Refused: `lock_invalid`. KeyError, TypeError, AttributeError: it has another shape.
    """
    entries = {key: entry for key, entry in document.items() if key != "__metadata"}
    ids: dict[str, str] = {}
    own: set[str] = set()
    for key, entry in entries.items():
        for specifier in key.split(", "):
            ids[specifier] = _id(specifier, entry)
            if _is_own(entry):
                own.add(specifier)
    if not ids:
        raise lock_invalid(name, "has no package")
    packages = [
        LockedPackage(
            name=ids[first].rpartition("@")[0],
            version=str(entry["version"]),
            hashes=integrity_hashes(str(entry.get("integrity", ""))),
            url=_url(entry.get("resolved")),
            depends_on=tuple(_needed(entry, ids)),
        )
        for key, entry in entries.items()
        if (first := key.split(", ")[0]) not in own
    ]
    # The first format does not have the project itself: it needs what nothing else does.
    direct = [id_ for key, entry in entries.items() if _is_own(entry) for id_ in _needed(entry, ids)]
    needed = {id_ for package in packages for id_ in package.depends_on}
    return LockedProject.of(packages, direct or [package.id for package in packages if package.id not in needed])


def parse_classic(name: str, text: str) -> dict[str, Any]:
    """The entries of Yarn 1, by their specifiers as they stand there, without quotes.

    Raises:
        Refused: `lock_invalid`.
    """
    found: dict[str, Any] = {}
    path: list[dict[str, Any]] = [found]
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        level = (len(line) - len(line.lstrip(" "))) // 2
        pair = _PAIR.fullmatch(content)
        if level >= len(path) or not (content.endswith(":") or pair):
            raise lock_invalid(name, f"is not of Yarn's format at line {number}")
        del path[level + 1 :]
        if content.endswith(":"):
            key = ", ".join(_unquoted(part) for part in content[:-1].split(", "))
            made: dict[str, Any] = {}
            path[level][key] = made
            path.append(made)
        elif pair:
            path[level][_unquoted(pair[1])] = _unquoted(pair[2])
    return found


def _needed(entry: Mapping[str, Any], ids: Mapping[str, str]) -> Iterator[str]:
    for kind in _NEEDS:
        for name, wanted in (entry.get(kind) or {}).items():
            found = ids.get(f"{name}@{wanted}") or ids.get(f"{name}@npm:{wanted}")
            if found is not None:
                yield found


def _id(specifier: str, entry: Mapping[str, Any]) -> str:
    if "resolution" in entry:  # name@npm:1.0.0, after an alias is resolved
        return f"{_name(str(entry['resolution']))}@{entry['version']}"
    name, _, wanted = specifier.rpartition("@") if ":" not in specifier else specifier.partition("@npm:")
    # name@npm:real@^1.0.0 is the package `real`.
    return f"{_name(wanted) if '@' in wanted[1:] else name or _name(specifier)}@{entry['version']}"


def _name(specifier: str) -> str:
    """What stands before the second `@` of a scoped name, and the first of another."""
    return specifier[: specifier.index("@", 1)] if "@" in specifier[1:] else specifier


def _is_own(entry: Mapping[str, Any]) -> bool:
    return entry.get("linkType") == "soft"


def _url(resolved: Any) -> str | None:
    return resolved.partition("#")[0] if isinstance(resolved, str) and "://" in resolved else None


def _unquoted(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text
