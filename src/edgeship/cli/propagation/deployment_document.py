"""The deployment of a channel's last move: under `--json`, and as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeship.domain.channels.channel import Channel
from edgeship.domain.propagation.deployment import Deployment

FIRST_SHOWN = 5


def deployment_document(channel: Channel, deployment: Deployment | None) -> dict[str, Any] | None:
    """`state` is propagating, verified or failed; None for a channel that has never moved."""
    if channel.sequence == 0:
        return None
    if deployment is None or deployment.sequence != channel.sequence or deployment.verification is None:
        return {"state": "propagating", "at": None, "cdns": [], "checked": 0, "mismatches": []}
    verification = deployment.verification
    return {"state": "verified" if verification.verified else "failed", **verification.to_dict()}


def mismatches_shown(document: Mapping[str, Any] | None) -> list[str]:
    """A line for each of the first mismatches, and one for the count of the rest."""
    found = document["mismatches"] if document else []
    lines = [
        f"{d['where'].replace('_', ' ')}: {d['path']}: {d['kind']}: expected {d['expected']}, got {d['got']}"
        for d in found[:FIRST_SHOWN]
    ]
    return lines + ([f"and {len(found) - FIRST_SHOWN} more"] if len(found) > FIRST_SHOWN else [])
