"""What CloudFront accepts back from a CloudFront Function. Pure.

Sources: CloudFront Developer Guide, functions-event-structure, edge-function-restrictions-all, cloudfront-limits.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from multidict import CIMultiDict

from localcloud.cloudfront.edge_headers import (
    READ_ONLY_IN_REQUESTS,
    READ_ONLY_IN_RESPONSES,
    is_disallowed,
    is_lower_case_name,
)
from localcloud.cloudfront.functions.event import shown_request, shown_response
from localcloud.cloudfront.functions.failure import FunctionFailed, HeaderRefused
from localcloud.cloudfront.functions.fields import Entry, expand
from localcloud.http.exchange import Answer, Request

MAX_URL_CHARACTERS = 8_191
"""Of uri and query string together: "less than 8,192"."""
MAX_RESPONSE_BYTES = 40 * 1024
"""Of a response with a body of the function's, headers included. The guide gives no limit for CloudFront Functions;
this is the one of Lambda@Edge at viewer events."""

_KEPT = ("age", "date")
"""Of a response: the guide does not say whether an edit of these is kept, so none is."""


def request_or_answer(result: object, viewer: Request) -> Request | Answer:
    """What to do at viewer-request with a function's result for the event of `viewer`: go on with a request, or answer.

    Raises:
        FunctionFailed: the result breaks a rule; the message names it.
    """
    if not isinstance(result, dict):
        raise FunctionFailed(f"the function returned {_kind(result)}, neither a request nor a response")
    if "statusCode" in result:
        return _generated(result)
    before = shown_request(viewer)
    if result.get("method") != viewer.method:
        raise FunctionFailed("request.method is read-only")
    uri = result.get("uri")
    if not isinstance(uri, str) or not uri.startswith("/") or not _is_url_text(uri) or "?" in uri:
        raise FunctionFailed(f"request.uri {uri!r} is not a URL path")
    query = _query(result.get("querystring"), before["querystring"], viewer.query)
    if len(uri) + len(query) + 1 > MAX_URL_CHARACTERS:
        raise FunctionFailed(f"request.uri and request.querystring have over {MAX_URL_CHARACTERS:,} characters")
    headers = _headers(result.get("headers"), before["headers"], "request")
    _require_unchanged(headers, viewer.headers, READ_ONLY_IN_REQUESTS)
    _put_back_disallowed(headers, viewer.headers)
    cookies = expand(result.get("cookies"), before["cookies"], "request.cookies")
    if result.get("cookies") == before["cookies"]:
        for header in viewer.headers.getall("Cookie", []):
            headers.add("Cookie", header)
    elif cookies:
        headers["Cookie"] = "; ".join(f"{name}={entry['value']}" for name, entry in cookies)
    return replace(viewer, path=uri, query=query, headers=headers)


def changed_answer(result: object, answer: Answer) -> Answer:
    """The answer that a function at viewer-response makes of `answer`, whose body stays unless it gives one.

    Raises:
        FunctionFailed: the result breaks a rule; the message names it.
    """
    if not isinstance(result, dict):
        raise FunctionFailed(f"the function returned {_kind(result)}, not a response")
    before = shown_response(answer)
    headers = _headers(result.get("headers"), before["headers"], "response")
    _require_unchanged(headers, answer.headers, READ_ONLY_IN_RESPONSES)
    _put_back_disallowed(headers, answer.headers)
    for name in _KEPT:
        headers.popall(name, None)
        for value in answer.headers.getall(name, []):
            headers.add(name.title(), value)
    _add_cookies(headers, result, before["cookies"])
    body = _body(result)
    if body is not None:
        _require_small(headers, body)
    reason = _reason(result, before["statusDescription"])
    return Answer(_status(result), headers, answer.body if body is None else body, reason)


def _generated(result: Mapping[str, Any]) -> Answer:
    headers = _headers(result.get("headers", {}), {}, "response")
    # `via` may not be added; `transfer-encoding` and `content-length` are CloudFront's to compute.
    _require_unchanged(headers, CIMultiDict(), READ_ONLY_IN_RESPONSES | {"transfer-encoding"})
    _add_cookies(headers, result, {})
    body = _body(result) or b""
    _require_small(headers, body)
    return Answer(_status(result), headers, body, _reason(result, None))


def _kind(result: object) -> str:
    return "nothing" if result is None else type(result).__name__


def _status(result: Mapping[str, Any]) -> int:
    status = result.get("statusCode")
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise FunctionFailed(f"response.statusCode {status!r} is not an integer from 200 to 599")
    return status


def _reason(result: Mapping[str, Any], before: str | None) -> str | None:
    reason = result.get("statusDescription")
    if reason is None or reason == before:
        return None
    if not isinstance(reason, str) or not reason.isprintable():
        raise FunctionFailed("response.statusDescription is not a line of text")
    return reason


def _query(shown: object, before: Mapping[str, Any], raw: str) -> str:
    # AWS's own example of a normalised query string returns one as text (example-function-normalize-query-string).
    if shown == before:
        return raw
    if isinstance(shown, str):
        query = shown
    else:
        entries = expand(shown, before, "request.querystring")
        query = "&".join(f"{name}={entry['value']}" for name, entry in entries)
    if not _is_url_text(query):
        raise FunctionFailed(f"request.querystring {query!r} is not text of a URL")
    return query


def _headers(shown: object, before: Mapping[str, Any], what: str) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict()
    for name, entry in expand(shown, before, f"{what}.headers"):
        if not is_lower_case_name(name):
            raise FunctionFailed(f"{what}.headers must have header names in lower case, not {name!r}")
        if name in ("cookie", "set-cookie"):
            raise FunctionFailed(f"{what}.headers has {name}: cookies belong in {what}.cookies")
        if is_disallowed(name):
            raise HeaderRefused(f"{what}.headers: {name} is not allowed")
        headers.add("-".join(word.capitalize() for word in name.split("-")), entry["value"])
    return headers


def _require_unchanged(headers: CIMultiDict[str], before: CIMultiDict[str], names: frozenset[str]) -> None:
    for name in sorted(names):
        if headers.getall(name, []) != before.getall(name, []):
            raise HeaderRefused(f"header {name} is read-only")


def _put_back_disallowed(headers: CIMultiDict[str], before: CIMultiDict[str]) -> None:
    for name, value in before.items():
        if is_disallowed(name):
            headers.add(name, value)


def _add_cookies(headers: CIMultiDict[str], result: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    for name, entry in expand(result.get("cookies", {}), before, "response.cookies"):
        headers.add("Set-Cookie", _cookie(name, entry))


def _cookie(name: str, entry: Entry) -> str:
    attributes = entry.get("attributes")
    return f"{name}={entry['value']}" + (f"; {attributes}" if attributes else "")


def _body(result: Mapping[str, Any]) -> bytes | None:
    body = result.get("body")
    if body is None:
        return None
    if isinstance(body, str):
        return body.encode()
    if not isinstance(body, dict) or not isinstance(body.get("data"), str):
        raise FunctionFailed("response.body is neither a string nor an object with data")
    match body.get("encoding"):
        case "text":
            return str(body["data"]).encode()
        case "base64":
            try:
                return base64.b64decode(body["data"], validate=True)
            except binascii.Error as error:
                raise FunctionFailed(f"response.body is not base64: {error}") from error
        case other:
            raise FunctionFailed(f"response.body.encoding {other!r} is neither text nor base64")


def _require_small(headers: CIMultiDict[str], body: bytes) -> None:
    size = len(body) + sum(len(k) + len(v) for k, v in headers.items())
    if size > MAX_RESPONSE_BYTES:
        raise FunctionFailed(f"the response has {size:,} bytes with its headers: {MAX_RESPONSE_BYTES:,} are allowed")


def _is_url_text(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text and "#" not in text
