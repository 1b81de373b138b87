"""The rules of Lambda@Edge at viewer-request."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from multidict import CIMultiDict

from localcloud.cloudfront.lambda_edge.edge_event import (
    MAX_EXPOSED_BODY_BYTES,
    MAX_GENERATED_BYTES,
    InvalidResult,
    build,
    interpret,
)
from localcloud.http.exchange import Answer, Request


def viewer(body: bytes = b"") -> Request:
    headers = CIMultiDict(
        [("Host", "d.cloudfront.net"), ("Cookie", "a=1"), ("Cookie", "b=2"), ("X-Real-IP", "9.9.9.9")]
    )
    return Request("GET", "/w/latest/x.js", "user=u%201&b", headers, body, "192.0.2.7")


def event(request: Request, *, include_body: bool = False) -> dict[str, Any]:
    return build(
        request, distribution_id="E1", distribution_domain="d.cloudfront.net", request_id="r", include_body=include_body
    )


def shown(request: Request) -> dict[str, Any]:
    inner: dict[str, Any] = event(request)["Records"][0]["cf"]["request"]
    return copy.deepcopy(inner)


def test_the_event() -> None:
    assert event(viewer()) == {
        "Records": [
            {
                "cf": {
                    "config": {
                        "distributionDomainName": "d.cloudfront.net",
                        "distributionId": "E1",
                        "eventType": "viewer-request",
                        "requestId": "r",
                    },
                    "request": {
                        "clientIp": "192.0.2.7",
                        "headers": {
                            "host": [{"key": "Host", "value": "d.cloudfront.net"}],
                            "cookie": [{"key": "Cookie", "value": "a=1"}, {"key": "Cookie", "value": "b=2"}],
                        },
                        "method": "GET",
                        "querystring": "user=u%201&b",
                        "uri": "/w/latest/x.js",
                    },
                }
            }
        ]
    }


def test_a_body_is_shown_when_asked_for_and_cut_at_the_limit() -> None:
    def body(data: bytes) -> dict[str, Any]:
        inner: dict[str, Any] = event(viewer(data), include_body=True)["Records"][0]["cf"]["request"]["body"]
        return inner

    assert body(b"abc") == {"action": "read-only", "data": "YWJj", "encoding": "base64", "inputTruncated": False}
    cut = body(b"x" * (MAX_EXPOSED_BODY_BYTES + 1))
    assert cut["inputTruncated"] is True
    assert len(base64.b64decode(cut["data"])) == MAX_EXPOSED_BODY_BYTES
    assert "body" not in event(viewer(b"abc"))["Records"][0]["cf"]["request"]


def test_a_rewritten_request_goes_on() -> None:
    result = shown(viewer())
    result["uri"] = "/w/v1.0.0/x.js"
    result["querystring"] = ""
    result["headers"]["x-team"] = [{"value": "t"}]
    del result["headers"]["cookie"]
    decided = interpret(result, viewer())
    assert isinstance(decided, Request)
    assert (decided.path, decided.query) == ("/w/v1.0.0/x.js", "")
    assert list(decided.headers.items()) == [("Host", "d.cloudfront.net"), ("X-Team", "t")]


def test_a_replaced_body_goes_on_only_where_bodies_are_included() -> None:
    result = shown(viewer(b"old")) | {"body": {"action": "replace", "encoding": "text", "data": "new"}}
    included = interpret(result, viewer(b"old"), include_body=True)
    assert isinstance(included, Request)
    assert included.body == b"new"
    left = interpret(result, viewer(b"old"))
    assert isinstance(left, Request)
    assert left.body == b"old"


def test_a_generated_response() -> None:
    result = {
        "status": "404",
        "statusDescription": "Unknown Widget",
        "headers": {
            "content-type": [{"key": "Content-Type", "value": "text/plain"}],
            "vary": [{"value": "a"}, {"value": "b"}],
        },
        "body": base64.b64encode(b"\x00no").decode(),
        "bodyEncoding": "base64",
    }
    decided = interpret(result, viewer())
    assert isinstance(decided, Answer)
    assert (decided.status, decided.reason, decided.body) == (404, "Unknown Widget", b"\x00no")
    assert decided.headers.getall("Vary") == ["a", "b"]


def test_a_response_up_to_the_limit_and_not_beyond() -> None:
    headers = {"x": [{"key": "X", "value": "y"}]}
    fits = {"status": "200", "headers": headers, "body": "b" * (MAX_GENERATED_BYTES - 2)}
    assert isinstance(interpret(fits, viewer()), Answer)
    with pytest.raises(InvalidResult, match="40,961 bytes"):
        interpret({**fits, "body": fits["body"] + "b"}, viewer())  # type: ignore[operator]


def header(name: str, value: object = "x", **entry: object) -> dict[str, Any]:
    return {"headers": {name: [{"value": value, **entry}]}}


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (None, "neither a request nor a response"),
        ([], "neither a request nor a response"),
        ({"status": 404}, "not a string"),
        ({"status": "99"}, "not a string of three digits"),
        ({"status": "600"}, "not a string of three digits"),
        ({"status": "200", "body": b"x"}, "the body is not a string"),
        ({"status": "200", "body": "%", "bodyEncoding": "base64"}, "not base64"),
        ({"status": "200", "bodyEncoding": "utf-8"}, "neither text nor base64"),
        ({"status": "200", "headers": []}, "not an object"),
        ({"status": "200", **header("Via")}, "not a lower-case header name"),
        ({"status": "200", **header("via")}, "read-only"),
        ({"status": "200", **header("transfer-encoding")}, "read-only"),
        ({"status": "200", **header("connection")}, "not allowed"),
        ({"status": "200", **header("x-cache")}, "not allowed"),
        ({"status": "200", **header("x-amz-cf-id")}, "not allowed"),
        ({"status": "200", **header("x-edge-anything")}, "not allowed"),
        ({"status": "200", **header("x y")}, "not a lower-case header name"),
        ({"status": "200", **header("x", 1)}, "without a string value"),
        ({"status": "200", **header("x", "a\r\nb: c")}, "control character"),
        ({"status": "200", **header("x", key="Y")}, "entry for 'Y'"),
        ({"status": "200", "headers": {"x": "y"}}, "not a list"),
    ],
)
def test_broken_responses(result: object, reason: str) -> None:
    with pytest.raises(InvalidResult, match=reason):
        interpret(result, viewer())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"method": "POST"}, "method is read-only"),
        ({"uri": "x.js"}, "not a URL path"),
        ({"uri": "/x y"}, "not a URL path"),
        ({"uri": "/x?y"}, "not a URL path"),
        ({"uri": None}, "not a URL path"),
        ({"querystring": None}, "not text of a URL"),
        ({"headers": None}, "not an object"),
        ({"headers": {}}, "header host is read-only"),
        (header("host", "other"), "header host is read-only"),
    ],
)
def test_broken_requests(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidResult, match=reason):
        interpret({**shown(viewer()), **change}, viewer())


def test_a_read_only_header_may_not_be_added() -> None:
    result = shown(viewer())
    result["headers"]["content-length"] = [{"value": "3"}]
    with pytest.raises(InvalidResult, match="content-length is read-only"):
        interpret(result, viewer())
