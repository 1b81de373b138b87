"""The stored flags' snapshot, unpacked and compiled: all that is done once for a snapshot, beside the answers.

What compiles is imported where it is used, by the time that a snapshot has arrived: see the handler.
"""

from __future__ import annotations

import json
import zlib

from edgeship.domain.flags.snapshot_limits import MAX_READ_BYTES, SCHEMA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.evaluation.compile_flags import Flags

    Entries = dict[str, Any]

_GZIP = 16 + zlib.MAX_WBITS


class SnapshotInvalid(Exception):
    """The bytes are not a flags' snapshot; the message says why."""


def unpack(body: bytes) -> tuple[int, Entries]:
    """The snapshot's revision and its entries, which are not checked.

    Raises:
        SnapshotInvalid: see there.
    """
    unpacker = zlib.decompressobj(_GZIP)
    try:
        raw = unpacker.decompress(body, MAX_READ_BYTES)
        if not unpacker.eof:
            raise SnapshotInvalid(f"cut off, or more than {MAX_READ_BYTES} bytes")
        document = json.loads(raw)
    except (zlib.error, ValueError, RecursionError) as error:
        raise SnapshotInvalid(f"{type(error).__name__}: {error}") from None
    if type(document) is not dict or document.get("schema") != SCHEMA:
        raise SnapshotInvalid(f"not an object with schema {SCHEMA}")
    revision, entries = document.get("revision"), document.get("flags")
    if type(revision) is not int or revision < 0:
        raise SnapshotInvalid("revision is not a whole number")
    if type(entries) is not dict:
        raise SnapshotInvalid("flags are not an object")
    return revision, entries


def compiled(entries: Entries, environment: str, log: Callable[[str], None]) -> Flags:
    """The flags of a snapshot; `log` gets a line for each that is malformed, which harms no other."""
    from edgeship.domain.flags.evaluation.compile_flags import compile_flags

    flags = compile_flags(entries, environment)
    for key, fault in flags.malformed.items():
        log(f"flag {key} is malformed: {fault}")
    return flags
