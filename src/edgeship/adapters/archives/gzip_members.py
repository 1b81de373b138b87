"""A file's gzip members as one stream of bytes: RFC 1952, with nothing before, between or after the members.

zlib checks each member's CRC-32 and length.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO

from edgeship.adapters.archives.damage import Damaged

CHUNK = 64 * 1024
MAX_MEMBERS = 10_000
"""Enough for 600 MB in blocks of 64 KiB, as bgzip writes them; each member costs a decompressor."""
_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"


class GzipMembers:
    """Reads forward only; holds one chunk of input and one of output."""

    def __init__(self, file: IO[bytes]) -> None:
        self._unpacked = _unpacked(file)
        self._buffer = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes, and fewer only at the end.

        Raises:
            Damaged: a member is damaged or truncated, or something else stands after one.
        """
        return b"".join(self.chunks(size))

    def chunks(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes in parts, fewer only at the end; raises as `read` does."""
        while size:
            if self._at == len(self._buffer):
                self._buffer, self._at = next(self._unpacked, b""), 0
                if not self._buffer:
                    return
            part = self._buffer[self._at : self._at + size]
            self._at += len(part)
            size -= len(part)
            yield part


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    """The contents of all members, in parts that are not empty."""
    pending = file.read(CHUNK)
    for _ in range(MAX_MEMBERS):
        if len(pending) < len(_MAGIC):
            pending += file.read(CHUNK)
        if not pending.startswith(_MAGIC):
            raise Damaged("something that is not gzip stands where a gzip member should begin")
        member = zlib.decompressobj(_GZIP)
        while not member.eof:
            pending = pending or file.read(CHUNK)
            try:
                part = member.decompress(pending, CHUNK)
            except zlib.error as error:
                raise Damaged(f"its compression is damaged ({error})") from None
            if not part and not pending:
                raise Damaged("it is truncated")
            pending = member.unconsumed_tail
            if part:
                yield part
        pending = member.unused_data or file.read(CHUNK)
        if not pending:
            return
    raise Damaged(f"it has more than {MAX_MEMBERS:,} gzip members")
