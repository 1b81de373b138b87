"""How long the edge may serve what a move has changed: the one place that this follows from."""

from __future__ import annotations

DEFAULT_FRESHNESS_SECONDS = 5.0
"""Each copy of the edge's function reads its snapshot again when it is older than this."""
FETCH_TIMEOUT_SECONDS = 1.0
"""Reading it may take so long; the old one serves when it takes longer."""


def settled_after(freshness_seconds: float) -> float:
    """Seconds after a move's event by which no copy of the edge's function serves what was before it."""
    return freshness_seconds + FETCH_TIMEOUT_SECONDS
