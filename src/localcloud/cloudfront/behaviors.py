"""Which behavior answers a path. Pure.

Rules of the CloudFront Developer Guide (distribution-web-values-specify, "Path pattern"): patterns are tried in order
and the first match wins; `*` stands for any run of characters, `/` included, and `?` for exactly one; matching is case
sensitive; a leading `/` is optional; the query string plays no part. The path is normalised as RFC 3986 says before
it is matched (dot segments, repeated slashes, escapes of unreserved characters), while functions and origins see it
as the viewer sent it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from localcloud.cloudfront.distribution import Behavior, Distribution

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def behavior_for(distribution: Distribution, path: str) -> Behavior:
    """The first behavior whose pattern matches `path`, a raw URL path; else the default."""
    normal = normalise(path)
    for behavior in distribution.behaviors:
        if behavior.pattern is None or matches(behavior.pattern, normal):
            return behavior
    raise AssertionError("the default behavior matches everything")


def matches(pattern: str, path: str) -> bool:
    return _compiled(pattern).fullmatch(path) is not None


def normalise(path: str) -> str:
    """`path` with unreserved escapes decoded, other escapes in capitals, no dot segments and no repeated slashes."""
    path = _ESCAPE.sub(_decode_unreserved, path)
    segments: list[str] = []
    parts = [p for p in path.split("/")[1:] if p]
    for part in parts:
        if part == "..":
            if segments:
                segments.pop()
        elif part != ".":
            segments.append(part)
    directory = path.endswith("/") or parts[-1:] in (["."], [".."])
    return "/" + "/".join(segments) + ("/" if directory and segments else "")


def _decode_unreserved(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    if not pattern.startswith(("/", "*")):
        pattern = "/" + pattern
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), re.DOTALL)
