"""The entries of a gzipped tar archive, which ends with its end-of-archive blocks and nothing but zeros after them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgeship.adapters.archives.damage import Damaged
from edgeship.adapters.archives.entries import Entry
from edgeship.adapters.archives.gzip_members import CHUNK, GzipMembers
from edgeship.adapters.archives.tar_headers import (
    BLOCK,
    MAX_ALL_EXTENDED_BYTES,
    MAX_EXTENDED_BYTES,
    Header,
    long_name,
    pax_records,
    pax_size,
    read_header,
)
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.bundle import EntryKind

MAX_ZEROS = 1024 * 1024
"""Bytes after the end: tar fills up the last record, which has 10 KiB as a rule and 1 MiB at most."""
MAX_GLOBAL_HEADERS = 100
_FILES = (b"0", b"\0", b"7")
_KINDS: dict[bytes, EntryKind] = {b"1": "hard_link", b"2": "symlink", b"5": "directory"}
_EMPTY_BLOCK = bytes(BLOCK)


def tar_entries(archive: Path) -> Iterator[Entry]:
    """Every entry, in the archive's order.

    Raises:
        Damaged: it is not a whole archive. Refused: `path_invalid`: a name is not UTF-8.
    """
    with archive.open("rb") as file:
        stream = GzipMembers(file)
        extended = _Extended()
        while (block := stream.read(BLOCK)) != _EMPTY_BLOCK:
            if not block:
                raise Damaged("it ends without end-of-archive blocks, so files may be missing")
            header = read_header(block)
            if not extended.takes(header, stream):
                yield from _entry(extended, header, stream)
                extended = _Extended(extended.global_headers, extended.bytes_read)
        if extended.found:
            raise Damaged("an extended header has no entry after it")
        _check_end(stream)


def _entry(extended: _Extended, header: Header, stream: GzipMembers) -> Iterator[Entry]:
    name = extended.path if extended.path is not None else header.name
    size = extended.size if extended.size is not None else header.size
    if header.type in _FILES:
        # Before ustar, a folder was a file whose name ends with a slash.
        kind: EntryKind = "directory" if header.type == b"\0" and name.endswith(b"/") else "file"
    else:
        kind = _KINDS.get(header.type, "device")
    if extended.sparse:
        kind = "device"
    shown = _decoded(name)
    if kind != "file" and size and kind != "device":
        raise Damaged(f"entry {quoted(shown)} is a {kind.replace('_', ' ')}, but has {size:,} bytes of content")
    target = extended.link if extended.link is not None else header.link
    body = _body(stream, size) if kind == "file" else iter(())
    yield Entry(shown, kind, size, body, _decoded(target) if kind == "hard_link" else None)
    for _ in body:
        pass


class _Extended:
    """What extended headers say about the entry after them: at most one header of each kind."""

    def __init__(self, global_headers: int = 0, bytes_read: int = 0) -> None:
        self.found: set[bytes] = set()
        self.path: bytes | None = None
        self.link: bytes | None = None
        self.size: int | None = None
        self.sparse = False
        self.global_headers = global_headers
        self.bytes_read = bytes_read
        """Of all extended headers so far."""

    def takes(self, header: Header, stream: GzipMembers) -> bool:
        """Read an extended header with its body; False for an entry's own header."""
        if header.type not in (b"x", b"g", b"L", b"K"):
            return False
        if header.size > MAX_EXTENDED_BYTES:
            raise Damaged(f"an extended header has {header.size:,} bytes; {MAX_EXTENDED_BYTES:,} is the limit")
        self.bytes_read += header.size
        if self.bytes_read > MAX_ALL_EXTENDED_BYTES:
            raise Damaged(f"its extended headers have more than {MAX_ALL_EXTENDED_BYTES:,} bytes together")
        body = _whole(stream, header.size)
        if header.type == b"g":
            self._take_global(body)
        elif header.type in self.found:
            raise Damaged("an entry has two extended headers of one kind")
        else:
            self.found.add(header.type)
            self._take(header.type, body)
        return True

    def _take_global(self, body: bytes) -> None:
        self.global_headers += 1
        if self.global_headers > MAX_GLOBAL_HEADERS:
            raise Damaged(f"it has more than {MAX_GLOBAL_HEADERS} global headers")
        if pax_records(body).keys() & {"path", "linkpath", "size"}:
            raise Damaged("a global header gives all entries one path or size")

    def _take(self, kind: bytes, body: bytes) -> None:
        if kind == b"x":
            records = pax_records(body)
            path, link, size = records.get("path"), records.get("linkpath"), records.get("size")
            self.sparse = any(key.startswith("GNU.sparse.") for key in records)
            self.size = pax_size(size) if size is not None else None
        else:
            path, link = (long_name(body), None) if kind == b"L" else (None, long_name(body))
        if (path is not None and self.path is not None) or (link is not None and self.link is not None):
            raise Damaged("two extended headers of one entry name it")
        self.path = path if path is not None else self.path
        self.link = link if link is not None else self.link


def _body(stream: GzipMembers, size: int) -> Iterator[bytes]:
    left = size
    for part in stream.chunks(size):
        left -= len(part)
        yield part
    if left or len(stream.read(-size % BLOCK)) != -size % BLOCK:
        raise Damaged("it is truncated in a file")


def _whole(stream: GzipMembers, size: int) -> bytes:
    return b"".join(_body(stream, size))


def _check_end(stream: GzipMembers) -> None:
    if stream.read(BLOCK) != _EMPTY_BLOCK:
        raise Damaged("it has one end-of-archive block where two belong")
    zeros = 0
    while chunk := stream.read(CHUNK):
        zeros += len(chunk)
        if chunk.strip(b"\0") or zeros > MAX_ZEROS:
            raise Damaged("it has data after its end-of-archive blocks")


def _decoded(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise Refused(
            "path_invalid",
            f"Entry {quoted(name.decode('utf-8', 'backslashreplace'))} has a name that is not UTF-8.",
            "Pack it again in a UTF-8 locale, or rename the file.",
        ) from None
