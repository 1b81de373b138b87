"""Zip archives put together record by record, so that each field can be what no packer writes."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

MADE_ON_UNIX = 3


@dataclass(frozen=True)
class Part:
    """One entry. What is None in `local` follows from the content; `after` stands behind the content."""

    name: bytes
    body: bytes = b""
    method: int = 8
    flags: int = 0
    made_on: int = MADE_ON_UNIX
    mode: int = 0o100644
    extra: bytes = b""
    local: dict[str, Any] = field(default_factory=dict)
    listed: dict[str, Any] = field(default_factory=dict)
    after: bytes = b""

    @property
    def packed(self) -> bytes:
        if self.method != 8:
            return self.body
        deflate = zlib.compressobj(wbits=-15)
        return deflate.compress(self.body) + deflate.flush()

    def fields(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "flags": self.flags,
            "method": self.method,
            "crc": zlib.crc32(self.body),
            "packed": len(self.packed),
            "size": len(self.body),
            "extra": self.extra,
        }

    def local_part(self) -> bytes:
        f = {**self.fields(), **self.local}
        head = struct.pack(
            "<4s5H3L2H",
            b"PK\x03\x04",
            20,
            f["flags"],
            f["method"],
            0,
            33,
            f["crc"],
            f["packed"],
            f["size"],
            len(f["name"]),
            len(f["extra"]),
        )
        return head + f["name"] + f["extra"] + self.packed + self.after

    def listed_part(self, offset: int) -> bytes:
        f = {**self.fields(), "offset": offset, "disk": 0, **self.listed}
        head = struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            self.made_on << 8 | 20,
            20,
            f["flags"],
            f["method"],
            0,
            33,
            f["crc"],
            f["packed"],
            f["size"],
            len(f["name"]),
            len(f["extra"]),
            0,
            f["disk"],
            0,
            self.mode << 16,
            f["offset"],
        )
        return head + f["name"] + f["extra"]


def described_after(part: Part, *, signature: bool, zip64: bool) -> Part:
    """The part as a packer writes it that streams: its sizes stand behind its content."""
    sizes = struct.pack("<LQQ" if zip64 else "<3L", zlib.crc32(part.body), len(part.packed), len(part.body))
    after = (b"PK\x07\x08" if signature else b"") + sizes
    return replace(part, flags=part.flags | 8, local={"crc": 0, "packed": 0, "size": 0}, after=after)


def end_record(entries: int, size: int, offset: int, comment: bytes = b"", disk: int = 0) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", disk, disk, entries, entries, size, offset, len(comment)) + comment


def end_records_64(entries: int, size: int, offset: int, at: int) -> bytes:
    """The zip64 record, which begins at `at`, its locator, and an end record that points to them."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    return record + locator + end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def archive(*parts: Part, before: bytes = b"", between: bytes = b"", end: bytes | None = None) -> bytes:
    """The archive of the parts, with what `before` and `between` put before the parts and before their table."""
    content, table = before, b""
    for part in parts:
        table += part.listed_part(len(content))
        content += part.local_part()
    content += between
    return content + table + (end_record(len(parts), len(table), len(content)) if end is None else end)


def table_of(*parts: Part) -> tuple[bytes, int, int]:
    """The archive without its end, and the size and the offset of its table."""
    whole = archive(*parts, end=b"")
    content = sum(len(part.local_part()) for part in parts)
    return whole, len(whole) - content, content
