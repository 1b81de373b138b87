"""The events of CloudFront Functions. Pure.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html: values are as they
came, not URL-decoded; names of headers are in lower case; cookies stand apart from headers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from multidict import CIMultiDict

from localcloud.cloudfront.edge_headers import is_disallowed
from localcloud.cloudfront.functions.fields import Entry, collapse
from localcloud.http.exchange import Answer, Request

Event = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """Whose event it is."""

    distribution_id: str
    distribution_domain: str
    request_id: str


def request_event(context: Context, viewer: Request) -> Event:
    """The event at viewer-request."""
    return _event(context, "viewer-request", viewer) | {"request": shown_request(viewer)}


def response_event(context: Context, viewer: Request, answer: Answer) -> Event:
    """The event at viewer-response. `viewer` is the request as it came from the viewer, not as a function changed it:
    "the actual request that CloudFront received from the viewer"."""
    shown = {"request": shown_request(viewer), "response": shown_response(answer)}
    return _event(context, "viewer-response", viewer) | shown


def _event(context: Context, kind: str, viewer: Request) -> Event:
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": context.distribution_domain,
            "distributionId": context.distribution_id,
            "eventType": kind,
            "requestId": context.request_id,
        },
        "viewer": {"ip": viewer.client_ip},
    }


def shown_request(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "uri": request.path,
        "querystring": collapse(_parameters(request.query)),
        "headers": collapse(_headers(request.headers, "cookie")),
        "cookies": collapse(_request_cookies(request.headers)),
    }


def shown_response(answer: Answer) -> dict[str, Any]:
    return {
        "statusCode": answer.status,
        "statusDescription": answer.reason or _phrase(answer.status),
        "headers": collapse(_headers(answer.headers, "set-cookie")),
        "cookies": collapse(_response_cookies(answer.headers)),
    }


def _parameters(query: str) -> Iterator[tuple[str, Entry]]:
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            yield name, {"value": value}


def _headers(headers: CIMultiDict[str], cookies: str) -> Iterator[tuple[str, Entry]]:
    for name, value in headers.items():
        lower = name.lower()
        if lower != cookies and not is_disallowed(lower):
            yield lower, {"value": value}


def _request_cookies(headers: CIMultiDict[str]) -> Iterator[tuple[str, Entry]]:
    for header in headers.getall("Cookie", []):
        for pair in header.split(";"):
            if pair.strip():
                name, _, value = pair.strip().partition("=")
                yield name, {"value": value}


def _response_cookies(headers: CIMultiDict[str]) -> Iterator[tuple[str, Entry]]:
    for header in headers.getall("Set-Cookie", []):
        pair, _, attributes = header.partition(";")
        name, _, value = pair.strip().partition("=")
        entry = {"value": value}
        if attributes.strip():
            entry["attributes"] = attributes.strip()
        yield name, entry


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""
