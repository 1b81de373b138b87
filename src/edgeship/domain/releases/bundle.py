"""What a bundle may contain: the rules for an archive's entries, checked before anything is published."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from edgeship.domain.errors import Refused
from edgeship.domain.naming import MANIFEST_NAME, UPLOADED_MANIFEST_NAME

EntryKind = Literal["file", "directory", "link", "device"]

MAX_PATH_BYTES = 512
"""UTF-8 bytes. S3 keys have at most 1,024 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html),
and the widget and the version, or `latest`, are part of them."""

_PRIVATE_SUFFIXES = (".map", ".test.js")
# A plus in a path means a space to S3, but not to a browser.
_FORBIDDEN = frozenset('\\?#%*:|"<>+')


@dataclass(frozen=True)
class Limits:
    """Bounds of one bundle. Sizes are bytes, unpacked; `ratio` is unpacked over packed."""

    files: int = 2_000
    file_bytes: int = 25 * 1024 * 1024
    total_bytes: int = 250 * 1024 * 1024
    ratio: int = 100


def check_packed(packed_bytes: int, limits: Limits) -> None:
    """Refuse an archive before it is fetched, if its contents cannot be within the limits.

    Raises:
        Refused: `bundle_too_large`.
    """
    if packed_bytes > limits.total_bytes:
        raise Refused(
            "bundle_too_large",
            f"The archive has {packed_bytes:,} bytes; a bundle may unpack to {limits.total_bytes:,}.",
            "Ship less, or raise the limit of this environment.",
        )


def is_public(path: str) -> bool:
    """Whether a file of the archive is published: source maps, tests and the uploader's manifest are not."""
    return not path.endswith(_PRIVATE_SUFFIXES) and path != UPLOADED_MANIFEST_NAME


def check_path(path: str) -> str:
    """Return `path` if it may become part of a URL without a change.

    Raises:
        Refused: `path_unsafe` (it would leave the release's folder) or `path_invalid` (it cannot be a clean URL).
    """
    shown = repr(path if len(path) <= 120 else path[:120] + "…")
    if path.startswith("/") or (len(path) > 1 and path[1] == ":"):
        raise Refused("path_unsafe", f"Entry {shown} has an absolute path.", "Pack paths relative to the bundle.")
    if ".." in path.split("/"):
        raise Refused("path_unsafe", f"Entry {shown} climbs out of the bundle ('..').", "Pack clean relative paths.")
    if any(part in ("", ".") for part in path.split("/")):
        raise Refused("path_invalid", f"Entry {shown} has an empty or '.' path segment.", "Pack clean relative paths.")
    bad = sorted({c for c in path if c in _FORBIDDEN or not c.isprintable()})
    if bad:
        raise Refused(
            "path_invalid",
            f"Entry {shown} has characters that a URL would change: {' '.join(map(repr, bad))}.",
            "Rename the file.",
        )
    if unicodedata.normalize("NFC", path) != path:
        raise Refused(
            "path_invalid",
            f"Entry {shown} is not in Unicode normal form NFC, so two different names could be shown as the same.",
            "Rename the file in NFC (macOS archives often hold NFD names).",
        )
    if len(path.encode()) > MAX_PATH_BYTES:
        raise Refused("path_invalid", f"Entry {shown} is longer than {MAX_PATH_BYTES} bytes.", "Use a shorter path.")
    if path.casefold() == MANIFEST_NAME:
        raise Refused(
            "path_invalid",
            f"Entry {shown} has the name of the release's own manifest.",
            "Rename it, for example to app.webmanifest if it is a web app manifest.",
        )
    return path


def strip_leading_dot(path: str) -> str:
    """`tar -C dist -czf x.tgz .` writes every name as `./name`; both name the same file."""
    while path.startswith("./"):
        path = path[2:]
    return path


@dataclass
class EntryCheck:
    """Checks the entries of one archive in their order; the first violation ends it.

    - only regular files and directories
    - every path clean, and unique even without regard to case
    - no path both a file and a folder
    - no more files or bytes than the limits allow
    """

    limits: Limits
    packed_bytes: int
    files: int = 0
    total_bytes: int = 0
    _seen: dict[str, str] = field(default_factory=dict)
    _folders: dict[str, str] = field(default_factory=dict)

    def admit(self, name: str, kind: EntryKind) -> str | None:
        """Return the clean path of a file to unpack, or None for a folder.

        Raises:
            Refused: `entry_kind`, `path_unsafe`, `path_invalid`, `path_duplicate` or `too_many_files`.
        """
        path = strip_leading_dot(name)
        if kind == "link":
            raise Refused("entry_kind", f"Entry {name!r} is a link.", "Pack the file itself (tar --dereference).")
        if kind == "device":
            raise Refused("entry_kind", f"Entry {name!r} is not a regular file.", "Pack regular files only.")
        if kind == "directory":
            if path.rstrip("/") not in ("", "."):
                check_path(path.rstrip("/"))
            return None
        check_path(path)
        self._reserve(path)
        self.files += 1
        if self.files > self.limits.files:
            raise Refused(
                "too_many_files",
                f"The bundle holds more than {self.limits.files:,} files.",
                "Bundle the sources, or raise the limit of this environment.",
            )
        return path

    def grow(self, path: str, file_bytes: int, chunk_bytes: int) -> None:
        """Count a chunk that was unpacked; `file_bytes` is the file's size so far, with that chunk.

        Raises:
            Refused: `file_too_large`, `bundle_too_large` or `ratio_too_high`.
        """
        self.total_bytes += chunk_bytes
        if file_bytes > self.limits.file_bytes:
            raise Refused(
                "file_too_large",
                f"File {path!r} is larger than {self.limits.file_bytes:,} bytes.",
                "Split it, or serve it from somewhere else.",
            )
        if self.total_bytes > self.limits.total_bytes:
            raise Refused(
                "bundle_too_large",
                f"The bundle unpacks to more than {self.limits.total_bytes:,} bytes (at {path!r}).",
                "Ship less, or raise the limit of this environment.",
            )
        # At least 1 MiB is allowed: small, highly repetitive bundles are harmless.
        if self.total_bytes > max(self.limits.ratio * self.packed_bytes, 1024 * 1024):
            raise Refused(
                "ratio_too_high",
                f"The archive unpacks to more than {self.limits.ratio} times its size (at {path!r}).",
                "A normal bundle compresses less; check how it was packed.",
            )

    def finish(self) -> None:
        """Check what is known only at the end.

        Raises:
            Refused: `empty`, when nothing in the archive would be public.
        """
        if not any(is_public(path) for path in self._seen.values()):
            raise Refused("empty", "The archive holds no file to publish.", "Pack the built files of the widget.")

    def _reserve(self, path: str) -> None:
        folded = path.casefold()
        twin = self._seen.get(folded)
        if twin == path:
            raise Refused("path_duplicate", f"Entry {path!r} is in the archive twice.", "Pack it once.")
        if twin is not None:
            raise Refused(
                "path_duplicate",
                f"Entries {twin!r} and {path!r} differ only in case, and would be one file on many disks.",
                "Rename one of them.",
            )
        parents = [path[:i] for i, c in enumerate(path) if c == "/"]
        if folded in self._folders or any(parent.casefold() in self._seen for parent in parents):
            raise Refused("path_duplicate", f"Entry {path!r} is both a file and a folder.", "Rename one of them.")
        self._seen[folded] = path
        self._folders.update((parent.casefold(), parent) for parent in parents)
