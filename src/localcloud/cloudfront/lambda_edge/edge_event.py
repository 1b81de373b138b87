"""Lambda@Edge at viewer-request: the event a function gets, and what CloudFront accepts back. Pure.

Sources: CloudFront Developer Guide, lambda-event-structure, lambda-generating-http-responses-in-requests,
edge-function-restrictions-all, cloudfront-limits.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from multidict import CIMultiDict

from localcloud.cloudfront.edge_headers import READ_ONLY_IN_REQUESTS, is_disallowed, is_lower_case_name
from localcloud.http.exchange import Answer, Request

MAX_GENERATED_BYTES = 40 * 1024
"""Of a response generated at viewer-request, headers included."""
MAX_EXPOSED_BODY_BYTES = 40 * 1024
"""Of a request body shown to the function, before base64."""

_STATUS = re.compile(r"[2-5]\d\d")

EventHeaders = dict[str, list[dict[str, str]]]


class InvalidResult(ValueError):
    """The function's result breaks a rule of CloudFront's: a viewer gets 502."""


def build(
    request: Request, *, distribution_id: str, distribution_domain: str, request_id: str, include_body: bool
) -> dict[str, Any]:
    """The event for `request`."""
    shown: dict[str, Any] = {
        "clientIp": request.client_ip,
        "headers": _event_headers(request.headers),
        "method": request.method,
        "querystring": request.query,
        "uri": request.path,
    }
    if include_body:
        shown["body"] = {
            "action": "read-only",
            "data": base64.b64encode(request.body[:MAX_EXPOSED_BODY_BYTES]).decode(),
            "encoding": "base64",
            "inputTruncated": len(request.body) > MAX_EXPOSED_BODY_BYTES,
        }
    config = {
        "distributionDomainName": distribution_domain,
        "distributionId": distribution_id,
        "eventType": "viewer-request",
        "requestId": request_id,
    }
    return {"Records": [{"cf": {"config": config, "request": shown}}]}


def interpret(result: object, request: Request, *, include_body: bool = False) -> Request | Answer:
    """What to do with a function's result for `request`: go on with a request, or answer.

    Raises:
        InvalidResult: see there; the message names the rule.
    """
    if not isinstance(result, dict):
        raise InvalidResult(f"the function returned {type(result).__name__}, neither a request nor a response")
    if "status" in result:
        return _answer(result)
    if result.get("method") != request.method:
        raise InvalidResult("the method is read-only")
    uri, query = result.get("uri"), result.get("querystring")
    if not isinstance(uri, str) or not uri.startswith("/") or not _is_url_text(uri) or "?" in uri:
        raise InvalidResult(f"uri {uri!r} is not a URL path")
    if not isinstance(query, str) or not _is_url_text(query):
        raise InvalidResult(f"querystring {query!r} is not text of a URL")
    headers = _headers(result.get("headers"))
    for name in READ_ONLY_IN_REQUESTS:
        if headers.getall(name, []) != request.headers.getall(name, []):
            raise InvalidResult(f"header {name} is read-only")
    body = request.body
    if include_body and isinstance(shown := result.get("body"), dict) and shown.get("action") == "replace":
        body = _body(shown.get("data", ""), shown.get("encoding", "text"))
    return Request(request.method, uri, query, headers, body, request.client_ip)


def _answer(result: Mapping[str, Any]) -> Answer:
    status = result["status"]
    if not isinstance(status, str) or not _STATUS.fullmatch(status):
        raise InvalidResult(f"status {status!r} is not a string of three digits, 200 to 599")
    headers = _headers(result.get("headers", {}))
    for name in ("transfer-encoding", "via"):
        if name in headers:
            raise InvalidResult(f"header {name} is read-only")
    body = _body(result.get("body", ""), result.get("bodyEncoding", "text"))
    size = len(body) + sum(len(k) + len(v) for k, v in headers.items())
    if size > MAX_GENERATED_BYTES:
        raise InvalidResult(f"the response has {size:,} bytes with its headers: {MAX_GENERATED_BYTES:,} are allowed")
    reason = result.get("statusDescription")
    return Answer(int(status), headers, body, reason if isinstance(reason, str) else None)


def _body(data: object, encoding: object) -> bytes:
    if not isinstance(data, str):
        raise InvalidResult("the body is not a string")
    if encoding == "text":
        return data.encode()
    if encoding != "base64":
        raise InvalidResult(f"body encoding {encoding!r} is neither text nor base64")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise InvalidResult(f"the body is not base64: {error}") from error


def _event_headers(headers: CIMultiDict[str]) -> EventHeaders:
    shown: EventHeaders = {}
    for name, value in headers.items():
        if not is_disallowed(name):
            shown.setdefault(name.lower(), []).append({"key": name, "value": value})
    return shown


def _headers(shown: object) -> CIMultiDict[str]:
    if not isinstance(shown, dict):
        raise InvalidResult("headers are not an object")
    headers: CIMultiDict[str] = CIMultiDict()
    for name, entries in shown.items():
        if not isinstance(name, str) or not is_lower_case_name(name):
            raise InvalidResult(f"header {name!r} is not a lower-case header name")
        if is_disallowed(name):
            raise InvalidResult(f"header {name} is not allowed")
        if not isinstance(entries, list):
            raise InvalidResult(f"header {name} is not a list of key and value")
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("value"), str):
                raise InvalidResult(f"header {name} has an entry without a string value")
            key = entry.get("key") or name.title()
            if not isinstance(key, str) or key.lower() != name:
                raise InvalidResult(f"header {name} has an entry for {key!r}")
            if any(c in entry["value"] for c in "\r\n\0"):
                raise InvalidResult(f"header {name} has a control character in its value")
            headers.add(key, entry["value"])
    return headers


def _is_url_text(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
