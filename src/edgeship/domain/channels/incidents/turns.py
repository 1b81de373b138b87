"""Live versions are checked for ever: each minute the watched ones, and every `TURNS`
minutes, in turns, all others."""

from __future__ import annotations

import hashlib
from datetime import datetime

TURNS = 15


def turn_of(widget: str, channel: str) -> int:
    """The turn of a channel, 0 to 14: the same for ever, and about as many channels in each."""
    return int.from_bytes(hashlib.sha256(f"{widget}/{channel}".encode()).digest()[:4]) % TURNS


def turn_at(at: datetime, period_seconds: int) -> int:
    """The turn of a period of the metrics, a minute."""
    return int(at.timestamp() // period_seconds) % TURNS
