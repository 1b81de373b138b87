"""The projects of a repository on this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from edgeship.adapters.projects.pyproject import PYPROJECT_NAME, from_python, python_project, with_python_version
from edgeship.application.versioning.ports import Project, VersionedFile
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.contents.package_json import MAX_PACKAGE_BYTES, PACKAGE_NAME, Package, read_package
from edgeship.domain.version import Version
from edgeship.domain.versioning.package_version import with_version

_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")


class ProjectFiles:
    """The `Projects` port."""

    def read(self, folder: Path, content: bytes | None = None) -> Project:
        package = folder / PACKAGE_NAME
        if package.is_file():
            content = _content(package) if content is None else content
            found = read_package(content)
            version = Version.parse(found.version) if found.version else None
            return Project(folder, package, found.widget, version, tuple(_workspaces(folder, content)))
        pyproject = folder / PYPROJECT_NAME
        if pyproject.is_file():
            try:
                name, stated = python_project(_content(pyproject) if content is None else content)
                widget = Package(name=name).widget
                return Project(folder, pyproject, widget, from_python(stated) if stated else None)
            except ValueError as invalid:
                raise _invalid(pyproject, str(invalid)) from None
        raise Refused(
            "project_missing",
            f"{quoted(str(folder))} has neither a {PACKAGE_NAME} nor a {PYPROJECT_NAME}.",
            "Name the folder of the project.",
        )

    def versioned_files(self, project: Project, root: Path) -> list[VersionedFile]:
        if project.manifest.name == PYPROJECT_NAME:
            return [VersionedFile(project.manifest, _refusing(project.manifest, with_python_version))]
        files = [VersionedFile(project.manifest, _json(project.manifest, (("version",),)))]
        place = project.folder.resolve()
        for folder in (place, *place.parents):
            inside = place.relative_to(folder).as_posix()
            paths = (("version",), ("packages", "", "version")) if inside == "." else (("packages", inside, "version"),)
            locks = [folder / name for name in _LOCKS if (folder / name).is_file()]
            if locks:
                return files + [VersionedFile(lock, _json(lock, paths)) for lock in locks]
            if folder == root:
                break
        return files

    def write(self, location: Path, content: bytes) -> None:
        location = Path(os.path.realpath(location))
        made = location.with_name(f".{location.name}.edgeship")
        # A process that died left it perhaps; its content is written again.
        with made.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if location.exists():
            made.chmod(location.stat().st_mode & 0o777)
        made.replace(location)


def _workspaces(folder: Path, content: bytes) -> Iterator[Path]:
    """The folders that `workspaces` of a `package.json` names, in order
    (https://docs.npmjs.com/cli/using-npm/workspaces)."""
    written = json.loads(content.decode("utf-8-sig")).get("workspaces")
    patterns = written.get("packages") if isinstance(written, Mapping) else written
    found: set[Path] = set()
    for pattern in patterns if isinstance(patterns, list) else []:
        if not isinstance(pattern, str) or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            continue
        with suppress(ValueError, OSError):
            for place in folder.glob(pattern.removeprefix("./").rstrip("/") or "."):
                if "node_modules" not in place.parts and (place / PACKAGE_NAME).is_file():
                    found.add(place)
    yield from sorted(found)


def _json(location: Path, paths: tuple[tuple[str, ...], ...]) -> Callable[[bytes, Version], bytes]:
    return _refusing(location, lambda content, version: with_version(content, paths, version))


def _refusing(location: Path, change: Callable[[bytes, Version], bytes]) -> Callable[[bytes, Version], bytes]:
    def changed(content: bytes, version: Version) -> bytes:
        try:
            return change(content, version)
        except (ValueError, RecursionError) as invalid:
            raise _invalid(location, str(invalid)) from None

    return changed


def _content(location: Path) -> bytes:
    with location.open("rb") as file:
        return file.read(MAX_PACKAGE_BYTES + 1)


def _invalid(location: Path, what: str) -> Refused:
    return Refused("package_invalid", f"{quoted(str(location))} is not valid: {what}.", "Correct it.")
