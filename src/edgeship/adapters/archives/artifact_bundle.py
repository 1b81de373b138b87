"""Writes an artifact bundle: a ZIP archive after a header of eight bytes.

Format: https://getsentry.github.io/symbolicator/advanced/source-bundles/.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_HEADER: Final = struct.pack("<4sI", b"SYSB", 2)
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""ZIP has no earlier time; the same release gives the same bytes."""


@contextmanager
def artifact_bundle(target: Path) -> Iterator[Callable[[str, bytes], None]]:
    """A function that adds a file, each path once. `target` appears when the bundle is whole."""
    partial = target.with_name(target.name + ".part")
    added: set[str] = set()
    try:
        with partial.open("wb") as file:
            file.write(_HEADER)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:

                def add(path: str, content: bytes) -> None:
                    if path in added:  # two scripts may name one map
                        return
                    added.add(path)
                    entry = zipfile.ZipInfo(path, _EPOCH)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(entry, content)

                yield add
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
