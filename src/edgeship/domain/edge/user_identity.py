"""Who the user of a request is, for the routes of moving paths.

`?user=`, else the header x-edgeship-user, else the cookie edgeship_user, else a hash of address and User-Agent, so that
an anonymous user gets the same answers each time. Identities are bytes: what percent-encoding decodes to is hashed as
it is, and no text encoding can make two programs differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

PARAMETER = "user"
HEADER = "x-edgeship-user"
COOKIE = "edgeship_user"
MAX_IDENTITY = 256
"""Bytes that count; what a page sends beyond them names nobody new."""

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")


def identity(
    query: Mapping[str, Sequence[str]], headers: Mapping[str, str], cookies: Mapping[str, str], address: str
) -> bytes:
    """The identity; query values and cookies are percent-encoded as they came, header names in lower case."""
    known = named(query, headers, cookies)
    if known:
        return known
    anonymous = f"{address}\0{headers.get('user-agent', '')}"
    return b"anonymous-" + sha256(anonymous.encode()).hexdigest()[:32].encode()


def named(query: Mapping[str, Sequence[str]], headers: Mapping[str, str], cookies: Mapping[str, str]) -> bytes:
    """The identity that the request names; empty for an anonymous user's."""
    found = (
        decoded(first(query, PARAMETER))
        or headers.get(HEADER, "").encode()
        or decoded(cookies.get(COOKIE, "").strip('"'))
    )
    return found[:MAX_IDENTITY]


def first(query: Mapping[str, Sequence[str]], name: str) -> str:
    """A parameter's first value that is not empty, as it came."""
    return next((value for value in query.get(name, ()) if value), "")


def decoded(value: str) -> bytes:
    """The bytes of a form-encoded value; what is not an escape stays."""
    return _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), value.replace("+", " ").encode())
