"""What tells cached answers apart, and what the origin sees of a request."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from localcloud.cloudfront.cache_key import accepted_encodings, key_for, origin_request
from localcloud.cloudfront.distribution import Behavior, CachePolicy, OriginRequestPolicy, Selection
from localcloud.http.exchange import Request


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
    ("header", "expected"),
    [
        ("gzip, deflate, br", "br,gzip"),
        ("br;q=1.0, gzip;q=0", "br"),
        ("GZIP", "gzip"),
        ("*", "br,gzip"),
        ("deflate, zstd", ""),
        ("identity", ""),
        ("", ""),
    ],
)
def test_accept_encoding_is_normalised(header: str, expected: str) -> None:
    assert accepted_encodings(CachePolicy(gzip=True, brotli=True), header) == expected
    assert accepted_encodings(CachePolicy(), header) == ""


def test_the_origin_sees_the_viewers_address_where_it_is_selected_and_none_that_the_viewer_states() -> None:
    selected = Selection("whitelist", frozenset({"cloudfront-viewer-address"}))
    asked = request(**{"CloudFront-Viewer-Address": "203.0.113.1:1"})
    behavior = Behavior(None, "o", origin_request_policy=OriginRequestPolicy(headers=selected))
    assert origin_request(behavior, asked, "").headers.getall("CloudFront-Viewer-Address") == ["127.0.0.1:443"]
    assert "CloudFront-Viewer-Address" not in origin_request(Behavior(None, "o"), asked, "").headers
    everything = Behavior(None, "o", origin_request_policy=OriginRequestPolicy(headers=Selection("all")))
    assert origin_request(everything, asked, "").headers["CloudFront-Viewer-Address"] != "203.0.113.1:1"
