"""Unpacks the bytes of an archive into a folder, by the rules for uploads."""

from __future__ import annotations

from pathlib import Path

from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.application.releases.ports import UnpackedFile
from edgeship.domain.releases.bundle import EntryCheck
from edgeship.domain.releases.limits import Limits


def unpack(archive: bytes, suffix: str, into: Path, limits: Limits | None = None) -> list[UnpackedFile]:
    location = into / "archive"
    location.write_bytes(archive)
    check = EntryCheck(limits or Limits(), packed_bytes=len(archive))
    (into / "files").mkdir(exist_ok=True)
    return ArchiveReader().unpack(location, suffix, into / "files", check)
