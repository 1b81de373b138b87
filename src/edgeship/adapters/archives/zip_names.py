"""The names of a zip archive's entries, as the tools of their makers show them."""

from __future__ import annotations

import zlib

from edgeship.adapters.archives.damage import Damaged
from edgeship.adapters.archives.zip_directory import Record
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted

MAX_NAME_BYTES = 4_096
_UTF_8 = 1 << 11
_UNICODE_PATH = 0x7075
_MS_SYSTEMS = frozenset({0, 6, 10, 14})
"""MS-DOS, OS/2, NTFS and VFAT (APPNOTE.TXT 4.4.2): there a backslash separates folders, and is never part of a name."""


def entry_name(record: Record) -> str:
    """An entry's name in Unicode, with `/` between folders.

    A name without a statement of its encoding is UTF-8 if it can be, as Info-ZIP and Finder write it, else code
    page 437, as the format says (APPNOTE.TXT, appendix D).

    Raises:
        Damaged: the name is stated to be UTF-8, and is not. Refused: `path_invalid`: it is too long.
    """
    if len(record.name) > MAX_NAME_BYTES:
        shown = quoted(record.name.decode("ascii", "backslashreplace"))
        raise Refused("path_invalid", f"Entry {shown} has a name of {len(record.name):,} bytes.", "Use a shorter path.")
    name = _decoded(record)
    # Windows PowerShell's Compress-Archive writes folders so.
    return name.replace("\\", "/") if record.made_on in _MS_SYSTEMS else name


def _decoded(record: Record) -> str:
    stated = record.name if record.flags & _UTF_8 else _unicode_path(record)
    if stated is not None:
        try:
            return stated.decode()
        except UnicodeDecodeError:
            raise Damaged(f"the name {quoted(stated.decode('utf-8', 'backslashreplace'))} is not UTF-8") from None
    try:
        return record.name.decode()
    except UnicodeDecodeError:
        return record.name.decode("cp437")


def _unicode_path(record: Record) -> bytes | None:
    """Info-ZIP's Unicode path field: it counts while its checksum is that of the name (APPNOTE.TXT 4.6.9)."""
    field = record.extra.get(_UNICODE_PATH, b"")
    if len(field) < 6 or field[0] != 1 or int.from_bytes(field[1:5], "little") != zlib.crc32(record.name):
        return None
    return field[5:]
