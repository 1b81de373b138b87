"""The pinned distributions behind a set of imports, from uv.lock."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.markers import Marker


class Unlocked(Exception):
    """An import is no declared dependency, or the lock does not say which version it is."""


@dataclass(frozen=True, order=True)
class Pin:
    """One distribution at one version, with the SHA-256 of each of its files in the registry."""

    name: str
    version: str
    hashes: tuple[str, ...]

    def requirement(self) -> str:
        """A line of a requirements file; installers refuse any other bytes."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={value}" for value in self.hashes)])


@lru_cache(maxsize=4)
def _packages(text: str) -> Mapping[str, Mapping[str, Any]]:
    """The packages of a lock by name. Every function asks for them, and a parse takes a quarter of a second."""
    return {package["name"]: package for package in tomllib.loads(text).get("package", [])}


class Lock:
    """A uv.lock and the project it belongs to.

    - An import resolves only to what `[project] dependencies` and the named extras bring in, directly or not, so that
      a bundle never rests on a development tool that happens to be installed.
    - Dependencies are followed with their extras, under the markers of the target.
    """

    def __init__(self, path: Path, project: str, extras: Iterable[str] = ()) -> None:
        self._packages = _packages(path.read_text("utf-8"))
        package = self._package(project)
        optional = package.get("optional-dependencies", {})
        self._direct: list[Mapping[str, Any]] = [
            *package.get("dependencies", []),
            *(edge for extra in extras for edge in optional.get(extra, [])),
        ]

    def pins(self, imports: Iterable[str], target: Mapping[str, str], without: frozenset[str]) -> list[Pin]:
        """The distributions that provide top-level `imports`, and theirs in turn, leaving out those in `without`.

        Raises:
            Unlocked: an import belongs to no dependency of the project.
        """
        runtime = self._reachable(self._direct, target, frozenset())
        providers = {top: name for name in runtime for top in _top_level_names(name)}
        wanted: list[Mapping[str, Any]] = []
        for top in sorted(imports):
            if top not in providers:
                raise Unlocked(
                    f"import {top}: no dependency of the project provides it. Add it to [project] dependencies"
                )
            name = providers[top]
            wanted.append(next((edge for edge in self._direct if edge["name"] == name), {"name": name}))
        return [self._pin(name) for name in sorted(self._reachable(wanted, target, without))]

    def _reachable(
        self, edges: Iterable[Mapping[str, Any]], target: Mapping[str, str], without: frozenset[str]
    ) -> frozenset[str]:
        pending = list(edges)
        seen: set[tuple[str, str]] = set()
        while pending:
            edge = pending.pop()
            name = edge["name"]
            if name in without or not _applies(edge, target):
                continue
            package = self._package(name)
            for extra in ("", *edge.get("extra", ())):
                if (name, extra) not in seen:
                    seen.add((name, extra))
                    optional = package.get("optional-dependencies", {})
                    pending.extend(optional.get(extra, ()) if extra else package.get("dependencies", ()))
        return frozenset(name for name, _ in seen)

    def _pin(self, name: str) -> Pin:
        package = self._package(name)
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        return Pin(name, package["version"], tuple(sorted(file["hash"] for file in files)))

    def _package(self, name: str) -> Mapping[str, Any]:
        try:
            return self._packages[name]
        except KeyError:
            raise Unlocked(f"{name}: not in uv.lock. Run `uv lock`") from None


def _applies(edge: Mapping[str, Any], target: Mapping[str, str]) -> bool:
    marker = edge.get("marker")
    return marker is None or Marker(marker).evaluate(dict(target))


def _top_level_names(name: str) -> set[str]:
    """The packages and modules that an installed distribution puts at the top of the path."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        # Locked for another platform than this one's: nothing here can import it either.
        return set()
    tops: set[str] = set()
    for file in map(PurePosixPath, files):
        if file.suffix == ".py" and file.parts[0] != ".." and not file.parts[0].endswith((".dist-info", ".data")):
            tops.add(file.parts[0] if len(file.parts) > 1 else file.stem)
    return tops
