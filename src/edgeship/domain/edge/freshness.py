"""How long the edge may serve what a move has changed: the one place that this follows from."""

from __future__ import annotations

DEFAULT_FRESHNESS_SECONDS = 5.0
"""Each copy of the edge's function reads its snapshot again when it is older than this."""
FETCH_TIMEOUT_SECONDS = 1.0
"""Reading it may take so long; the old one serves when it takes longer."""
STORE_SETTLE_SECONDS = 10.0
"""The wait for the store of routes, which is eventually consistent: edge locations see an update in "seconds", and no
bound is promised. Nothing depends on this wait.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions.html"""
MAX_AGE_SECONDS = 30.0
"""Of flags that answer without a wait: also the longest `edge_freshness_seconds`."""


def most_age(freshness_seconds: float) -> float:
    """Seconds after which the edge no longer answers from its flags without having asked for others.

    Up to there it asks beside its answers. A copy of the function stands still between two requests, so that what it
    asks for may come with the next request alone: with rare requests, flags are older than `freshness_seconds`.
    """
    return min(6 * freshness_seconds, MAX_AGE_SECONDS)
