"""What a compressed file decodes to, in parts: no file can make it hold or write more than a part.

Decoding ends at the first byte too many, so what a bomb costs is bounded by the file that it claims to be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import brotli  # type: ignore[import-untyped]

from edgeship.adapters.archives.damage import Damaged
from edgeship.adapters.archives.gzip_members import CHUNK, GzipMembers


def decoded_sha256(location: Path, encoding: str, size: int) -> str | None:
    """The SHA-256 in hex of what a file of the content coding `br` or `gzip` decodes to, if that has `size` bytes; None
    for any other length, and for what is not whole and nothing more."""
    digest, left = hashlib.sha256(), size
    with location.open("rb") as file:
        try:
            for part in _brotli(file) if encoding == "br" else _gzip(file):
                left -= len(part)
                if left < 0:
                    return None
                digest.update(part)
        except Damaged:
            return None
    return None if left else digest.hexdigest()


def _gzip(file: IO[bytes]) -> Iterator[bytes]:
    stream = GzipMembers(file)
    while part := stream.read(CHUNK):
        yield part


def _brotli(file: IO[bytes]) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    try:
        while not decoder.is_finished():
            pending = file.read(CHUNK) if decoder.can_accept_more_data() else b""
            part = decoder.process(pending, output_buffer_limit=CHUNK)
            if part:
                yield part
            elif not pending and decoder.can_accept_more_data() and not decoder.is_finished():
                raise Damaged("it is truncated")
    except brotli.error as fault:
        raise Damaged(f"its compression is damaged ({fault})") from None
    # RFC 7932 has nothing after the last block.
    if file.read(1):
        raise Damaged("it has data after its end")
