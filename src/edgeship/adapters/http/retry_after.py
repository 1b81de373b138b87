"""The Retry-After header of an answer.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 3_600.0
"""Seconds. A server that asks for more gets no more."""


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The number of seconds that the server asks to wait, up to an hour; None when it doesn't say.

    `headers` have lower-case names.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        # The first 12 digits are enough: longer numbers are more than an hour, too.
        return min(float(text[:12]), LONGEST)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    # A date that names no zone, which RFC 9110 doesn't allow, is read as UTC.
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST)
