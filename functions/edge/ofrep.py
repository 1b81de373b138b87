"""OpenFeature Remote Evaluation Protocol 0.3, answered at the edge.

`POST /ofrep/v1/evaluate/flags` and `POST /ofrep/v1/evaluate/flags/{key}`
(https://github.com/open-feature/protocol, service/openapi.yaml). Public flags alone; nothing is ever cached.
Both stand under `/ofrep/sets/{flag set}` as well, for the flags of that set: clients add the protocol's path to the
base URL that they are given.
"""

from __future__ import annotations

import json
from binascii import Error as Base64Error
from binascii import a2b_base64
from hashlib import sha256

from edgeship.domain.flags.answer import FLAG_NOT_FOUND, INVALID_CONTEXT, PARSE_ERROR, bulk_text, error
from edgeship.domain.flags.evaluation.compile_flags import MAX_KEY_IN_ANSWER, ContextInvalid, Flags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.answer import Answer

_FLAGS = "/ofrep/v1/evaluate/flags"
_SETS = "/ofrep/sets/"

MAX_BODY_BYTES = 38 * 1024
"""A generated answer ends at 40 KB with its headers; applying flags refuses a set that could come near."""
MAX_DEPTH = 32
"""Levels of objects and lists in a request's body."""
RETRY_SECONDS = 5
"""Whole seconds, at least 1: clients read no fractions."""

_REASONS = {
    "200": "OK",
    "204": "No Content",
    "304": "Not Modified",
    "400": "Bad Request",
    "404": "Not Found",
    "405": "Method Not Allowed",
    "500": "Internal Server Error",
}
# On every answer, errors and 304 too: without them a browser hides the answer from the page.
_CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Retry-After",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
    "x-content-type-options": "nosniff",
}
_PREFLIGHT = {
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-max-age": "86400",
}
_USUAL_HEADERS = "content-type, if-none-match, authorization, x-api-key, x-edgeship-user"
_MAX_HEADER_NAMES = 4_096
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~, ")
"""Of a list of header names, in lower case (RFC 9110, section 5.1)."""


