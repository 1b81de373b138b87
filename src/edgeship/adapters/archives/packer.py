"""Builds archives whose bytes depend only on names and contents."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from edgeship.adapters.archives.reader import describe
from edgeship.application.releases.ports import UnpackedFile


class TarPacker:
    """The `Packer` port: a `.tar.gz` without the times, owners or modes of the local machine."""

    def pack(self, files: Mapping[str, Path], extra: Mapping[str, bytes], into: Path) -> None:
        with (
            into.open("wb") as out,
            gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for path in sorted(files.keys() | extra.keys()):
                entry = tarfile.TarInfo(path)
                entry.mode = 0o644
                if path in extra:
                    entry.size = len(extra[path])
                    tar.addfile(entry, io.BytesIO(extra[path]))
                else:
                    entry.size = files[path].stat().st_size
                    with files[path].open("rb") as body:
                        tar.addfile(entry, body)

    def describe(self, path: str, location: Path) -> UnpackedFile:
        return describe(path, location)
