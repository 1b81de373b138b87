"""Who the user of a request is, so that an anonymous one gets the same answers each time.

The same one as for the routes of moving paths (edgeship.domain.edge.user_identity). That is bytes, and this is text:
they differ where a page sends bytes that are not UTF-8, or where the cut goes through a character.
"""

from __future__ import annotations

from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PARAMETER = "user"
_HEADER = "x-edgeship-user"
_COOKIE = "edgeship_user"
MAX_IDENTITY = 256
"""Bytes of UTF-8 that count, of whole characters; what a page sends beyond them names nobody new."""


def identity_of(request: dict[str, Any]) -> str:
    """`?user=`, else header x-edgeship-user, else cookie edgeship_user, else a hash of address and User-Agent."""
    named = _query(request.get("querystring", ""), _PARAMETER) or _header(request, _HEADER) or _cookie(request)
    if named:
        encoded = named.encode("utf-8", "surrogatepass")
        return named if len(encoded) <= MAX_IDENTITY else encoded[:MAX_IDENTITY].decode("utf-8", "ignore")
    anonymous = f"{request.get('clientIp', '')}\0{_header(request, 'user-agent')}"
    return "anonymous-" + sha256(anonymous.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _query(querystring: str, wanted: str) -> str:
    for pair in querystring.split("&"):
        name, _, value = pair.partition("=")
        if name == wanted and value:
            return _decoded(value)
    return ""


def _decoded(value: str) -> str:
    if "%" not in value and "+" not in value:
        return value
    from urllib.parse import unquote_plus  # only for those who need it: 10 ms of a cold start

    return unquote_plus(value)


def _header(request: dict[str, Any], name: str) -> str:
    values = request.get("headers", {}).get(name)
    return values[0].get("value", "") if values else ""


def _cookie(request: dict[str, Any]) -> str:
    for line in request.get("headers", {}).get("cookie", ()):
        for pair in line.get("value", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == _COOKIE:
                return _decoded(value.strip('"'))
    return ""
