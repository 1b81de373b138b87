"""What is true of a release now: where it is live, and whether it can be rolled back. A document that changes with the
channels, beside the release's own manifest, which never changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.moves import last_good, rollback_targets
from edgeship.domain.naming import LATEST, MANIFEST_NAME, release_prefix
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version

SCHEMA = 1


def moving_manifests(
    channels: Sequence[Channel], releases: Sequence[Release], environment: str, site_url: str
) -> dict[Version, bytes]:
    """The documents of a widget's releases that are live or were, by version; equal states give equal bytes.

    `rollback_to` is the version that a rollback of the channel chooses, by what the table says: whether its files are
    there, and what runs in the environment serves it, is known when it is chosen.
    """
    base = site_url.rstrip("/")
    pointed = [channel for channel in channels if channel.version is not None]
    targets = {channel.name: rollback_targets(channel, releases) for channel in pointed}
    return {
        release.version: _dump(_document(release, pointed, targets, environment, base))
        for release in releases
        if release.promoted_at is not None and release.pruned is None
    }


def _document(
    release: Release, channels: Sequence[Channel], targets: dict[str, list[Version]], environment: str, base: str
) -> dict[str, Any]:
    exact = f"{base}/{release_prefix(release.widget, release.version)}"
    live = sorted((c for c in channels if c.version == release.version), key=lambda c: (c.name != LATEST, c.name))
    backs = {c.name: _rollback_to(c, targets[c.name]) for c in live}
    back = next(iter(backs.values()), None)
    return {
        "schema": SCHEMA,
        "widget": release.widget,
        "version": str(release.version),
        "environment": environment,
        "urls": {
            "entrypoint": exact + release.entrypoint,
            "manifest": exact + MANIFEST_NAME,
            "moving": [_moving(base, c, release) for c in live],
        },
        "channels": [
            {
                "channel": c.name,
                "since": c.moved_at,
                "sequence": c.sequence,
                "rollback_to": str(backs[c.name]) if backs[c.name] is not None else None,
            }
            for c in live
        ],
        "quarantined": release.quarantine is not None,
        "rollback_available": back is not None,
        "rollback_to": str(back) if back is not None else None,
        "rollback_target": sorted(name for name, found in targets.items() if release.version in found),
    }


def _rollback_to(channel: Channel, targets: Sequence[Version]) -> Version | None:
    return next(iter(last_good(channel, targets)), None)


def _moving(base: str, channel: Channel, release: Release) -> str:
    selector = LATEST if channel.name == LATEST else f"~{channel.name}"
    return f"{base}/{release.widget}/{selector}/{release.entrypoint}"


def _dump(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"
