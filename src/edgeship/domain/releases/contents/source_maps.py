"""Which files of a bundle are source maps that are kept with the release, and which map a published file names."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from urllib.parse import unquote

from edgeship.domain.releases.contents.withheld import is_public

SUFFIX = ".map"
MAX_MAP_BYTES = 32 * 1024 * 1024
"""A larger map is not kept, and none larger is read; it stays in the accepted archive."""
MAX_SCRIPT_BYTES = 32 * 1024 * 1024
"""A larger published file is not searched for the name of its map."""

_REFERENCE = re.compile(rb"/[/*][#@][ \t]*sourceMappingURL=([^\s*'\"]+)")
_DATA = re.compile(rb"data:application/json(?:;[^,;]*)*;base64,", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


def is_kept_map(path: str, size: int) -> bool:
    """Whether a file is a source map of a file that could be public, and is not too large to be kept."""
    return is_map(path) and size <= MAX_MAP_BYTES


def is_map(path: str) -> bool:
    """Whether a file is a source map of a file that could be public."""
    return path.lower().endswith(SUFFIX) and is_public(path[: -len(SUFFIX)])


def named_map(path: str, script: bytes) -> str | bytes | None:
    """The map of a published file, as the last comment `sourceMappingURL` of it says.

    Returns:
        The map's path in the bundle; its bytes, where the comment has the map itself; `<path>.map` without a comment.
        None where the comment leads out of the bundle, or is malformed.
    """
    found = _REFERENCE.findall(script)
    if not found:
        return path + SUFFIX
    url: bytes = found[-1]
    inline = _DATA.match(url)
    if inline is not None:
        try:
            return base64.b64decode(url[inline.end() :], validate=True)
        except binascii.Error:
            return None
    text = unquote(url.decode(errors="replace")).split("?")[0].split("#")[0]
    if _ANY_SCHEME.match(text) or text.startswith("/"):
        # A URL of another place; the file beside the script is the map if the bundle has it.
        return path + SUFFIX
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
    return None if joined.startswith("..") else joined
