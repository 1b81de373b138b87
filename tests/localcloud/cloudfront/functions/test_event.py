"""The shape of events, and what of it is raw."""

from __future__ import annotations

from multidict import CIMultiDict

from localcloud.cloudfront.functions.event import Context, request_event, response_event
from localcloud.http.exchange import Answer, Request

CONTEXT = Context("E1", "d.cloudfront.net", "r1")


def headers(*pairs: tuple[str, str]) -> CIMultiDict[str]:
    return CIMultiDict(pairs)


def test_a_request_is_shown_as_it_came() -> None:
    request = Request(
        "GET",
        "/a%20b/~1",
        "b=%7B1&a=2&a=3&none&Case=x=y",
        headers(
            ("Host", "d.cloudfront.net"),
            ("Accept", "a/b"),
            ("accept", "c/d"),
            ("X-Forwarded-Proto", "https"),
            ("Cookie", "one=1; two=x=y"),
            ("Cookie", "one=3"),
        ),
        client_ip="203.0.113.9",
    )
    assert request_event(CONTEXT, request) == {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d.cloudfront.net",
            "distributionId": "E1",
            "eventType": "viewer-request",
            "requestId": "r1",
        },
        "viewer": {"ip": "203.0.113.9"},
        "request": {
            "method": "GET",
            "uri": "/a%20b/~1",
            "querystring": {
                "b": {"value": "%7B1"},
                "a": {"value": "2", "multiValue": [{"value": "2"}, {"value": "3"}]},
                "none": {"value": ""},
                "Case": {"value": "x=y"},
            },
            "headers": {
                "host": {"value": "d.cloudfront.net"},
                "accept": {"value": "a/b", "multiValue": [{"value": "a/b"}, {"value": "c/d"}]},
            },
            "cookies": {
                "one": {"value": "1", "multiValue": [{"value": "1"}, {"value": "3"}]},
                "two": {"value": "x=y"},
            },
        },
    }


def test_a_response_is_shown_with_the_attributes_of_its_cookies_and_without_its_body() -> None:
    answer = Answer(
        200,
        headers(
            ("Date", "Mon, 05 Apr 2021 18:57:56 GMT"),
            ("Age", "3"),
            ("X-Cache", "Hit"),
            ("Set-Cookie", "a=1; Path=/; Secure"),
            ("Set-Cookie", "b=2"),
        ),
        b"body",
    )
    event = response_event(CONTEXT, Request("GET", "/x"), answer)
    assert event["context"]["eventType"] == "viewer-response"
    assert event["request"]["uri"] == "/x"
    assert event["response"] == {
        "statusCode": 200,
        "statusDescription": "OK",
        "headers": {"date": {"value": "Mon, 05 Apr 2021 18:57:56 GMT"}, "age": {"value": "3"}},
        "cookies": {"a": {"value": "1", "attributes": "Path=/; Secure"}, "b": {"value": "2"}},
    }
