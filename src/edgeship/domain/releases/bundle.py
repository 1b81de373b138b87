"""What a bundle may contain: the rules for an archive's entries, checked before anything is published."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from edgeship.domain.errors import Refused
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.contents.withheld import is_public
from edgeship.domain.releases.limits import Limits
from edgeship.domain.releases.paths.bundle_paths import check_path

EntryKind = Literal["file", "directory", "symlink", "hard_link", "device"]

_FREE_BYTES = 1024 * 1024
"""That are within the ratio anyway: small, highly repetitive bundles are harmless."""
_RAISE = "raise the limit of this environment (the stack's option upload_limits)"


def check_packed(packed_bytes: int, limits: Limits) -> None:
    """Refuse an archive before it is fetched, if its contents cannot be within the limits.

    Raises:
        Refused: `bundle_too_large`.
    """
    if packed_bytes > limits.archive_bytes:
        raise Refused(
            "bundle_too_large",
            f"The archive has {packed_bytes:,} bytes; {limits.archive_bytes:,} is the limit.",
            f"Ship less, or {_RAISE}.",
        )


def clean_name(name: str) -> str:
    """A name as a path of the bundle: `tar -C dist -czf x.tgz .` writes `./name`, and macOS writes NFD."""
    while name.startswith("./"):
        name = name[2:]
    return unicodedata.normalize("NFC", name)


def check_not_empty(paths: Iterable[str]) -> None:
    """
    Raises:
        Refused: `empty`: none of these files would be public.
    """
    if not any(is_public(path) for path in paths):
        raise Refused("empty", "The archive holds no file to publish.", "Pack the built files of the widget.")


@dataclass
class EntryCheck:
    """Checks the entries of one archive in their order; the first violation ends it.

    - only regular files and directories; a hard link to a file that came before is a copy of it, so a file
    - every path clean, in NFC, and unique even without regard to case
    - no path both a file and a folder
    - no more files, folders, entries or bytes than the limits allow
    """

    limits: Limits
    packed_bytes: int
    files: int = 0
    total_bytes: int = 0
    _entries: int = 0
    _seen: dict[str, str] = field(default_factory=dict)
    _respelled: set[str] = field(default_factory=set)
    _folders: set[str] = field(default_factory=set)

    def admit(self, name: str, kind: EntryKind, size: int = 0) -> str | None:
        """Return the clean path of a file of `size` bytes to unpack, or None for a folder.

        Raises:
            Refused: `entry_kind`, `path_unsafe`, `path_invalid`, `path_duplicate`, `too_many_files`, `file_too_large`,
            `bundle_too_large` or `ratio_too_high`.
        """
        self._entries += 1
        if self._entries > self.limits.entries:
            raise self._too_many("entries", self.limits.entries)
        if kind not in ("file", "directory"):
            raise _not_a_file(name, kind)
        path = clean_name(name)
        if kind == "directory":
            path = path.rstrip("/")
            if path not in ("", "."):
                self._reserve_folders([*_parents(check_path(path)), path])
            return None
        self._reserve(check_path(path), name)
        self._count(path, size)
        return path

    def finish(self) -> None:
        """Check what is known only at the end.

        Raises:
            Refused: `empty`, when nothing in the archive would be public.
        """
        check_not_empty(self._seen.values())

    def _count(self, path: str, size: int) -> None:
        if path == UPLOADED_MANIFEST_NAME:
            if size > self.limits.declaration_bytes:
                raise Refused(
                    "declaration_invalid",
                    f"{UPLOADED_MANIFEST_NAME} has {size:,} bytes; {self.limits.declaration_bytes:,} is the limit.",
                    "Correct it (edgeship publish writes a valid one), or leave it out.",
                )
            return
        self.files += 1
        self.total_bytes += size
        if self.files > self.limits.files:
            raise self._too_many("files", self.limits.files)
        if size > self.limits.file_bytes:
            raise Refused(
                "file_too_large",
                f"File {quoted(path)} has {size:,} bytes; {self.limits.file_bytes:,} is the limit.",
                f"Split it, serve it from somewhere else, or {_RAISE}.",
            )
        if self.total_bytes > self.limits.total_bytes:
            raise Refused(
                "bundle_too_large",
                f"The bundle unpacks to more than {self.limits.total_bytes:,} bytes (at {quoted(path)}).",
                f"Ship less, or {_RAISE}.",
            )
        if self.total_bytes > max(self.limits.ratio * self.packed_bytes, _FREE_BYTES):
            raise Refused(
                "ratio_too_high",
                f"The archive unpacks to more than {self.limits.ratio} times its size (at {quoted(path)}).",
                "A normal bundle compresses less; check how it was packed.",
            )

    def _reserve(self, path: str, name: str) -> None:
        folded = path.casefold()
        twin = self._seen.get(folded)
        if twin == path and (path in self._respelled or _is_respelled(name)):
            raise Refused(
                "path_duplicate",
                f"Two entries are named {quoted(path)}, in different Unicode normal forms, and would be one file.",
                "Rename one of them.",
            )
        if twin == path:
            raise Refused("path_duplicate", f"Entry {quoted(path)} is in the archive twice.", "Pack it once.")
        if twin is not None:
            raise Refused(
                "path_duplicate",
                f"Entries {quoted(twin)} and {quoted(path)} differ only in case, and would be one file on many disks.",
                "Rename one of them.",
            )
        self._reserve_folders(_parents(path))
        if folded in self._folders:
            raise _both(path)
        self._seen[folded] = path
        if _is_respelled(name):
            self._respelled.add(path)

    def _reserve_folders(self, folders: list[str]) -> None:
        for folder in folders:
            folded = folder.casefold()
            if folded in self._seen:
                raise _both(folder)
            self._folders.add(folded)
            if len(self._folders) > self.limits.entries:
                raise self._too_many("folders", self.limits.entries)

    def _too_many(self, what: str, limit: int) -> Refused:
        return Refused(
            "too_many_files",
            f"The bundle holds more than {limit:,} {what}.",
            f"Bundle the sources, or {_RAISE}.",
        )


def _is_respelled(name: str) -> bool:
    return not unicodedata.is_normalized("NFC", name)


def _parents(path: str) -> list[str]:
    return [path[:i] for i, c in enumerate(path) if c == "/"]


def _both(path: str) -> Refused:
    return Refused("path_duplicate", f"Entry {quoted(path)} is both a file and a folder.", "Rename one of them.")


def _not_a_file(name: str, kind: EntryKind) -> Refused:
    match kind:
        case "symlink":
            what, remedy = "a symbolic link", "Pack the file itself (tar --dereference, zip without -y)."
        case "hard_link":
            what, remedy = "a hard link to a file that is not before it", "Pack with tar --hard-dereference."
        case _:
            what, remedy = "not a regular file", "Pack regular files only (tar without --sparse)."
    return Refused("entry_kind", f"Entry {quoted(name)} is {what}.", remedy)
