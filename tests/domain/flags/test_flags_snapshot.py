"""The flags' snapshot: the same content has the same bytes, and what is stored is read back or is none."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.domain.flags.flags_snapshot import decode, encode, flag_entries, next_flags, snapshot_size
from edgeship.domain.flags.records.flag_record import EVALUATORS_KEY, FlagRecord
from edgeship.domain.flags.snapshot_limits import MAX_READ_BYTES
from tests.support.flags import EVERYTHING, boolean

BUILT_AT = int(datetime(2026, 11, 23, 10, tzinfo=UTC).timestamp())
GOOD: dict[str, Any] = {"schema": 1, "revision": 7, "flags": {"a": {"variants": {"on": True}, "default_variant": "on"}}}


def test_entries_come_in_the_order_of_their_keys_without_deleted_flags_and_with_the_shared_evaluators() -> None:
    records = [
        FlagRecord("z", boolean("z", targeting={"if": [{"$ref": "pro"}, "on", "off"]})),
        FlagRecord("gone", None, 4),
        FlagRecord(EVALUATORS_KEY, {"pro": {"==": [{"var": "plan"}, "pro"]}}),
        FlagRecord("a", boolean("a")),
    ]
    entries = flag_entries(records)
    assert list(entries) == ["a", "z"]
    assert entries["z"]["targeting"]["if"][0] == {"==": [{"var": "plan"}, "pro"]}
    assert entries == flag_entries(reversed(records))


def test_the_first_revision_is_above_those_before_and_only_a_change_makes_another() -> None:
    first = next_flags(None, {}, BUILT_AT)
    assert first == {"schema": 1, "revision": BUILT_AT + 1, "flags": {}}
    assert next_flags(first, {}, BUILT_AT + 99) is None
    entries = flag_entries([FlagRecord("a", EVERYTHING)])
    second = next_flags(first, entries, BUILT_AT + 99)
    assert second == {"schema": 1, "revision": BUILT_AT + 2, "flags": entries}
    assert next_flags(second, entries, BUILT_AT + 99) is None
    # True and 1 are equal in Python, and not in JSON.
    ones = json.loads(json.dumps(entries).replace("true", "1"))
    assert (next_flags(second, ones, 0) is None) == ("true" not in json.dumps(entries))


def test_the_bytes_follow_from_the_content_alone() -> None:
    body = encode(GOOD)
    assert body == encode(json.loads(json.dumps(GOOD)))
    assert json.loads(gzip.decompress(body)) == GOOD
    # RFC 1952, section 2.3.1: bytes 4 to 7 are the time, and the flags of byte 3 announce a file's name.
    assert body[3:8] == b"\0\0\0\0\0"
    assert decode(body) == GOOD


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        json.dumps(GOOD).encode(),
        encode(GOOD)[:-1],
        *(
            gzip.compress(text, mtime=0)
            for text in (b"", b"null", b"[]", b"{}", b"[" * 100_000, b"\xff", b" " * (MAX_READ_BYTES + 1))
        ),
        encode({**GOOD, "schema": 2}),
        encode({**GOOD, "revision": True}),
        encode({**GOOD, "revision": -1}),
        encode({**GOOD, "flags": []}),
    ],
    ids=lambda body: repr(body)[:40],
)
def test_what_the_edge_would_not_read_is_none(body: bytes) -> None:
    assert decode(body) is None


def test_the_size_is_that_of_what_is_stored_whatever_the_revision() -> None:
    documents = {"everything": EVERYTHING, "light": boolean("light")}
    entries = flag_entries(FlagRecord(key, document) for key, document in documents.items())
    size = snapshot_size(documents)
    stored = encode(next_flags(None, entries, BUILT_AT) or {})
    assert size.raw == len(zlib.decompress(stored, 31))
    assert abs(size.gzipped - len(stored)) < 20
    assert list(size.flags) == ["everything", "light"]
    assert size.raw == len(json.dumps({"schema": 1, "revision": BUILT_AT, "flags": {}}, separators=(",", ":"))) + (
        sum(size.flags.values()) + 1
    )
