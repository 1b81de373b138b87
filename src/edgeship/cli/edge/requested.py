"""A viewer's request, from a URL as a person writes it."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote, urlsplit

from edgeship.cli.errors import Usage
from edgeship.domain.edge.router import Request
from edgeship.domain.edge.user_identity import HEADER, PARAMETER, first

_AS_BROWSERS_SEND_IT = "/%:@!$&'()*+,;=~-._|[]\\"
_HOST = re.compile(r"(?![v~][0-9])[^/]*[.:][^/]*(?=/)")
"""Before a path, where there is no scheme: no widget's name has a dot or a colon."""


def requested(url: str, user: str | None, address: str, user_agent: str, now: datetime) -> Request:
    """The request that a browser sends for `url`, a full URL or a path of the CDN.

    Raises:
        Usage: the URL has no path, or names another user than `user`.
    """
    path, query = _parts(url)
    if user is not None and first(query, PARAMETER):
        raise Usage(f"The URL names its user, by ?{PARAMETER}=, and so does --user.", "Leave one of them out.")
    headers = {"user-agent": user_agent} if user_agent else {}
    if user:
        headers[HEADER] = user
    return Request(path, query=query, headers=headers, address=address, now=now.timestamp())


def shown(request: Request) -> str:
    """The path and the query."""
    query = "&".join(f"{name}={value}" for name, values in request.query.items() for value in values)
    return f"{request.uri}?{query}" if query else request.uri


def _parts(url: str) -> tuple[str, dict[str, list[str]]]:
    try:
        if "://" in url.partition("?")[0]:
            parts = urlsplit(url)
        else:
            # By hand: urlsplit would take `//checkout/latest/x.js` for a host.
            before, _, query = url.partition("#")[0].partition("?")
            host = _HOST.match(before)
            path = before[host.end() :] if host else before
            return _encoded(path if path.startswith("/") else f"/{path}"), _query(query)
    except ValueError as fault:
        raise Usage(f"{url!r} is not a URL: {fault}.", _REMEDY) from None
    if parts.path in ("", "/"):
        raise Usage(f"{url!r} has no path.", _REMEDY)
    return _encoded(parts.path), _query(parts.query)


_REMEDY = "Write a URL of the CDN or its path, for example /checkout/latest/widget.js."


def _encoded(path: str) -> str:
    return quote(path, safe=_AS_BROWSERS_SEND_IT)


def _query(query: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        found.setdefault(name, []).append(value)
    return found
