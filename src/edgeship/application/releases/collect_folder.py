"""The files of a folder that a build wrote, by their paths in the release."""

from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edgeship.application.releases.select_files import Selection
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.bundle import EntryCheck, EntryKind
from edgeship.domain.releases.contents.release_paths import release_paths
from edgeship.domain.releases.limits import Limits

EVERYTHING = Selection(excluded=lambda _: False, included=lambda _: True)


@dataclass(frozen=True)
class Collected:
    """`files` are in the order of their paths. `excluded` are the paths of what is not packed; that of a folder ends
    with a slash."""

    files: dict[str, Path]
    excluded: tuple[str, ...]


def collect_folder(
    folder: Path, limits: Limits, selection: Selection = EVERYTHING, *, follow_symlinks: bool = False
) -> Collected:
    """Every file that is selected; a single top folder is taken off, as of an archive.

    A symbolic link counts as what it names. It has to stay inside of the folder, unless `follow_symlinks`.

    Raises:
        Refused: `folder_missing`, `file_unreadable`, `link_loop`, or what an archive of these files is refused with.
    """
    if not folder.is_dir():
        raise Refused(
            "folder_missing", f"{quoted(str(folder))} is not a folder.", "Name the folder that the build wrote."
        )
    check = EntryCheck(limits, packed_bytes=limits.total_bytes)
    files: dict[str, Path] = {}
    with unreadable_refused():
        walk = _Walk(folder, Path(os.path.realpath(folder)), selection, follow_symlinks)
        for location in walk.entries():
            kind: EntryKind = "file" if location.is_file() else "device"
            size = location.stat().st_size if kind == "file" else 0
            path = check.admit(written_name(location.relative_to(folder)), kind, size)
            assert path is not None  # it is no folder
            files[path] = location
    check.finish()
    inside = release_paths(sorted(files))
    return Collected({path: files[name] for name, path in inside.items()}, tuple(walk.excluded))


def written_name(path: Path) -> str:
    """A relative path as its bytes say it in UTF-8, whatever encoding the locale of this machine has."""
    return os.fsencode(path.as_posix()).decode("utf-8", "surrogateescape")


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
            "Make it readable, remove it from the folder, or exclude it (--exclude).",
        ) from None


@dataclass
class _Walk:
    """Visits what is selected, and lists what is not."""

    folder: Path
    root: Path
    selection: Selection
    follow_symlinks: bool
    excluded: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[Path]:
        return self._below(self.folder, (self.root,))

    def _below(self, folder: Path, ancestors: tuple[Path, ...]) -> Iterator[Path]:
        # Path.rglob passes over folders that it may not read.
        with os.scandir(folder) as found:
            locations = sorted(Path(entry.path) for entry in found)
        for location in locations:
            path = unicodedata.normalize("NFC", written_name(location.relative_to(self.folder)))
            is_link = location.is_symlink()
            is_folder = location.is_dir()
            shown = f"{path}/" if is_folder else path
            if self.selection.excluded(shown) or not (is_folder or self.selection.included(path)):
                self.excluded.append(shown)
                continue
            target = self._target(location, path) if is_link else location
            if not is_folder:
                yield location
                continue
            real = target if is_link else ancestors[-1] / location.name
            if real in ancestors:
                raise Refused(
                    "link_loop",
                    f"The symbolic link {quoted(path)} leads to a folder that it is in.",
                    "Remove it, or exclude it (--exclude).",
                )
            yield from self._below(location, (*ancestors, real))

    def _target(self, link: Path, path: str) -> Path:
        try:
            target = Path(os.path.realpath(link, strict=True))
        except OSError as fault:
            raise OSError(fault.errno, fault.strerror, str(link)) from None
        if not self.follow_symlinks and not target.is_relative_to(self.root):
            raise Refused(
                "entry_kind",
                f"Entry {quoted(path)} is a symbolic link that leaves the folder.",
                "Publish with --follow-symlinks to pack what it names, or exclude it (--exclude).",
            )
        return target
