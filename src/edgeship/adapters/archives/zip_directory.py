"""The table of contents of a zip archive, read strictly: it ends where the file ends, and lists exactly what it counts.

Source: APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.3
(https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from edgeship.adapters.archives.damage import Damaged
from edgeship.domain.errors import Refused

MAX_RECORD_BYTES = 840
"""Of an entry in the table, on average: a name of 512 bytes, and 328 of other fields."""
_LEAST_LIMIT = 1024 * 1024
MAX_VERSION_NEEDED = 63
"""Of the format, times 10; stored and Deflate need 2.0, zip64 needs 4.5 (APPNOTE.TXT 4.4.3)."""
_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_RECORD = struct.Struct("<4s6H3L5H2L")
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_MAX_COMMENT = 0xFFFF
_READ_FIELDS = frozenset({0x0001, 0x7075})
"""zip64's sizes, and the name in Unicode. Others are not kept: a table has room for a million."""


@dataclass(frozen=True)
class Record:
    """One entry as the table has it. `made_on` is the number of a system, `attributes` are that system's."""

    name: bytes
    made_on: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    attributes: int
    extra: dict[int, bytes]


@dataclass(frozen=True)
class _End:
    entries: int
    size: int
    offset: int


def read_directory(file: IO[bytes], file_size: int, most: int) -> tuple[list[Record], int]:
    """The records in their order, at most `most`, and where the table begins.

    Raises:
        Damaged: it is not whole. Refused: `too_many_files`.
    """
    end, at = _find_end(file, file_size)
    most_bytes = max(_LEAST_LIMIT, MAX_RECORD_BYTES * most)
    if end.entries > most or end.size > most_bytes:
        raise Refused(
            "too_many_files",
            f"The archive has {end.entries:,} entries, and a table of contents of {end.size:,} bytes.",
            f"Pack at most {most:,} files and folders, with a table of at most {most_bytes:,} bytes.",
        )
    if end.offset + end.size != at:
        raise Damaged("its table of contents is not where its last record says")
    file.seek(end.offset)
    records = list(_records(file.read(end.size)))
    if len(records) != end.entries:
        raise Damaged(f"its table of contents has {len(records):,} entries, and counts {end.entries:,}")
    return records, end.offset


def extra_fields(data: bytes) -> dict[int, bytes]:
    """Extra fields by their number, those that are read; of two with one number the first.

    What does not parse is left out: some programs pad with zeros.
    """
    fields: dict[int, bytes] = {}
    while len(data) >= 4:
        number, size = struct.unpack_from("<2H", data)
        if len(data) < 4 + size:
            break
        if number in _READ_FIELDS:
            fields.setdefault(number, data[4 : 4 + size])
        data = data[4 + size :]
    return fields


def zip64_sizes(extra: dict[int, bytes], *values: int) -> tuple[int, ...]:
    """`values` with those that are full replaced by the next of the zip64 field.

    Raises:
        Damaged: the field is missing, or too short.
    """
    rest = extra.get(1, b"")
    found = []
    for value in values:
        if value != _FULL32:
            found.append(value)
            continue
        if len(rest) < 8:
            raise Damaged("an entry's zip64 sizes are missing")
        found.append(int.from_bytes(rest[:8], "little"))
        rest = rest[8:]
    return tuple(found)


def _find_end(file: IO[bytes], file_size: int) -> tuple[_End, int]:
    """The end record, and where the table of contents ends."""
    start = max(0, file_size - _END.size - _MAX_COMMENT)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Damaged("it has no end record: it is no zip archive, or a truncated one")
    _, disk, first_disk, here, entries, size, offset, comment = _END.unpack_from(tail, at)
    if at + _END.size + comment != len(tail):
        raise Damaged("it has data after its end, or is truncated in its comment")
    plain = _End(entries, size, offset)
    end64 = _find_end64(file, start + at, plain)
    if end64 is not None:
        return end64
    if (disk, first_disk) != (0, 0) or here != entries:
        raise Damaged("it is one part of several")
    return plain, start + at


def _find_end64(file: IO[bytes], end_at: int, plain: _End) -> tuple[_End, int] | None:
    locator_at = end_at - _END64_LOCATOR.size
    if locator_at < _END64.size:
        return None
    file.seek(locator_at)
    signature, disk, at, disks = _END64_LOCATOR.unpack(file.read(_END64_LOCATOR.size))
    if signature != b"PK\x06\x07":
        return None
    # Some programs write 0 disks for one.
    if disk != 0 or disks > 1 or at + _END64.size > locator_at:
        raise Damaged("its zip64 end record is not where it is said to be")
    file.seek(at)
    signature, length, _, _, disk, first_disk, here, entries, size, offset = _END64.unpack(file.read(_END64.size))
    if signature != b"PK\x06\x06" or at + 12 + length != locator_at:
        raise Damaged("its zip64 end record is not where it is said to be")
    if (disk, first_disk) != (0, 0) or here != entries:
        raise Damaged("it is one part of several")
    found = _End(entries, size, offset)
    for short, full, exact in (
        (plain.entries, _FULL16, entries),
        (plain.size, _FULL32, size),
        (plain.offset, _FULL32, offset),
    ):
        if short not in (full, exact):
            raise Damaged("its two end records contradict each other")
    return found, at


def _records(data: bytes) -> Iterator[Record]:
    at = 0
    while at < len(data):
        if len(data) - at < _RECORD.size or data[at : at + 4] != b"PK\x01\x02":
            raise Damaged("its table of contents has something else than entries")
        (_, made_by, needed, flags, method, _, _, crc, packed, size, *lengths, disk, _, attributes, offset) = (
            _RECORD.unpack_from(data, at)
        )
        name_size, extra_size, comment_size = lengths
        at += _RECORD.size
        name, extra = data[at : at + name_size], data[at + name_size : at + name_size + extra_size]
        at += name_size + extra_size + comment_size
        if at > len(data):
            raise Damaged("its table of contents is truncated")
        if needed & 0xFF > MAX_VERSION_NEEDED:
            raise Damaged(f"an entry needs version {needed / 10:g} of the format")
        if disk not in (0, _FULL16):
            raise Damaged("it is one part of several")
        fields = extra_fields(extra)
        size, packed, offset = zip64_sizes(fields, size, packed, offset)
        yield Record(name, made_by >> 8, flags, method, crc, packed, size, offset, attributes, fields)
