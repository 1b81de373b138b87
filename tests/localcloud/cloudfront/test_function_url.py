"""Payloads of Lambda function URLs."""

from __future__ import annotations

import base64
import json

import pytest
from multidict import CIMultiDict

from localcloud.cloudfront.origins.function_url import answer_of, event_of, is_signed_otherwise, refused
from localcloud.http.exchange import Request

DOMAIN = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws"
NOW = 1_795_428_000.25


def test_the_event_of_a_get() -> None:
    headers = CIMultiDict(
        [("User-Agent", "Amazon CloudFront"), ("X-Many", "1"), ("x-many", "2"), ("Cookie", "a=1; b=2")]
    )
    request = Request("GET", "/telemetry/%C3%A4", "d=%7B%22v%22%3A1%7D&d=2&e=&f", headers, client_ip="192.0.2.7")
    assert event_of(request, DOMAIN, "id", NOW) == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/telemetry/%C3%A4",
        "rawQueryString": "d=%7B%22v%22%3A1%7D&d=2&e=&f",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "user-agent": "Amazon CloudFront",
            "x-many": "1,2",
            "host": DOMAIN,
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "queryStringParameters": {"d": '{"v":1},2', "e": "", "f": ""},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": DOMAIN.split(".")[0],
            "authentication": None,
            "domainName": DOMAIN,
            "domainPrefix": DOMAIN.split(".")[0],
            "http": {
                "method": "GET",
                "path": "/telemetry/%C3%A4",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "Amazon CloudFront",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "23/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1795428000250,
        },
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/json", b'{"a": 1}', ('{"a": 1}', False)),
        ("text/plain; charset=utf-8", "ä".encode(), ("ä", False)),
        ("application/octet-stream", b"\x00\xff", (base64.b64encode(b"\x00\xff").decode(), True)),
    ],
)
def test_the_event_of_a_post(content_type: str, body: bytes, expected: tuple[str, bool]) -> None:
    headers = CIMultiDict({"Content-Type": content_type, "X-Forwarded-For": "203.0.113.1"})
    event = event_of(Request("POST", "/", "", headers, body, "192.0.2.7"), DOMAIN, "id", NOW)
    assert (event["body"], event["isBase64Encoded"]) == expected
    assert event["headers"]["x-forwarded-for"] == "203.0.113.1, 192.0.2.7"
    assert "queryStringParameters" not in event
    assert "cookies" not in event


@pytest.mark.parametrize(
    ("result", "status", "content_type", "body"),
    [
        ({"statusCode": 204}, 204, "application/json", b""),
        ({"statusCode": "200", "body": "ä"}, 200, "application/json", "ä".encode()),
        ({"statusCode": 200, "headers": {"content-type": "text/css"}, "body": "x"}, 200, "text/css", b"x"),
        ({"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}, 200, "application/json", b"\x00\xff"),
        ({"message": "hello"}, 200, "application/json", b'{"message": "hello"}'),
        ("hello", 200, "application/json", b'"hello"'),
        (None, 200, "application/json", b"null"),
        ({"statusCode": "many"}, 502, "application/json", b'{"Message": "Internal Server Error"}'),
        ({"statusCode": 200, "body": {"a": 1}}, 502, "application/json", b'{"Message": "Internal Server Error"}'),
        ({"statusCode": 200, "headers": ["a"]}, 502, "application/json", b'{"Message": "Internal Server Error"}'),
        (
            {"statusCode": 200, "body": "?", "isBase64Encoded": True},
            502,
            "application/json",
            b'{"Message": "Internal Server Error"}',
        ),
    ],
)
def test_answers(result: object, status: int, content_type: str, body: bytes) -> None:
    answer = answer_of(json.dumps(result).encode())
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (status, content_type, body)
    assert answer.headers["Content-Length"] == str(len(body))


def test_cookies_and_headers_of_an_answer() -> None:
    result = {"statusCode": 200, "headers": {"Cache-Control": "no-store", "X-N": 1}, "cookies": ["a=1", "b=2; Secure"]}
    answer = answer_of(json.dumps(result).encode())
    assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2; Secure"]
    assert (answer.headers["Cache-Control"], answer.headers["X-N"]) == ("no-store", "1")


@pytest.mark.parametrize("character", "!'()*")
def test_what_sigv4_encodes_and_the_viewer_did_not_is_refused(character: str) -> None:
    assert is_signed_otherwise(Request("GET", "/t", f"d=a{character}b"))
    assert not is_signed_otherwise(Request("GET", "/t", f"d=a%{ord(character):02X}b"))


def test_a_body_needs_its_hash_from_the_viewer() -> None:
    assert is_signed_otherwise(Request("POST", "/t", body=b"k=v"))
    with_hash = CIMultiDict({"X-Amz-Content-SHA256": "0" * 64})
    assert not is_signed_otherwise(Request("POST", "/t", headers=with_hash, body=b"k=v"))
    assert not is_signed_otherwise(Request("GET", "/t", "d=eyJ2IjoxfQ&e=-_.~%20"))
    assert refused().status == 403
