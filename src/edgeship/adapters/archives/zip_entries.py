"""The entries of a zip archive: its table of contents, held to what lies before each file's bytes.

The file is exactly its entries, one after the other, and the table after them: an entry that overlaps another, lies
before the beginning, or leaves a gap is damage. Methods are stored and deflate.

Source: APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.9 and 4.4.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO

from edgeship.adapters.archives.damage import Damaged
from edgeship.adapters.archives.entries import Entry
from edgeship.adapters.archives.zip_directory import (
    MAX_VERSION_NEEDED,
    Record,
    extra_fields,
    read_directory,
    zip64_sizes,
)
from edgeship.adapters.archives.zip_names import entry_name
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.bundle import EntryKind

CHUNK = 64 * 1024
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _DESCRIBED_AFTER, _PATCH, _STRONG, _MASKED = 1 << 0, 1 << 3, 1 << 5, 1 << 6, 1 << 13
_SPEED = 0b110
"""How hard the packer tried: it changes nothing for a reader."""
_STORED, _DEFLATE = 0, 8
_METHODS = {
    1: "Shrink",
    6: "Implode",
    9: "Deflate64",
    12: "bzip2",
    14: "LZMA",
    93: "Zstandard",
    95: "xz",
    98: "PPMd",
    99: "AES encryption",
}


def zip_entries(archive: Path, most: int) -> Iterator[Entry]:
    """Every entry, in the table's order.

    Raises:
        Damaged: it is not a whole archive. Refused: `archive_invalid` or `path_invalid`: an entry is encrypted, or has
        another method or an unreadable name; `too_many_files`: there are more than `most`.
    """
    with archive.open("rb") as file:
        records, end = read_directory(file, archive.stat().st_size, most)
        names = [entry_name(record) for record in records]
        for record, name in zip(records, names, strict=True):
            _check_method(record, name)
        ends = _ends(records, end)
        for record, name in zip(records, names, strict=True):
            begin = _check_local(file, record, name, ends[record.offset])
            kind = _kind(record, name)
            if kind == "directory" and record.size:
                raise Damaged(f"entry {quoted(name)} is a folder, but has {record.size:,} bytes of content")
            body = _body(file, record, name, begin)
            yield Entry(name, kind, record.size, body)
            for _ in body:
                pass


def _ends(records: list[Record], end: int) -> dict[int, int]:
    """Where the entry at an offset ends: the next one begins there."""
    offsets = sorted({record.offset for record in records})
    if len(offsets) != len(records):
        raise Damaged("two entries lie at one place")
    if (offsets[0] if offsets else end) != 0:
        raise Damaged("something lies before its first entry")
    return dict(pairwise([*offsets, end]))


def _check_method(record: Record, name: str) -> None:
    if record.flags & (_ENCRYPTED | _STRONG | _MASKED):
        raise Refused("archive_invalid", f"Entry {quoted(name)} is encrypted.", "Pack without a password.")
    if record.method not in (_STORED, _DEFLATE) or record.flags & _PATCH:
        method = _METHODS.get(record.method, f"number {record.method}")
        raise Refused(
            "archive_invalid",
            f"Entry {quoted(name)} is compressed by the method {method}; only stored and Deflate are read.",
            "Pack with Deflate: zip -Z deflate, 7z a -tzip -mm=Deflate.",
        )


def _check_local(file: IO[bytes], record: Record, name: str, end: int) -> int:
    """Hold the header before a file to the table; returns where the file's bytes begin."""
    file.seek(record.offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
        raise Damaged(f"entry {quoted(name)} is not where the table of contents says")
    _, needed, flags, method, _, _, crc, packed, size, name_size, extra_size = _LOCAL.unpack(head)
    local_name, extra = file.read(name_size), extra_fields(file.read(extra_size))
    size, packed = zip64_sizes(extra, size, packed)
    later = bool(flags & _DESCRIBED_AFTER)
    known = (crc, packed, size) == (record.crc, record.packed, record.size)
    unknown = later and not crc and packed in (0, record.packed) and size in (0, record.size)
    same = (flags & ~_SPEED, method, local_name) == (record.flags & ~_SPEED, record.method, record.name)
    if not (same and (known or unknown)) or needed & 0xFF > MAX_VERSION_NEEDED:
        raise Damaged(f"entry {quoted(name)} is described in two ways")
    begin: int = record.offset + _LOCAL.size + name_size + extra_size
    file.seek(begin + record.packed)
    after = file.read(max(0, min(end - begin - record.packed, 25)))
    described = [*(_descriptors(record) if later else []), *([b""] if known else [])]
    if begin + record.packed + len(after) != end or after not in described:
        raise Damaged(f"the bytes of entry {quoted(name)} overlap others, or leave a gap")
    return begin


def _descriptors(record: Record) -> list[bytes]:
    """What may follow a file whose header has no sizes: with or without a signature, in 4 bytes a size or in 8."""
    return [
        signature + struct.pack(form, record.crc, record.packed, record.size)
        for form in ("<LQQ", *(["<3L"] if max(record.packed, record.size) < 1 << 32 else []))
        for signature in (b"PK\x07\x08", b"")
    ]


def _kind(record: Record, name: str) -> EntryKind:
    # The upper half has the Unix mode if the archive was made on Unix; zero means unknown.
    mode = record.attributes >> 16
    if stat.S_ISLNK(mode):
        return "symlink"
    if name.endswith("/"):
        return "directory"
    return "file" if stat.S_IFMT(mode) in (0, stat.S_IFREG) else "device"


def _body(file: IO[bytes], record: Record, name: str, begin: int) -> Iterator[bytes]:
    file.seek(begin)
    crc, size = 0, 0
    for part in _inflated(file, record.packed) if record.method == _DEFLATE else _stored(file, record.packed):
        size += len(part)
        if size > record.size:
            break
        crc = zlib.crc32(part, crc)
        yield part
    if (size, crc) != (record.size, record.crc):
        raise Damaged(f"the bytes of entry {quoted(name)} don't have its checksum and size")


def _stored(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size:
        part = file.read(min(size, CHUNK))
        if not part:
            raise Damaged("it is truncated in a file")
        size -= len(part)
        yield part


def _inflated(file: IO[bytes], packed: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for part in _stored(file, packed):
            out = inflate.decompress(part, CHUNK)
            while out:
                yield out
                out = inflate.decompress(inflate.unconsumed_tail, CHUNK)
    except zlib.error as error:
        raise Damaged(f"its compression is damaged ({error})") from None
    if not inflate.eof or inflate.unused_data:
        raise Damaged("its compression is damaged (a file's bytes end too early or too late)")
