"""Which files of a folder are packed: what its ignore file, the command line and `package.json` leave."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgeship.application.releases.ports import PathPatterns
from edgeship.domain.errors import Refused
from edgeship.domain.releases.contents.npm_files import packed_rules
from edgeship.domain.releases.contents.package_json import MAX_PACKAGE_BYTES, PACKAGE_NAME, Package, read_package

IGNORE_NAME = ".edgeshipignore"
_NEVER_PACKED = (f"/{IGNORE_NAME}", ".git", ".hg", ".svn")
"""The histories of version control have any secret that was ever committed."""


@dataclass(frozen=True)
class Selection:
    """Both take paths relative to the folder; that of a folder ends with a slash."""

    excluded: Callable[[str], bool]
    included: Callable[[str], bool]


def select_files(folder: Path, patterns: Sequence[str], port: PathPatterns) -> Selection:
    """What is packed of a folder: not what `.edgeshipignore` and then `patterns` exclude, in gitignore's syntax; of a
    package, only what npm would publish by its `files`.

    Raises:
        Refused: `pattern_invalid`, `package_invalid` or `ignore_invalid`.
        OSError: a file can't be read.
    """
    lines = [*_NEVER_PACKED, *_ignore_lines(folder / IGNORE_NAME), *patterns]
    excluded = port.ignored([unicodedata.normalize("NFC", line) for line in lines])
    package = None if excluded(PACKAGE_NAME) else read_folder_package(folder)
    if package is None:
        return Selection(excluded, lambda _: True)
    outside = port.ignored(["/node_modules/"])
    if package.files is None:
        return Selection(lambda path: outside(path) or excluded(path), lambda _: True)
    rules = packed_rules(package.files, package.required, lambda path: _kind(folder / path.lstrip("/")))
    return Selection(lambda path: outside(path) or excluded(path), port.packed(rules))


def read_folder_package(folder: Path) -> Package | None:
    """What the folder's `package.json` says; None without one.

    Raises:
        Refused: `package_invalid`. OSError: it can't be read.
    """
    location = folder / PACKAGE_NAME
    if not location.is_file():
        return None
    with location.open("rb") as file:
        return read_package(file.read(MAX_PACKAGE_BYTES + 1))


def _kind(location: Path) -> Literal["file", "folder"] | None:
    try:
        return "folder" if location.is_dir() else "file" if location.is_file() else None
    except (OSError, ValueError):  # no name that a file could have
        return None


def _ignore_lines(location: Path) -> list[str]:
    try:
        return location.read_bytes().decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise Refused("ignore_invalid", f"{IGNORE_NAME} is not UTF-8.", "Save it as UTF-8.") from None
