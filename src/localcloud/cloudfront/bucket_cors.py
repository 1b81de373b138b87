"""The CORS headers of a bucket's answer, which the emulator computes only when it enforces IAM. Pure.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method "
    "/ Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)


@dataclass(frozen=True)
class CorsRule:
    """`headers` are those that a preflight may ask for; `*` stands for any run of characters there and in `origins`.
    `max_age` is in seconds."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    exposed: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    max_age: int | None = None


class PreflightRefused(ValueError):
    """S3 answers `status` with an error `code`; the text is its message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def cors_headers(rules: Sequence[CorsRule], origin: str | None, method: str) -> dict[str, str]:
    """What S3 adds to its answer: the headers of the first rule that allows the origin and method, if any."""
    if origin is None:
        return {}
    for rule in rules:
        matching = _matching_origin(rule, origin, method)
        if matching is not None:
            return _headers(rule, matching, origin)
    return {}


def preflight_headers(rules: Sequence[CorsRule], request: Mapping[str, str]) -> dict[str, str]:
    """The headers of S3's answer to an OPTIONS request with the headers of `request`, a case-insensitive mapping: those
    of the first rule that allows its origin, method and headers.

    Raises:
        PreflightRefused: as it says.
    """
    origin, method = request.get("Origin"), request.get("Access-Control-Request-Method")
    if origin is None:
        raise PreflightRefused(400, "BadRequest", "Insufficient information. Origin request header needed.")
    if method is None:
        raise PreflightRefused(400, "BadRequest", "Invalid Access-Control-Request-Method: null")
    if not rules:
        raise PreflightRefused(403, "AccessForbidden", NOT_ENABLED)
    asked = [h.strip().lower() for h in request.get("Access-Control-Request-Headers", "").split(",") if h.strip()]
    for rule in rules:
        matching = _matching_origin(rule, origin, method)
        if matching is None or not all(_covers(rule.headers, name) for name in asked):
            continue
        headers = _headers(rule, matching, origin)
        if asked:
            headers["Access-Control-Allow-Headers"] = ", ".join(asked)
        if rule.max_age is not None:
            headers["Access-Control-Max-Age"] = str(rule.max_age)
        return headers
    raise PreflightRefused(403, "AccessForbidden", NOT_ALLOWED)


def _matching_origin(rule: CorsRule, origin: str, method: str) -> str | None:
    if method not in rule.methods:
        return None
    return next((pattern for pattern in rule.origins if _matches(pattern, origin)), None)


def _headers(rule: CorsRule, matching: str, origin: str) -> dict[str, str]:
    headers = {
        "Access-Control-Allow-Origin": "*" if matching == "*" else origin,
        "Access-Control-Allow-Methods": ", ".join(rule.methods),
        "Vary": _VARY,
    }
    if matching != "*":
        headers["Access-Control-Allow-Credentials"] = "true"
    if rule.exposed:
        headers["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    return headers


def _covers(patterns: Iterable[str], name: str) -> bool:
    return any(_matches(pattern.lower(), name) for pattern in patterns)


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text) is not None
