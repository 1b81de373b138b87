"""How far a channel's last move has got on the CDNs: under `--json`, and in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeship.cli.output import when
from edgeship.domain.channels.channel import Channel
from edgeship.domain.propagation.deployment import Deployment

FIRST_SHOWN = 5


def deployment_document(channel: Channel, deployment: Deployment | None) -> dict[str, Any] | None:
    """`state` is propagating, verified or failed; None for a channel that has never moved."""
    if channel.sequence == 0:
        return None
    if deployment is None or deployment.sequence != channel.sequence or deployment.verdict is None:
        return {"state": "propagating", "at": None, "cdns": [], "checked": 0, "differences": []}
    verdict = deployment.verdict
    return {"state": "verified" if verdict.verified else "failed", **verdict.to_dict()}


def deployment_words(document: Mapping[str, Any] | None) -> str:
    """`verified 2026-11-23 10:00:09`, `failed: 2 differences`, `on its way`."""
    match document:
        case None:
            return "-"
        case {"state": "propagating"}:
            return "on its way"
        case {"state": "verified", "at": at}:
            return f"verified {when(at)}"
    count = len(document["differences"])
    return f"failed: {count} difference{'s' if count > 1 else ''}"


def differences_shown(document: Mapping[str, Any] | None) -> list[str]:
    """A line for each of the first differences, and one for the rest."""
    found = document["differences"] if document else []
    lines = [f"{d['where']}: {d['path']}: {d['kind']}: {d['got']}, not {d['expected']}" for d in found[:FIRST_SHOWN]]
    return lines + ([f"and {len(found) - FIRST_SHOWN} more"] if len(found) > FIRST_SHOWN else [])
