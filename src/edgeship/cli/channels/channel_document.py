"""A channel under `--json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from edgeship.domain.channels.channel import Channel, Watch
from edgeship.domain.channels.rollout import Phase, Rollout
from edgeship.domain.events import timestamp


def channel_document(channel: Channel) -> dict[str, Any]:
    """What `status` shows of it; `rollout` is None unless one is running or paused."""
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
        "watch": _watch(watch) if watch else None,
        "alert": asdict(channel.alert) if channel.alert else None,
    }


def _watch(watch: Watch) -> dict[str, Any]:
    return {"until": timestamp(watch.until), "automatic_rollback": watch.automatic_rollback}


def _rollout(rollout: Rollout) -> dict[str, Any]:
    held = rollout.held
    return {
        **rollout.summary(),
        "started_at": timestamp(rollout.started_at),
        "stepped_at": timestamp(rollout.stepped_at),
        # A paused rollout starts its bake again when it is resumed.
        "bakes_until": timestamp(rollout.bakes_until) if rollout.phase is Phase.RUNNING else None,
        "held": {"since": timestamp(held.since), "cause": held.cause, "by": held.by} if held else None,
        "alert": asdict(rollout.alert) if rollout.alert else None,
    }
