"""Writes files into a folder: all of them, or none."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path


class NewFiles:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def existing(self, paths: Collection[str]) -> list[str]:
        return [path for path in paths if os.path.lexists(self._folder / path)]

    def write(self, files: Mapping[str, str]) -> None:
        """The texts are written beside their places first, where a full disk or a missing permission shows. Then each
        is renamed; if one fails, those before it are put back."""
        with ExitStack() as folders, ExitStack() as scratch, ExitStack() as undo:
            staged = [(self._staged(path, text, folders, scratch), self._folder / path) for path, text in files.items()]
            for made, place in staged:
                undo.callback(_put_back, place, _kept(place, scratch))
                made.replace(place)
            undo.pop_all()
            folders.pop_all()

    def _staged(self, path: str, text: str, folders: ExitStack, scratch: ExitStack) -> Path:
        place = self._folder / path
        for folder in reversed([parent for parent in place.parents if not parent.exists()]):
            folder.mkdir()
            folders.callback(_remove_empty, folder)
        if place.is_dir():
            raise IsADirectoryError(21, "Is a folder, and a file of this name is to be written", str(place))
        made = _beside(place, scratch)
        made.write_text(text, "utf-8")
        made.chmod(0o666 & ~_umask())
        return made


def _kept(place: Path, scratch: ExitStack) -> Path | None:
    """What is at a place, moved beside it; None where nothing is."""
    if not os.path.lexists(place):
        return None
    kept = _beside(place, scratch)
    place.replace(kept)
    return kept


def _beside(place: Path, scratch: ExitStack) -> Path:
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")
    os.close(handle)
    made = Path(name)
    scratch.callback(made.unlink, missing_ok=True)
    return made


def _put_back(place: Path, before: Path | None) -> None:
    if before is None:
        place.unlink(missing_ok=True)
    else:
        before.replace(place)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now
