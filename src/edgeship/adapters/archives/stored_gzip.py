"""Writes gzip without compression: its bytes depend on the contents alone, not on which zlib a machine has.

Formats: RFC 1952 (gzip) and, for stored blocks, RFC 1951, section 3.2.4. Why nothing is compressed: docs/adr/0053.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import IO, Final

_HEADER: Final = b"\x1f\x8b\x08\x00" + bytes(4) + b"\x00\xff"
"""No name, no time, no flags; the operating system is unknown."""
_BLOCK: Final = 0xFFFF
"""Bytes of the longest stored block."""


class StoredGzip(io.RawIOBase):
    """A file to write to; `close` ends the gzip member and leaves the file below open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._pending = bytearray()
        self._crc = 0
        self._size = 0
        file.write(_HEADER)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, part: bytes, /) -> int:  # type: ignore[override]  # tarfile writes bytes
        self._crc = zlib.crc32(part, self._crc)
        self._size += len(part)
        self._pending += part
        # The last block is marked as such, so one is kept until the end.
        while len(self._pending) > _BLOCK:
            self._block(self._pending[:_BLOCK], last=False)
            del self._pending[:_BLOCK]
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._block(self._pending, last=True)
            self._file.write(struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))
        super().close()

    def _block(self, content: bytes | bytearray, *, last: bool) -> None:
        self._file.write(struct.pack("<BHH", last, len(content), len(content) ^ 0xFFFF))
        self._file.write(content)
