"""The flags' snapshot: every flag as the edge evaluates it, in one gzipped document, and how large it may become.

`{"schema": 1, "revision": 1795430000, "flags": {key: entry}}`, with `"left_out": {key: reason}` if a flag can't be
written: it is nobody else's fault, and its clients use the defaults in their code. Built from the table's state, never
from events; the same content has the same bytes, and so the same ETag, wherever it is stored.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.flags.evaluation.compile_flag import compile_flag
from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.records.flag_record import EVALUATORS_KEY, SHARED_KEYS, Document, FlagRecord
from edgeship.domain.flags.segments import segments_of
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


@dataclass(frozen=True)
class Writable:
    """`entries` are what the edge gets, by key and in its order; `left_out` says of each other flag why."""

    entries: dict[str, dict[str, Any]]
    left_out: dict[str, str]


def writable_flags(records: Iterable[FlagRecord]) -> Writable:
    """The flags of the table that the edge can have; deleted ones are in neither part.

    Those that can't be written are left out, and the heaviest while the others are more than the edge reads.
    """
    faults: dict[str, str] = {}
    documents: dict[str, Document] = {}
    for record in records:
        if record.fault is not None:
            faults[record.key] = record.fault
        elif record.document is not None:
            documents[record.key] = record.document
    built = _build(documents)
    left_out = {**faults, **built.left_out}
    parts = _parts(built.entries)
    total = _raw_bytes(parts)
    for key in _heaviest_first(parts):
        if total < MAX_READ_BYTES:
            break
        total -= parts[key] + 1
        left_out[key] = (
            f"the snapshot of all flags would have {MAX_READ_BYTES:,} bytes or more; this one is the heaviest"
        )
    return Writable({key: entry for key, entry in built.entries.items() if key not in left_out}, left_out)


def flag_entries(records: Iterable[FlagRecord]) -> dict[str, dict[str, Any]]:
    """The flags of the table as the edge has them, by key and in its order."""
    return writable_flags(records).entries


def entries_of(documents: Mapping[str, Document]) -> dict[str, dict[str, Any]]:
    """The entries of a set of documents; the shared evaluators are one of them, and become part of each flag."""
    return _build(documents).entries


def _build(documents: Mapping[str, Document]) -> Writable:
    evaluators = documents.get(EVALUATORS_KEY, {})
    segments = segments_of(documents)
    entries, left_out = {}, {}
    for key, document in sorted(documents.items()):
        if key in SHARED_KEYS:
            continue
        try:
            entry = snapshot_entry({**document, "key": key}, evaluators, segments)
            _text(entry)
            compile_flag(key, {**entry, "environments": []}, "")
        # All that a document can raise that no validator has seen: every part of it may be anything.
        except (
            Malformed,
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
            RecursionError,
        ) as fault:
            left_out[key] = f"it can't be written: {type(fault).__name__}: {fault}"[:200]
        else:
            entries[key] = entry
    return Writable(entries, left_out)


def next_flags(
    snapshot: Snapshot | None, entries: Mapping[str, Any], built_at: int, left_out: Mapping[str, str] | None = None
) -> Snapshot | None:
    """The snapshot after `snapshot`, with these entries, and the reasons of what is left out; None if nothing changes.

    The first one has the revision after `built_at`, the Unix time in seconds: that is above every revision of a
    snapshot that was lost, as long as there was less than one write a second.
    """
    content = {"flags": dict(entries), **({"left_out": dict(left_out)} if left_out else {})}
    if snapshot is not None and _text(_content(snapshot)) == _text(content):
        return None
    revision = snapshot["revision"] if snapshot is not None else built_at
    return {"schema": SCHEMA, "revision": revision + 1, **content}


def left_out_of(snapshot: Snapshot) -> Mapping[str, str]:
    """The flags that the snapshot has not, with the reasons."""
    found = snapshot.get("left_out")
    return found if isinstance(found, dict) else {}


def _content(snapshot: Snapshot) -> dict[str, Any]:
    return {name: snapshot[name] for name in ("flags", "left_out") if name in snapshot}


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
    """The size of the snapshot with these documents, without those that can't be written."""
    entries = entries_of(documents)
    parts = _parts(entries)
    gzipped = len(encode({"schema": SCHEMA, "revision": _LAST_REVISION, "flags": entries}))
    return SnapshotSize(_raw_bytes(parts), gzipped, {key: parts[key] for key in _heaviest_first(parts)})


def _parts(entries: Mapping[str, Any]) -> dict[str, int]:
    return {key: len(_text({key: entry})) - len("{}") for key, entry in entries.items()}  # all ASCII


def _raw_bytes(parts: Mapping[str, int]) -> int:
    envelope = {"schema": SCHEMA, "revision": _LAST_REVISION, "flags": {}}
    return len(_text(envelope)) + sum(parts.values()) + max(len(parts) - 1, 0)


def _heaviest_first(parts: Mapping[str, int]) -> list[str]:
    return sorted(parts, key=lambda key: (-parts[key], key))


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
