"""Which files of a bundle are promised: what pages or bundlers load by its path.

https://nodejs.org/api/packages.html#package-entry-points
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from edgeship.domain.releases.contents.package_json import read_package
from edgeship.domain.releases.contents.withheld import is_public
from edgeship.domain.releases.entry import SCRIPTS

DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
_INTERNAL = re.compile(
    r"(^|/)(src|source|test|tests|docs|examples?|node_modules|scripts)/|\.(md|markdown|txt|ts|mts|cts|tsx|flow|map)$"
    r"|(^|/)(package(-lock)?\.json|bower\.json|component\.json|composer\.json|edgeship\.json|licen[cs]e[^/]*|notice[^/]*"
    r"|readme[^/]*|changelog[^/]*|history[^/]*|authors[^/]*|security[^/]*|[^/]*\.config\.[cm]?js|gruntfile\.js|gulpfile\.js)$",
    re.IGNORECASE,
)
_HASH = re.compile(r"[-._](?=[A-Za-z0-9_-]*[0-9A-Z])([A-Za-z0-9_-]{8}|[A-Fa-f0-9]{7,32})(?=\.[a-z0-9.]+$)")
_MAX_LEVELS = 16


def promised_files(paths: Collection[str], package: bytes | None) -> frozenset[str]:
    """Those that `exports` of the `package.json` and its fields for browsers name. Where it has no `exports`: all that
    are published, but sources, tests, documents, and files whose name has a hash of their content."""
    candidates = {path for path in paths if is_public(path)}
    exposed = exposed_patterns(package) if package is not None else None
    if exposed is None:
        return frozenset(p for p in candidates if not _INTERNAL.search(p) and not has_content_hash(p))
    named = {spelling for path in read_package(package or b"{}").entrypoints for spelling in _spellings(path)}
    return frozenset(
        p
        for p in candidates
        if p in named or (any(_matches(pattern, p) for pattern in exposed) and not p.endswith((*DECLARATIONS, ".json")))
    )


def has_content_hash(path: str) -> bool:
    """Whether a bundler has put a hash of the content into the name, as in `chunk-BK3xQ9a1.js`: the next build has
    another one."""
    return _HASH.search(posixpath.basename(path)) is not None


def exposed_patterns(package: bytes) -> list[str] | None:
    """The files that `exports` names, with `*` for any part of a path; None without `exports`.

    Raises:
        Refused: `package_invalid`.
    """
    read_package(package)
    exports = json.loads(package.decode("utf-8-sig")).get("exports")
    if exports is None:
        return None
    return [posixpath.normpath(target) for target in _targets(exports, _MAX_LEVELS)]


def resolved(importer: str, specifier: str, paths: Collection[str]) -> str | None:
    """The file of the bundle that a relative import means; None if it means none."""
    if not specifier.startswith(("./", "../")):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier))
    spellings: Iterable[str] = _spellings(path)
    if importer.endswith(DECLARATIONS):
        bare = path.removesuffix(".js").removesuffix(".mjs")
        spellings = (f"{bare}.d.ts", f"{bare}.d.mts", f"{path}/index.d.ts", path)
    return next((spelling for spelling in spellings if spelling in paths), None)


def declarations_of(path: str, paths: Collection[str]) -> str | None:
    """The file with the declarations of a module, if it lies beside it."""
    stem, _ = posixpath.splitext(path)
    return next((f"{stem}{ending}" for ending in DECLARATIONS if f"{stem}{ending}" in paths), None)


def is_code(path: str) -> bool:
    """Whether it is a script that a bundle runs, or declares the types of one."""
    return path.lower().endswith((*SCRIPTS, *DECLARATIONS)) and is_public(path)


def _spellings(path: str) -> tuple[str, ...]:
    bare = posixpath.normpath(path.lstrip("/"))
    return bare, f"{bare}.js", f"{bare}.mjs", f"{bare}/index.js"


def _targets(value: Any, levels: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and levels:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _targets(inner, levels - 1)


def _matches(pattern: str, path: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == path
    return path.startswith(before) and path.endswith(after) and len(path) >= len(before) + len(after)
