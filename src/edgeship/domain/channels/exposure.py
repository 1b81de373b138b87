"""How a channel exposes a version, for the version's health page."""

from __future__ import annotations

from edgeship.domain.channels.channel import Channel
from edgeship.domain.health.health_page import Exposure
from edgeship.domain.version import Version


def exposure_of(channel: Channel, version: Version) -> Exposure:
    """`version` is one of `channel.exposed`."""
    rollout = channel.rollout if channel.candidate is not None else None
    candidate = version == channel.candidate
    weight = rollout.percent if rollout is not None else 0
    return Exposure(
        name=channel.name,
        role="candidate" if candidate else "stable",
        percent=weight if candidate else 100 - weight,
        phase=rollout.phase.value if rollout is not None else None,
        locked=channel.lock is not None,
        alert=channel.alert.since if channel.alert is not None and not candidate else None,
    )
