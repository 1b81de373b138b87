"""What is taken back from a function, and what is refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from multidict import CIMultiDict

from localcloud.cloudfront.functions.event import shown_request, shown_response
from localcloud.cloudfront.functions.failure import FunctionFailed, HeaderRefused
from localcloud.cloudfront.functions.result import MAX_RESPONSE_BYTES, changed_answer, request_or_answer
from localcloud.http.exchange import Answer, Request

VIEWER = Request(
    "GET",
    "/a",
    "flag&b=1&b=2",
    CIMultiDict(
        [("Host", "h"), ("Accept", "x"), ("Accept", "y"), ("X-Forwarded-Proto", "https"), ("Cookie", "a=1; b=2")]
    ),
)
ANSWER = Answer(
    200,
    CIMultiDict({"Via": "1.1 x", "Age": "5", "Date": "then", "X-Cache": "Hit", "Set-Cookie": "a=1; Secure"}),
    b"body",
)


def request(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(shown_request(VIEWER)) | changes


def header(name: str, value: str = "v", kind: str = "request") -> dict[str, Any]:
    shown = shown_request(VIEWER) if kind == "request" else shown_response(ANSWER)
    return {**copy.deepcopy(shown["headers"]), name: {"value": value}}


def go_on(result: object) -> Request:
    decided = request_or_answer(result, VIEWER)
    assert isinstance(decided, Request)
    return decided


def answered(result: object) -> Answer:
    decided = request_or_answer(result, VIEWER)
    assert isinstance(decided, Answer)
    return decided


def test_an_unchanged_request_is_the_viewers() -> None:
    assert go_on(request()) == VIEWER


def test_a_request_is_rewritten() -> None:
    changed = go_on(
        request(
            uri="/v1/a",
            querystring={"b": {"value": "%201"}, "flag": {"value": ""}},
            headers=header("x-added-header"),
            cookies={"c": {"value": "3"}},
        )
    )
    assert (changed.path, changed.query) == ("/v1/a", "b=%201&flag=")
    assert list(changed.headers.items()) == [
        ("Host", "h"),
        ("Accept", "x"),
        ("Accept", "y"),
        ("X-Added-Header", "v"),
        ("X-Forwarded-Proto", "https"),
        ("Cookie", "c=3"),
    ]


def test_a_query_string_may_be_text() -> None:
    assert go_on(request(querystring="z=1&a=2")).query == "z=1&a=2"
    assert go_on(request(querystring={})).query == ""


def test_a_changed_multi_value_counts_alone_and_a_changed_value_is_the_first() -> None:
    both = request()
    both["querystring"]["b"] = {"value": "9", "multiValue": [{"value": "7"}, {"value": "8"}]}
    assert go_on(both).query == "flag=&b=7&b=8"
    first = request()
    first["querystring"]["b"]["value"] = "9"
    assert go_on(first).query == "flag=&b=9&b=2"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"method": "POST"}, "method is read-only"),
        ({"uri": "no-slash"}, "uri"),
        ({"uri": "/a b"}, "uri"),
        ({"uri": "/a?b"}, "uri"),
        ({"uri": "/" + "a" * 8_192}, "8,191"),
        ({"querystring": {"a": {"value": "x y"}}}, "querystring"),
        ({"querystring": "a#b"}, "querystring"),
        ({"headers": None}, "headers is not an object"),
        ({"headers": {"host": "h"}}, "not an object with a value"),
        ({"headers": header("X-Upper")}, "lower case"),
        ({"headers": header("cookie")}, "cookies"),
        ({"headers": header("x-a", "b\r\nc: d")}, "control character"),
        ({"headers": {"host": {"value": 1}}}, "string"),
        ({"headers": {"host": {"value": "h", "multiValue": []}}}, "multiValue"),
        ({"cookies": None}, "cookies is not an object"),
    ],
)
def test_garbage_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(FunctionFailed, match=reason) as refused:
        request_or_answer(request(**changes), VIEWER)
    assert refused.value.status == 503


@pytest.mark.parametrize("result", [None, "text", [1], 3, True])
def test_neither_a_request_nor_a_response(result: object) -> None:
    with pytest.raises(FunctionFailed, match="neither a request nor a response"):
        request_or_answer(result, VIEWER)
    with pytest.raises(FunctionFailed, match="not a response"):
        changed_answer(result, ANSWER)


@pytest.mark.parametrize(
    "headers",
    [
        header("host", "other"),
        header("via"),
        header("content-length", "3"),
        {},  # the host is removed
        header("connection"),
        header("x-amz-cf-id"),
        header("x-edge-location"),
        header("x-real-ip"),
        header("x-amzn-requestid"),
    ],
)
def test_headers_that_a_function_may_not_set_at_viewer_request(headers: dict[str, Any]) -> None:
    with pytest.raises(HeaderRefused) as refused:
        request_or_answer(request(headers=headers), VIEWER)
    assert refused.value.status == 502


def test_a_generated_response() -> None:
    answer = answered(
        {
            "statusCode": 302,
            "statusDescription": "Over There",
            "headers": {
                "location": {"value": "/v1/a"},
                "vary": {"value": "", "multiValue": [{"value": "a"}, {"value": "b"}]},
            },
            "cookies": {"s": {"value": "1", "attributes": "Secure; Path=/"}},
        }
    )
    assert (answer.status, answer.reason, answer.body) == (302, "Over There", b"")
    assert list(answer.headers.items()) == [
        ("Location", "/v1/a"),
        ("Vary", "a"),
        ("Vary", "b"),
        ("Set-Cookie", "s=1; Secure; Path=/"),
    ]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("plain ä", "plain ä".encode()),
        ({"encoding": "text", "data": "x"}, b"x"),
        ({"encoding": "base64", "data": "AAE="}, b"\0\1"),
        ("", b""),
        (None, b""),
    ],
)
def test_bodies(body: object, sent: bytes) -> None:
    assert answered({"statusCode": 200, "body": body}).body == sent


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"statusCode": "200"}, "statusCode"),
        ({"statusCode": 100}, "statusCode"),
        ({"statusCode": True}, "statusCode"),
        ({"statusCode": 200, "statusDescription": 3}, "statusDescription"),
        ({"statusCode": 200, "body": 3}, "body"),
        ({"statusCode": 200, "body": {"encoding": "gzip", "data": ""}}, "encoding"),
        ({"statusCode": 200, "body": {"encoding": "base64", "data": "*"}}, "base64"),
        ({"statusCode": 200, "body": "x" * (MAX_RESPONSE_BYTES + 1)}, "40,960 are allowed"),
        ({"statusCode": 200, "headers": {"via": {"value": "x"}}}, "read-only"),
        ({"statusCode": 200, "headers": {"x-cache": {"value": "x"}}}, "not allowed"),
        ({"statusCode": 200, "headers": {"set-cookie": {"value": "x"}}}, "cookies"),
    ],
)
def test_responses_that_are_refused(result: dict[str, Any], reason: str) -> None:
    with pytest.raises(FunctionFailed, match=reason):
        request_or_answer(result, VIEWER)


def test_a_response_keeps_its_body_and_what_is_not_the_functions() -> None:
    shown = shown_response(ANSWER)
    shown["headers"] |= {"x-new": {"value": "1"}, "age": {"value": "0"}}
    del shown["headers"]["date"]
    changed = changed_answer(shown, ANSWER)
    assert (changed.status, changed.body) == (200, b"body")
    assert changed.headers == {
        "Via": "1.1 x",
        "Age": "5",
        "Date": "then",
        "X-New": "1",
        "X-Cache": "Hit",
        "Set-Cookie": "a=1; Secure",
    }


def test_a_response_may_get_another_status_and_body() -> None:
    shown = shown_response(ANSWER) | {"statusCode": 404, "statusDescription": "No", "body": "", "cookies": {}}
    changed = changed_answer(shown, ANSWER)
    assert (changed.status, changed.reason, changed.body) == (404, "No", b"")
    assert "Set-Cookie" not in changed.headers


@pytest.mark.parametrize(
    "headers", [header("via", "x", "response"), header("warning", "x", "response"), {"age": {"value": "5"}}]
)
def test_headers_that_a_function_may_not_change_at_viewer_response(headers: dict[str, Any]) -> None:
    with pytest.raises(HeaderRefused):
        changed_answer(shown_response(ANSWER) | {"headers": headers}, ANSWER)
