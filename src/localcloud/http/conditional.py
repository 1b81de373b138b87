"""Conditional and range requests of a viewer, answered from one whole representation (RFC 9110, 13 and 14). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_BYTES = re.compile(r"bytes=(\d*)-(\d*)\s*")


def not_modified(request: Mapping[str, str], answer: Mapping[str, str]) -> bool:
    """Whether the viewer's copy is the one we would send; If-None-Match goes before If-Modified-Since."""
    expected = request.get("If-None-Match")
    if expected is not None:
        etag = answer.get("ETag")
        return etag is not None and (expected.strip() == "*" or _opaque(etag) in map(_opaque, expected.split(",")))
    since, modified = request.get("If-Modified-Since"), answer.get("Last-Modified")
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # not a date, or one with a zone and one without
        return False


def _opaque(etag: str) -> str:
    # Weak comparison, as If-None-Match wants: W/"x" and "x" are the same.
    return etag.strip().removeprefix("W/")


@dataclass(frozen=True)
class ByteRange:
    """Positions of the first and last byte."""

    first: int
    last: int


class Unsatisfiable(ValueError):
    """No byte of the representation is in the range asked for: 416."""


def requested_range(request: Mapping[str, str], answer: Mapping[str, str], length: int) -> ByteRange | None:
    """The one range to send of `length` bytes; None for the whole: no range asked, several, another unit, or an
    If-Range that names another representation.

    Raises:
        Unsatisfiable: as it says.
    """
    match = _BYTES.fullmatch(request.get("Range", "").strip())
    if match is None or not (match[1] or match[2]) or not _if_range_holds(request, answer):
        return None
    if match[1]:
        first = int(match[1])
        last = min(int(match[2]), length - 1) if match[2] else length - 1
        if match[2] and int(match[2]) < first:
            return None  # RFC 9110 14.1.1: invalid, so ignored
    else:
        first, last = max(0, length - int(match[2])), length - 1
    if first >= length or first > last:
        raise Unsatisfiable
    return ByteRange(first, last)


def _if_range_holds(request: Mapping[str, str], answer: Mapping[str, str]) -> bool:
    condition = request.get("If-Range")
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        # Strong comparison: a weak tag never promises equal bytes.
        return condition == answer.get("ETag") and not condition.startswith("W/")
    return condition == answer.get("Last-Modified")
