"""How long the edge may serve what a move has changed: the one place that this follows from."""

from __future__ import annotations

DEFAULT_FRESHNESS_SECONDS = 5.0
"""Each copy of the edge's function reads its snapshot again when it is older than this."""
FETCH_TIMEOUT_SECONDS = 1.0
"""Reading it may take so long; the old one serves when it takes longer."""
MAX_AGE_SECONDS = 30.0
"""Of flags that answer without a wait: also the longest `edge_freshness_seconds`."""


def most_age(freshness_seconds: float) -> float:
    """Seconds after which the edge no longer answers from its flags without having asked for others.

    Up to there it asks beside its answers. A copy of the function stands still between two requests, so that what it
    asks for may come with the next request alone: with rare requests, flags are older than `freshness_seconds`.
    """
    return min(6 * freshness_seconds, MAX_AGE_SECONDS)


def settled_after(freshness_seconds: float) -> float:
    """Seconds after a move's event by which no copy of the edge's function serves what was before it."""
    return freshness_seconds + FETCH_TIMEOUT_SECONDS
