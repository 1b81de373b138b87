"""Builds archives whose bytes depend only on names and contents."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from edgeship.adapters.archives.reader import describe
from edgeship.adapters.archives.stored_gzip import StoredGzip
from edgeship.application.releases.ports import UnpackedFile


class TarPacker:
    """The `Packer` port: a `.tar.gz`, not compressed, without the times, owners or modes of the local machine."""

    def pack(self, files: Mapping[str, Path], extra: Mapping[str, bytes], into: Path) -> None:
        with (
            into.open("wb") as out,
            StoredGzip(out) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as tar,
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
