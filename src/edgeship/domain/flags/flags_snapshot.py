"""The flags' snapshot: every flag as the edge evaluates it, in one gzipped document, and how large it may become.

`{"schema": 1, "revision": 1795430000, "flags": {key: entry}}`. Built from the table's state, never from events; the
same content has the same bytes, and so the same ETag, wherever it is stored.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.flags.flag_record import EVALUATORS_KEY, Document, FlagRecord
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.flags.snapshot_limits import MAX_READ_BYTES, SCHEMA

Snapshot = Mapping[str, Any]

_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 9
_LAST_REVISION = 9_999_999_999
"""Ten digits: a snapshot's size does not depend on its revision before the year 2286."""


@dataclass(frozen=True)
class SnapshotSize:
    """Bytes: `raw` is the document's, `gzipped` what is stored and transferred; `flags` has each flag's part of `raw`
    by key, the heaviest first."""

    raw: int
    gzipped: int
    flags: dict[str, int]


def flag_entries(records: Iterable[FlagRecord]) -> dict[str, dict[str, Any]]:
    """The flags of the table as the edge has them, by key and in its order; deleted ones are left out."""
    return entries_of({record.key: record.document for record in records if record.document is not None})


def entries_of(documents: Mapping[str, Document]) -> dict[str, dict[str, Any]]:
    """The entries of a set of documents; the shared evaluators are one of them, and become part of each flag."""
    evaluators = documents.get(EVALUATORS_KEY, {})
    return {
        key: snapshot_entry(document, evaluators)
        for key, document in sorted(documents.items())
        if key != EVALUATORS_KEY
    }


def next_flags(snapshot: Snapshot | None, entries: Mapping[str, Any], built_at: int) -> Snapshot | None:
    """The snapshot after `snapshot`, with these entries; None when nothing changes.

    The first one has the revision after `built_at`, the Unix time in seconds: that is above every revision of a
    snapshot that was lost, as long as there was less than one write a second.
    """
    if snapshot is not None and _text(snapshot["flags"]) == _text(entries):
        return None
    revision = snapshot["revision"] if snapshot is not None else built_at
    return {"schema": SCHEMA, "revision": revision + 1, "flags": dict(entries)}


def encode(snapshot: Snapshot) -> bytes:
    """The stored bytes. zlib writes no time and no name into the header, unlike `gzip` unless told otherwise."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(_text(snapshot).encode()) + packer.flush()


def decode(body: bytes) -> Snapshot | None:
    """The snapshot in stored bytes; None when they hold none, or one that the edge would not read."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        raw = unpacker.decompress(body, MAX_READ_BYTES)
        document = json.loads(raw) if unpacker.eof else None
    except (zlib.error, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return None
    revision, flags = document.get("revision"), document.get("flags")
    return document if type(revision) is int and revision >= 0 and isinstance(flags, dict) else None


def snapshot_size(documents: Mapping[str, Document]) -> SnapshotSize:
    """The size of the snapshot with these documents; they must be valid."""
    entries = entries_of(documents)
    snapshot = {"schema": SCHEMA, "revision": _LAST_REVISION, "flags": entries}
    parts = {key: len(_text({key: entry}).encode()) - len("{}") for key, entry in entries.items()}
    heaviest_first = dict(sorted(parts.items(), key=lambda part: (-part[1], part[0])))
    return SnapshotSize(len(_text(snapshot).encode()), len(encode(snapshot)), heaviest_first)


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