class Invalid(Exception):
    """The request cannot be evaluated: OFREP's error code, and what is wrong for a person."""

    def __init__(self, code: str, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


def answer(
    request: dict[str, Any], flags: Flags | None, now: float, identity: Callable[[dict[str, Any]], str]
) -> dict[str, Any]:
    """The response to a request under `/ofrep/`; `flags` is None when no snapshot could be read yet."""
    method, (uri, flag_set) = request["method"], _of_set(request["uri"])
    single = uri.startswith(_FLAGS + "/")
    if not single and uri != _FLAGS:
        return _error("404", f"there is no such endpoint; flags are evaluated by POST to {_FLAGS}")
    if method == "OPTIONS":
        return _response("204", {**_PREFLIGHT, "access-control-allow-headers": _asked_headers(request)})
    if method != "POST":
        return _error("405", "flags are evaluated by POST", {"allow": "POST, OPTIONS"})
    if flags is None:
        return _error("500", "the flags can't be read at the moment", {"retry-after": str(RETRY_SECONDS)})
    key = _key(uri[len(_FLAGS) + 1 :]) if single else None
    try:
        context = _context(request)
        if key is None:
            return _bulk(request, flags.evaluate_all(context, now, identity(request), flag_set=flag_set), flag_set)
    except ContextInvalid as invalid:
        return _json("400", json.dumps({"errorCode": INVALID_CONTEXT, "errorDetails": str(invalid)}))
    except Invalid as invalid:
        fields = {"errorCode": invalid.code, "errorDetails": invalid.details}
        return _json("400", json.dumps({"key": key[:128], **fields} if key is not None else fields))
    if flag_set is not None and not flags.has(key, flag_set):
        return _json("404", error(key[:MAX_KEY_IN_ANSWER], FLAG_NOT_FOUND).text())
    found = flags.evaluate(key, context, now, identity(request), public_only=True)
    if found.error_code is None:
        return _json("200", found.text())
    return _json("404" if found.error_code == FLAG_NOT_FOUND else "400", found.text())


def _of_set(uri: str) -> tuple[str, str | None]:
    """The protocol's path, and the flag set that stands before it."""
    if not uri.startswith(_SETS):
        return uri, None
    flag_set, slash, path = uri[len(_SETS) :].partition("/")
    return slash + path, _key(flag_set)


def _bulk(request: dict[str, Any], answers: list[Answer], flag_set: str | None) -> dict[str, Any]:
    body = bulk_text(answers, flag_set)
    # Over the evaluated result, not over the configuration: another context is another answer.
    etag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
    if _matches(request, etag):
        return _response("304", {"etag": etag})
    return _json("200", body, {"etag": etag})


def _context(request: dict[str, Any]) -> dict[str, Any]:
    """The context in a request's body; empty when the body names none.

    Raises:
        Invalid: `PARSE_ERROR` or `INVALID_CONTEXT`.
    """
    document = _body(request)
    if type(document) is not dict:
        raise Invalid(PARSE_ERROR, "the body is not an object")
    context = document.get("context")
    if context is None:
        return {}
    if type(context) is not dict:
        raise Invalid(INVALID_CONTEXT, "the context is not an object")
    if _too_deep(context):
        raise Invalid(INVALID_CONTEXT, f"the context has more than {MAX_DEPTH} levels")
    if not isinstance(context.get("targetingKey", ""), str | None):
        raise Invalid(INVALID_CONTEXT, "targetingKey is not a string")
    return context


def _body(request: dict[str, Any]) -> Any:
    """The JSON in a request's body.

    Raises:
        Invalid: `PARSE_ERROR`.
    """
    body = request.get("body") or {}
    if body.get("inputTruncated"):
        raise Invalid(PARSE_ERROR, "the body is longer than the 40 KB that reach the edge")
    try:
        data = body.get("data") or ""
        raw = a2b_base64(data, strict_mode=True) if body.get("encoding") == "base64" else data.encode()
        return json.loads(raw.decode(), parse_constant=_no_constant)
    except json.JSONDecodeError as fault:
        details = f"is not JSON at line {fault.lineno}, column {fault.colno}"
    except UnicodeDecodeError as fault:
        details = f"is not UTF-8 at byte {fault.start}"
    except RecursionError:
        details = f"has more than {MAX_DEPTH} levels"
    except Base64Error:
        details = "is not base64"
    except ValueError:
        details = "has a number that JSON has not, or one of more than 4,300 digits"
    raise Invalid(PARSE_ERROR, f"the body {details}")


def _asked_headers(request: dict[str, Any]) -> str:
    """Every header that a preflight asks for: pages add headers of their own, such as `traceparent`."""
    names = ", ".join([line["value"] for line in request["headers"].get("access-control-request-headers", ())])
    taken = 0 < len(names) <= _MAX_HEADER_NAMES and _NAME_CHARACTERS.issuperset(names.lower())
    return names if taken else _USUAL_HEADERS


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _key(segment: str) -> str:
    if "%" not in segment:
        return segment
    from urllib.parse import unquote  # only for those who need it: 10 ms of a cold start

    return unquote(segment)


def _matches(request: dict[str, Any], etag: str) -> bool:
    """Whether If-None-Match names the ETag; RFC 9110, section 13.1.2: weakly compared, lists and `*` allowed."""
    for line in request["headers"].get("if-none-match", ()):
        for candidate in line["value"].split(","):
            if candidate.strip().removeprefix("W/") in (etag, "*"):
                return True
    return False


def _error(status: str, details: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    return _json(status, json.dumps({"errorDetails": details}), headers)


def _json(status: str, body: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    if len(body) > MAX_BODY_BYTES:  # all ASCII
        return _error("500", "the answer would pass the CDN's limit")
    response = _response(status, {**(headers or {}), "content-type": "application/json; charset=utf-8"})
    return {**response, "body": body, "bodyEncoding": "text"}


def _response(status: str, headers: dict[str, str]) -> dict[str, Any]:
    every = {**_CORS, **headers}
    return {
        "status": status,
        "statusDescription": _REASONS[status],
        "headers": {name: [{"key": name, "value": value}] for name, value in every.items()},
    }
