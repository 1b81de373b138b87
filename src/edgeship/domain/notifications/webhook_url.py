"""The URLs that webhooks may have. The addresses that a name resolves to are checked at each request."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

MAX_LENGTH = 2_000
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
"""A name with at least two labels; the last is not a number (RFC 1123, section 2.1)."""


def url_problem(url: object, *, loopback: bool = False) -> str | None:
    """The fault of a webhook's URL and what to do; None for a valid URL. With `loopback`, `http://127.0.0.1` and
    `http://[::1]` are valid, too."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return "is not a URL: write https://…"
    if len(url) > MAX_LENGTH:
        return f"has more than {MAX_LENGTH:,} characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        return f"is not a URL: {fault}"
    if parts.username is not None or parts.password is not None:
        return "has a user or password: leave it out; receivers recognise edgeship by its signature"
    if parts.fragment:
        return "has a fragment, which is never sent: leave out '#' and the text after it"
    if port == 0:
        return "has port 0: leave it out, or name the receiver's"
    return None if loopback and _on_this_machine(parts) else _not_public(parts)


def _not_public(parts: SplitResult) -> str | None:
    if parts.scheme != "https":
        return f"begins with {parts.scheme or 'no scheme'}: use https, so that nobody in between can read or change it"
    host = parts.hostname or ""
    address = _address(host)
    if address is not None:
        return None if address.is_global else f"{host} is not a public address: use one that AWS can reach"
    if not _HOST.fullmatch(host) or host.endswith((".localhost", ".local", ".internal")):
        return f"{host!r} is not the name of a public host: use one that AWS can resolve"
    return None


def _on_this_machine(parts: SplitResult) -> bool:
    address = _address(parts.hostname or "")
    return parts.scheme in ("http", "https") and address is not None and address.is_loopback


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
