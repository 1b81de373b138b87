"""How a channel exposes a version, for the version's health page."""

from __future__ import annotations

from typing import Literal

from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import Mode
from edgeship.domain.channels.rollout import Rollout
from edgeship.domain.health.health_page import Exposure
from edgeship.domain.version import Version


def exposure_of(channel: Channel, version: Version, mode: Mode = "act") -> Exposure:
    """`version` is one of `channel.shown`."""
    rollout = channel.rollout if channel.candidate is not None else None
    candidate = version == channel.candidate
    weight = rollout.percent if rollout is not None else 0
    alert = _alert(channel, rollout if candidate else None)
    return Exposure(
        name=channel.name,
        role="candidate" if candidate else "stable",
        percent=weight if candidate else 100 - weight,
        phase=rollout.phase.value if rollout is not None else None,
        held_by=_held_by(rollout),
        locked=channel.lock is not None,
        alert=alert.since if alert is not None else None,
        mode=mode,
    )


def _alert(channel: Channel, rollout: Rollout | None) -> Alert | None:
    return rollout.alert if rollout is not None else channel.alert


def _held_by(rollout: Rollout | None) -> Literal["operator", "edgeship"] | None:
    if rollout is None or rollout.held is None:
        return None
    return "operator" if rollout.held_by_person else "edgeship"
