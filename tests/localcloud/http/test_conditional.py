"""Conditional and range requests."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from localcloud.http.conditional import ByteRange, Unsatisfiable, not_modified, requested_range

ETAG, DATE, LATER = '"abc"', "Tue, 14 Nov 2023 22:13:20 GMT", "Wed, 15 Nov 2023 22:13:20 GMT"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, False),
        ({"If-None-Match": ETAG}, True),
        ({"If-None-Match": 'W/"abc"'}, True),
        ({"If-None-Match": '"x", "abc"'}, True),
        ({"If-None-Match": "*"}, True),
        ({"If-None-Match": '"x"'}, False),
        ({"If-None-Match": '"x"', "If-Modified-Since": LATER}, False),
        ({"If-Modified-Since": DATE}, True),
        ({"If-Modified-Since": LATER}, True),
        ({"If-Modified-Since": "Mon, 13 Nov 2023 22:13:20 GMT"}, False),
        ({"If-Modified-Since": "yesterday"}, False),
        ({"If-Modified-Since": "Tue, 14 Nov 2023 22:13:20"}, False),
    ],
)
def test_not_modified(asked: dict[str, str], expected: bool) -> None:
    assert not_modified(CIMultiDict(asked), CIMultiDict({"ETag": ETAG, "Last-Modified": DATE})) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", ByteRange(0, 9)),
        ("bytes=90-", ByteRange(90, 99)),
        ("bytes=-10", ByteRange(90, 99)),
        ("bytes=-1000", ByteRange(0, 99)),
        ("bytes=50-1000", ByteRange(50, 99)),
        ("bytes=5-4", None),
        ("bytes=0-1,3-4", None),
        ("bytes=-", None),
        ("lines=0-1", None),
        ("", None),
    ],
)
def test_ranges(header: str, expected: ByteRange | None) -> None:
    assert requested_range(CIMultiDict({"Range": header}), CIMultiDict(), 100) == expected


@pytest.mark.parametrize(("header", "length"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-0", 0)])
def test_a_range_without_a_byte_is_unsatisfiable(header: str, length: int) -> None:
    with pytest.raises(Unsatisfiable):
        requested_range(CIMultiDict({"Range": header}), CIMultiDict(), length)


@pytest.mark.parametrize(
    ("condition", "ranged"), [(ETAG, True), ('"x"', False), ('W/"abc"', False), (DATE, True), (LATER, False)]
)
def test_if_range(condition: str, ranged: bool) -> None:
    asked = CIMultiDict({"Range": "bytes=0-9", "If-Range": condition})
    answer = CIMultiDict({"ETag": ETAG, "Last-Modified": DATE})
    assert (requested_range(asked, answer, 100) is not None) is ranged
