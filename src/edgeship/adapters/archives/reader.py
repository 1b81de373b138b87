"""Reads untrusted archives.

Entries are unpacked in chunks under numbers, never under their own names, so no name can lead outside. Both formats are
read by readers of our own, which refuse what others pass over: see docs/adr/0026.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from edgeship.adapters.archives.content_codings import decoded_sha256
from edgeship.adapters.archives.damage import Damaged
from edgeship.adapters.archives.entries import Entry
from edgeship.adapters.archives.tar_entries import tar_entries
from edgeship.adapters.archives.zip_entries import zip_entries
from edgeship.adapters.documents.declarations import read_declaration
from edgeship.application.releases.ports import UnpackedFile
from edgeship.domain.errors import Refused
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME
from edgeship.domain.releases.bundle import EntryCheck, clean_name
from edgeship.domain.releases.manifest import Declaration

_CHUNK = 256 * 1024


class ArchiveReader:
    """The `Archives` port."""

    def unpack(self, archive: Path, suffix: str, into: Path, check: EntryCheck) -> list[UnpackedFile]:
        if archive.stat().st_size == 0:
            raise Refused("archive_invalid", "The archive is empty (0 bytes).", "Upload it again.")
        entries = zip_entries(archive, check.limits.entries) if suffix == ".zip" else tar_entries(archive)
        files: dict[str, UnpackedFile] = {}
        try:
            for entry in entries:
                file = _unpack(entry, files, into / f"{len(files):06}", check)
                if file is not None:
                    files[file.path] = file
        except Damaged as damage:
            raise Refused(
                "archive_invalid",
                f"The file is not a whole {suffix.removeprefix('.')} archive: {damage}.",
                "Pack it again, check it (tar -tzf, unzip -t), and upload it whole.",
            ) from None
        check.finish()
        return list(files.values())

    def declaration(self, files: Sequence[UnpackedFile], most: int) -> Declaration:
        for file in files:
            if file.path == UPLOADED_MANIFEST_NAME:
                return read_declaration(file.location, most)
        return Declaration()

    def decoded_sha256(self, file: UnpackedFile, encoding: str, size: int) -> str | None:
        return decoded_sha256(file.location, encoding, size)


def describe(path: str, location: Path) -> UnpackedFile:
    """The size and hashes of a file in place."""
    return _hash(path, location, _chunks(location))


def _unpack(entry: Entry, files: dict[str, UnpackedFile], into: Path, check: EntryCheck) -> UnpackedFile | None:
    kind, size, body = entry.kind, entry.size, entry.body
    # A second name for a file that came before: the file is unpacked again under it.
    first = files.get(clean_name(entry.target)) if entry.target is not None else None
    if first is not None:
        kind, size, body = "file", first.size, _chunks(first.location)
    path = check.admit(entry.name, kind, size)
    return _hash(path, into, _written(body, into)) if path is not None else None


def _written(chunks: Iterable[bytes], into: Path) -> Iterator[bytes]:
    with into.open("xb") as out:
        for chunk in chunks:
            out.write(chunk)
            yield chunk


def _chunks(location: Path) -> Iterator[bytes]:
    with location.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _hash(path: str, location: Path, chunks: Iterable[bytes]) -> UnpackedFile:
    sha256, sha384, size = hashlib.sha256(), hashlib.sha384(), 0
    for chunk in chunks:
        sha256.update(chunk)
        sha384.update(chunk)
        size += len(chunk)
    sri = f"sha384-{base64.b64encode(sha384.digest()).decode()}"
    return UnpackedFile(path, location, size, sha256.hexdigest(), sri)
