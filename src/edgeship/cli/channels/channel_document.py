"""A channel under `--json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Rollout
from edgeship.domain.events import timestamp


def channel_document(channel: Channel) -> dict[str, Any]:
    """All of it that `status` shows; `rollout` is None unless one is under way."""
    watch = channel.watch
    return {
        "name": channel.name,
        "version": str(channel.version) if channel.version else None,
        "sequence": channel.sequence,
        "since": channel.moved_at,
        "by": channel.moved_by,
        "lock": asdict(channel.lock) if channel.lock else None,
        "flag": channel.flag,
        "rollout": _rollout(channel.rollout) if channel.rollout is not None and channel.rollout.active else None,
        "watch": {"until": timestamp(watch.until), "goes_back": watch.goes_back} if watch else None,
        "alert": asdict(channel.alert) if channel.alert else None,
    }


def _rollout(rollout: Rollout) -> dict[str, Any]:
    held = rollout.held
    return {
        **rollout.summary(),
        "started_at": timestamp(rollout.started_at),
        "stepped_at": timestamp(rollout.stepped_at),
        # A paused rollout bakes anew once it is resumed.
        "bakes_until": timestamp(rollout.bakes_until) if rollout.phase is Phase.RUNNING else None,
        "held": {"since": timestamp(held.since), "cause": held.cause} if held else None,
    }
