"""The files of a folder that a build wrote, by their paths in the release."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.bundle import EntryCheck, EntryKind, Limits
from edgeship.domain.releases.bundle_paths import check_path
from edgeship.domain.releases.top_folder import top_folder


def collect_folder(folder: Path, limits: Limits) -> dict[str, Path]:
    """Every file, in the order of the paths; a single top folder is taken off, as of an archive.

    Raises:
        Refused: `folder_missing`, `file_unreadable`, or what an archive with these entries is refused with.
    """
    if not folder.is_dir():
        raise Refused(
            "folder_missing", f"{quoted(str(folder))} is not a folder.", "Name the folder that the build wrote."
        )
    check = EntryCheck(limits, packed_bytes=limits.total_bytes)
    files = {}
    with unreadable_refused():
        for location in sorted(_entries(folder)):
            kind = _kind(location)
            size = location.stat().st_size if kind == "file" else 0
            path = check.admit(location.relative_to(folder).as_posix(), kind, size)
            if path is not None:
                files[path] = location
    check.finish()
    top = top_folder(files)
    return {check_path(path.removeprefix(top)): at for path, at in files.items() if path.startswith(top)}


@contextmanager
def unreadable_refused() -> Iterator[None]:
    """A file that can't be read is an error, never a file less in the release."""
    try:
        yield
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            raise
        raise Refused(
            "file_unreadable",
            f"{quoted(str(fault.filename))} can't be read: {fault.strerror}.",
            "Make it readable, or remove it from the folder.",
        ) from None


def _entries(folder: Path) -> Iterator[Path]:
    # Path.rglob passes over folders that it may not read.
    with os.scandir(folder) as found:
        for entry in found:
            location = Path(entry.path)
            yield location
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(location)


def _kind(location: Path) -> EntryKind:
    if location.is_symlink():
        return "symlink"
    if location.is_dir():
        return "directory"
    return "file" if location.is_file() else "device"
