"""The fault of a flag that is too large to be stored, or for the event of its change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgeship.domain.flags.records.record_limits import MAX_SHOWN_BYTES, MAX_STORED_BYTES, shown_bytes, stored_text

Problem = tuple[str, str]


def size_problems(place: str, key: str, document: Mapping[str, Any]) -> Iterator[Problem]:
    """At most one; the document is JSON."""
    stored, event = len(stored_text(document)), shown_bytes(key, document)
    if stored > MAX_STORED_BYTES:
        yield place, f"has {stored:,} bytes as JSON; the table takes {MAX_STORED_BYTES:,}"
    elif event > MAX_SHOWN_BYTES:
        yield place, f"has {event:,} bytes without its target users; the event of a change takes {MAX_SHOWN_BYTES:,}"
