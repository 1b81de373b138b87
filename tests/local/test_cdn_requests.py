"""Keys, forwarded requests, conditions, ranges, compression: the pure parts between viewer and origin."""

from __future__ import annotations

import gzip

import pytest
from multidict import CIMultiDict

from edgeship.local.cdn import compression
from edgeship.local.cdn.cache_key import key_for, origin_request
from edgeship.local.cdn.conditional import ByteRange, Unsatisfiable, not_modified, requested_range
from edgeship.local.cdn.distribution import Behavior, CachePolicy, OriginRequestPolicy, Selection
from edgeship.local.cdn.exchange import Request

ETAG, DATE, LATER = '"abc"', "Tue, 14 Nov 2023 22:13:20 GMT", "Wed, 15 Nov 2023 22:13:20 GMT"


def request(path: str = "/x", query: str = "", **headers: str) -> Request:
    return Request("GET", path, query, CIMultiDict({k.replace("_", "-"): v for k, v in headers.items()}))


def test_without_a_selection_only_the_path_counts() -> None:
    behavior = Behavior(None, "o")
    plain = key_for(behavior, request(), "")
    assert key_for(behavior, request(query="a=1", Cookie="c=1", Origin="https://x"), "") == plain
    assert key_for(behavior, request(path="/X"), "") != plain
    assert key_for(behavior, request(path="/%78"), "") != plain
    assert key_for(behavior, request(), "gzip") != plain


def test_what_the_policy_selects_tells_keys_apart() -> None:
    policy = CachePolicy(
        headers=Selection("whitelist", frozenset({"origin"})),
        cookies=Selection("whitelist", frozenset({"c"})),
        query=Selection("allExcept", frozenset({"utm"})),
    )
    behavior = Behavior(None, "o", cache_policy=policy)
    plain = key_for(behavior, request(), "")
    assert key_for(behavior, request(query="utm=1", Cookie="other=1", Accept="x"), "") == plain
    others = [
        request(Origin="https://x"),
        request(Cookie="a=1; c=1"),
        request(query="a=1&b=2"),
        request(query="b=2&a=1"),
    ]
    assert len({key_for(behavior, r, "") for r in [request(), *others]}) == 5


def test_the_origin_sees_what_either_policy_selects_and_nothing_else() -> None:
    behavior = Behavior(
        None,
        "o",
        cache_policy=CachePolicy(query=Selection("whitelist", frozenset({"a"}))),
        origin_request_policy=OriginRequestPolicy(
            headers=Selection("whitelist", frozenset({"x-team"})),
            cookies=Selection("whitelist", frozenset({"c"})),
            query=Selection("whitelist", frozenset({"b"})),
        ),
    )
    asked = origin_request(
        behavior,
        request(
            query="z=0&b=%2F&a=1",
            X_Team="t",
            X_Other="o",
            Cookie="c=1; d=2",
            If_None_Match='"x"',
            Host="h",
            Range="bytes=0-1",
        ),
        "gzip",
    )
    assert asked.query == "b=%2F&a=1"
    assert dict(asked.headers) == {
        "X-Team": "t", "User-Agent": "Amazon CloudFront", "Accept-Encoding": "gzip", "Cookie": "c=1"
    }  # fmt: skip


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


@pytest.mark.parametrize(
    ("status", "headers", "length", "expected"),
    [
        (200, {}, 1_000, True),
        (404, {}, 1_000, True),
        (200, {}, 10_000_000, True),
        (200, {}, 999, False),
        (200, {}, 10_000_001, False),
        (500, {}, 2_000, False),
        (206, {}, 2_000, False),
        (200, {"Content-Type": "image/png"}, 2_000, False),
        (200, {"Content-Type": "TEXT/CSS; charset=utf-8"}, 2_000, True),
        (200, {"Content-Encoding": "br"}, 2_000, False),
        (200, {"Cache-Control": "no-transform"}, 2_000, False),
    ],
)
def test_what_is_compressed(status: int, headers: dict[str, str], length: int, expected: bool) -> None:
    all_headers = CIMultiDict({"Content-Type": "text/javascript", "Content-Length": str(length), **headers})
    assert compression.compressible(status, all_headers, length) is expected


def test_without_a_length_nothing_is_compressed() -> None:
    assert not compression.compressible(200, CIMultiDict({"Content-Type": "text/css"}), 2_000)


def test_compression_weakens_the_etag_and_varies() -> None:
    body = b"let x = 1;" * 200
    headers, packed = compression.compress(
        CIMultiDict({"ETag": ETAG, "Vary": "Origin", "Content-Length": "2000"}), body
    )
    assert gzip.decompress(packed) == body
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Length"] == str(len(packed))
    assert headers["ETag"] == 'W/"abc"'
    assert headers["Vary"] == "Origin, Accept-Encoding"
    again, _ = compression.compress(headers, body)
    assert (again["ETag"], again["Vary"]) == ('W/"abc"', "Origin, Accept-Encoding")
