"""Reads untrusted archives.

Entries are unpacked in chunks under numbers, never under their own names, so no name can lead outside. Parts that a
hostile archive could make large in memory (a pax header, a central directory) are bounded before they are read.
"""

from __future__ import annotations

import base64
import errno
import gzip
import hashlib
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from edgeship.adapters.documents.manifests import read_declaration
from edgeship.application.releases.ports import UnpackedFile
from edgeship.domain.errors import Refused
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME
from edgeship.domain.releases.bundle import EntryCheck, EntryKind
from edgeship.domain.releases.manifest import Declaration

_CHUNK = 256 * 1024
_MAX_TAR_HEADER = 64 * 1024
_MAX_TRAILING = 1024 * 1024
_MAX_CENTRAL_DIRECTORY = 16 * 1024 * 1024
_END_OF_CENTRAL_DIRECTORY = struct.Struct("<4s4H2LH")
_MAX_ZIP_COMMENT = 65_535


class ArchiveReader:
    """The `Archives` port over the standard library's tarfile and zipfile."""

    def unpack(self, archive: Path, suffix: str, into: Path, check: EntryCheck) -> list[UnpackedFile]:
        with _faults_refused(suffix):
            if archive.stat().st_size == 0:
                raise Refused("archive_invalid", "The archive is empty (0 bytes).", "Upload it again.")
            entries = _zip_entries(archive) if suffix == ".zip" else _tar_entries(archive)
            files: list[UnpackedFile] = []
            for name, kind, body in entries:
                path = check.admit(name, kind)
                if path is not None and body is not None:
                    files.append(_unpack_file(path, body, into / f"{len(files):06}", check))
            check.finish()
            return files

    def declaration(self, files: Sequence[UnpackedFile]) -> Declaration:
        for file in files:
            if file.path == UPLOADED_MANIFEST_NAME:
                return read_declaration(file.location)
        return Declaration()


def describe(path: str, location: Path) -> UnpackedFile:
    """The size and hashes of a file in place."""
    with location.open("rb") as file:
        return _hash(path, location, iter(lambda: file.read(_CHUNK), b""))


Entry = tuple[str, EntryKind, IO[bytes] | None]


def _unpack_file(path: str, body: IO[bytes], location: Path, check: EntryCheck) -> UnpackedFile:
    def chunks(out: IO[bytes]) -> Iterator[bytes]:
        size = 0
        while chunk := body.read(_CHUNK):
            size += len(chunk)
            check.grow(path, size, len(chunk))
            out.write(chunk)
            yield chunk

    with location.open("xb") as out:
        return _hash(path, location, chunks(out))


def _hash(path: str, location: Path, chunks: Iterator[bytes]) -> UnpackedFile:
    sha256, sha384, size = hashlib.sha256(), hashlib.sha384(), 0
    for chunk in chunks:
        sha256.update(chunk)
        sha384.update(chunk)
        size += len(chunk)
    sri = f"sha384-{base64.b64encode(sha384.digest()).decode()}"
    return UnpackedFile(path, location, size, sha256.hexdigest(), sri)


class _BoundedTarInfo(tarfile.TarInfo):
    """tarfile reads extended headers whole, and a header may declare any size; this bounds it."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        extended = header.type not in tarfile.SUPPORTED_TYPES or header.type in (
            tarfile.XHDTYPE,
            tarfile.XGLTYPE,
            tarfile.SOLARIS_XHDTYPE,
            tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
        )
        if extended and header.size > _MAX_TAR_HEADER:
            raise Refused(
                "archive_invalid",
                f"The archive has an extended header of {header.size:,} bytes; {_MAX_TAR_HEADER:,} is the limit.",
                "Pack it with a plain tar.",
            )
        return header


def _tar_entries(archive: Path) -> Iterator[Entry]:
    with gzip.open(archive, "rb") as stream:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_BoundedTarInfo) as tar:
            for member in tar:
                kind = _tar_kind(member)
                yield member.name, kind, tar.extractfile(member) if kind == "file" else None
        # gzip's checksum comes after tar's end: only there a truncated archive is found.
        trailing = 0
        while chunk := stream.read(_CHUNK):
            trailing += len(chunk)
            if trailing > _MAX_TRAILING:
                raise Refused("archive_invalid", "The archive has data after its end.", "Pack it again.")


def _tar_kind(member: tarfile.TarInfo) -> EntryKind:
    if member.isdir():
        return "directory"
    if member.issym() or member.islnk():
        return "link"
    return "file" if member.isreg() and not member.issparse() else "device"


def _zip_entries(archive: Path) -> Iterator[Entry]:
    _check_central_directory(archive)
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            if info.flag_bits & 1:
                raise Refused(
                    "archive_invalid", f"Entry {info.orig_filename!r} is encrypted.", "Pack without a password."
                )
            kind = _zip_kind(info)
            if kind == "file":
                with packed.open(info) as body:
                    yield info.orig_filename, kind, body
            else:
                yield info.orig_filename, kind, None


def _zip_kind(info: zipfile.ZipInfo) -> EntryKind:
    # The upper half has the Unix mode if the archive was made on Unix; zero means unknown.
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "link"
    if info.orig_filename.endswith("/"):
        return "directory"
    return "file" if stat.S_IFMT(mode) in (0, stat.S_IFREG) else "device"


def _check_central_directory(archive: Path) -> None:
    size = archive.stat().st_size
    with archive.open("rb") as file:
        file.seek(max(0, size - _END_OF_CENTRAL_DIRECTORY.size - _MAX_ZIP_COMMENT))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END_OF_CENTRAL_DIRECTORY.size:
        raise zipfile.BadZipFile("no end of central directory: not a zip archive, or a truncated one")
    directory_bytes: int = _END_OF_CENTRAL_DIRECTORY.unpack_from(tail, at)[5]
    # 0xFFFFFFFF, which points to a ZIP64 record, is over the limit as well: no normal bundle needs it.
    if directory_bytes > _MAX_CENTRAL_DIRECTORY:
        raise Refused("too_many_files", "The archive's table of contents is too large.", "Bundle the sources.")


_FAULTS = (
    gzip.BadGzipFile,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    # tarfile and zipfile raise these for some damaged fields.
    NotImplementedError,
    OverflowError,
    ValueError,
)


@contextmanager
def _faults_refused(suffix: str) -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise Refused("archive_invalid", "The archive is truncated.", "Upload it again, whole.") from None
    except _FAULTS as fault:
        raise _not_whole(suffix, fault) from None
    except OSError as fault:
        # EINVAL is a seek before the file's beginning: the archive is damaged. A full disk, for example, is not its
        # fault.
        if fault.errno != errno.EINVAL:
            raise
        raise _not_whole(suffix, fault) from None


def _not_whole(suffix: str, fault: Exception) -> Refused:
    return Refused(
        "archive_invalid",
        f"The file is not a whole {suffix.removeprefix('.')} archive: {fault}.",
        "Pack it again, check it (tar -tzf, unzip -t), and upload it whole.",
    )
