"""The headers of a tar archive, read strictly: a field that readers could read in two ways is damage.

Sources: POSIX.1-2017 pax (ustar and pax interchange formats), and GNU tar's manual, "Basic Tar Format".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgeship.adapters.archives.damage import Damaged

BLOCK = 512
MAX_EXTENDED_BYTES = 64 * 1024
"""Of one extended header: a path, a link's target and some times take a fiftieth of it."""

MAX_ALL_EXTENDED_BYTES = 32 * 1024 * 1024
"""Of an archive: 3 KiB for each of 10,000 entries. Their records are read one by one, a million in a second."""

_CHECKSUM = slice(148, 156)
_UNUSED_NUMBERS = (slice(100, 108), slice(108, 116), slice(116, 124), slice(136, 148), slice(329, 337), slice(337, 345))
"""Mode, owner, group, time, and the numbers of a device."""
_MAGIC = slice(257, 265)
_USTAR, _GNU, _V7 = b"ustar\x0000", b"ustar  \0", bytes(8)
_OCTAL = re.compile(rb" *([0-7]*)[ \0]*")
_PAX_LENGTH = re.compile(rb"([1-9][0-9]{0,5}) ")


@dataclass(frozen=True)
class Header:
    """One block: `name` is as it is written there, and `type` is its type flag."""

    name: bytes
    link: bytes
    type: bytes
    size: int


def read_header(block: bytes) -> Header:
    """Read a block of 512 bytes that is not all zeros.

    Raises:
        Damaged: its checksum does not match, or a number is none.
    """
    if len(block) < BLOCK:
        raise Damaged("it is truncated in a header")
    if _number(block[_CHECKSUM]) not in _checksums(block):
        raise Damaged("a header's checksum does not match its bytes")
    for field in _UNUSED_NUMBERS:
        # Without a meaning here, but other readers stop at one that is none.
        _number(block[field], signed=True)
    name, prefix = _text(block[:100]), _text(block[345:500])
    if block[_MAGIC] == _USTAR:
        name = prefix + b"/" + name if prefix else name
    elif block[_MAGIC] not in (_GNU, _V7) or any(block[345:]):
        # Whatever the format is, some readers find the first part of a long name or the map of a
        # sparse file there.
        raise Damaged("a header is of no known format")
    return Header(name, _text(block[157:257]), block[156:157], _number(block[124:136]))


def pax_records(body: bytes) -> dict[str, bytes]:
    """The records of a pax header, `LENGTH KEY=VALUE\\n` each.

    Raises:
        Damaged: a record's length does not match it.
    """
    records: dict[str, bytes] = {}
    at = 0
    while at < len(body):
        length = _PAX_LENGTH.match(body, at)
        end = at + int(length[1]) if length else 0
        key, equals, value = body[length.end() : end - 1].partition(b"=") if length else (b"", b"", b"")
        if not (equals and key and end <= len(body) and body[end - 1 : end] == b"\n"):
            raise Damaged("a pax header has a record whose length does not match")
        records[key.decode("utf-8", "replace")] = value
        at = end
    return records


def long_name(body: bytes) -> bytes:
    """The name in one of GNU tar's long headers.

    Raises:
        Damaged: something stands behind the name.
    """
    name, end, rest = body.partition(b"\0")
    if not end or rest.strip(b"\0"):
        raise Damaged("a long name has no end, or bytes behind it")
    return name


def pax_size(value: bytes) -> int:
    """A size in a pax header: decimal digits.

    Raises:
        Damaged: it is none.
    """
    if not re.fullmatch(rb"[0-9]{1,15}", value):
        raise Damaged("a pax header has a size that is no number of bytes")
    return int(value)


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes, *, signed: bool = False) -> int:
    # GNU's base 256, for what octal digits can't hold: 0x80 before a positive number, 0xFF before a negative one.
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    if field[0] == 0xFF and signed:
        return int.from_bytes(field, "big", signed=True)
    digits = _OCTAL.fullmatch(field)
    if digits is None:
        raise Damaged("a header has a number that is negative, or none")
    return int(digits[1] or b"0", 8)


def _checksums(block: bytes) -> tuple[int, int]:
    """The sum of the bytes with the field itself as spaces: unsigned, and signed as some old programs wrote it."""
    others = block[: _CHECKSUM.start] + b" " * 8 + block[_CHECKSUM.stop :]
    unsigned = sum(others)
    return unsigned, unsigned - 256 * sum(byte > 127 for byte in others)
