"""The package that a build belongs to: what its `package.json` says, or that of the folder around it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeship.application.releases.select_files import read_folder_package
from edgeship.domain.releases.contents.package_json import PACKAGE_NAME, Package


@dataclass(frozen=True)
class FoundPackage:
    """`location` is that of its `package.json`; `around` says that this lies in the folder around the build."""

    package: Package
    location: Path
    around: bool


def find_package(folder: Path) -> FoundPackage | None:
    """The package of a build: of its folder, or where no `package.json` there has a name or a version, of the folder
    around it, such as `dist/..`; None where neither has one.

    Raises:
        Refused: `package_invalid`. OSError: it can't be read.
    """
    for place, around in ((folder, False), (Path(os.path.normpath(folder / "..")), True)):
        package = read_folder_package(place)
        if package is not None and (package.name or package.version):
            return FoundPackage(package, place / PACKAGE_NAME, around)
    return None


def entrypoints_inside(package: Package, folder: Path) -> tuple[str, ...]:
    """Which files of the folder a package around it names as entrypoints, by their paths in the folder."""
    return tuple(_inside(package.entrypoints, f"{folder.absolute().name}/"))


def _inside(paths: tuple[str, ...], prefix: str) -> Iterator[str]:
    for written in paths:
        path = posixpath.normpath(written.lstrip("/"))
        if path.startswith(prefix):
            yield path.removeprefix(prefix)
