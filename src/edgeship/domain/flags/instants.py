"""Instants as flags write them: ISO 8601 with a zone, `2026-11-01T09:00:00Z`."""

from __future__ import annotations

from datetime import datetime


def epoch_seconds(text: str) -> float:
    """The instant in epoch seconds; a whole number when it has no fraction.

    Raises:
        ValueError: not a date and time in ISO 8601, or without a zone.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no zone: end it with Z or an offset such as +02:00")
    seconds = instant.timestamp()
    return int(seconds) if seconds == int(seconds) else seconds
