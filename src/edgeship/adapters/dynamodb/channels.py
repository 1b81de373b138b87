"""How a channel is stored in the table, its rollout included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from edgeship.adapters.dynamodb import keys
from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel, Lock, Watch
from edgeship.domain.channels.incidents.turns import turn_of
from edgeship.domain.channels.rollout import Held, Phase, Rollout, Step
from edgeship.domain.events import timestamp
from edgeship.domain.version import Version


def to_channel(item: Mapping[str, Any]) -> Channel:
    return Channel(
        widget=item["widget"],
        name=item["name"],
        version=Version.parse(item["version"]) if item.get("version") else None,
        sequence=int(item["sequence"]),
        moved_at=item.get("moved_at"),
        moved_by=item.get("moved_by"),
        trail=tuple(Version.parse(text) for text in item["trail"]),
        lock=Lock(**item["lock"]) if item.get("lock") else None,
        flag=item.get("flag"),
        rollout=_to_rollout(item["rollout"]) if item.get("rollout") else None,
        exposed_at=_to_time(item.get("exposed_at")),
        watch=_to_watch(item["watch"]) if item.get("watch") else None,
        alert=Alert(**item["alert"]) if item.get("alert") else None,
        incident=item.get("incident"),
        revision=int(item["revision"]),
    )


def channel_item(channel: Channel) -> dict[str, Any]:
    """All of it except its revision."""
    return {
        "pk": keys.widget_pk(channel.widget),
        "sk": keys.channel_sk(channel.name),
        "widget": channel.widget,
        "name": channel.name,
        "version": str(channel.version) if channel.version else None,
        "sequence": channel.sequence,
        "moved_at": channel.moved_at,
        "moved_by": channel.moved_by,
        "trail": [str(version) for version in channel.trail],
        "lock": asdict(channel.lock) if channel.lock else None,
        "flag": channel.flag,
        "rollout": _rollout_map(channel.rollout) if channel.rollout else None,
        "exposed_at": _time(channel.exposed_at),
        "watch": _watch_map(channel.watch) if channel.watch else None,
        "alert": asdict(channel.alert) if channel.alert else None,
        "incident": channel.incident,
        **_in_the_index(channel),
    }


def _in_the_index(channel: Channel) -> dict[str, str]:
    if channel.is_watched:
        return {"watched": keys.WATCHED}
    return {"watched": keys.live(turn_of(channel.widget, channel.name))} if channel.version is not None else {}


def _rollout_map(rollout: Rollout) -> dict[str, Any]:
    return {
        "candidate": str(rollout.candidate),
        # As text: percentages are binary fractions, which the table's decimals do not take.
        "steps": json.dumps([[step.percent, step.bake_seconds] for step in rollout.steps]),
        "step": rollout.step,
        "phase": rollout.phase.value,
        "started_at": _time(rollout.started_at),
        "stepped_at": _time(rollout.stepped_at),
        "exposed_at": _time(rollout.exposed_at),
        "held": _held_map(rollout.held) if rollout.held else None,
        "alert": asdict(rollout.alert) if rollout.alert else None,
        "had_traffic": rollout.had_traffic,
        "both_unhealthy": rollout.both_unhealthy,
        "paused": _held_map(rollout.paused) if rollout.paused else None,
    }


def _to_rollout(item: Mapping[str, Any]) -> Rollout:
    return Rollout(
        candidate=Version.parse(item["candidate"]),
        steps=tuple(Step(percent, bake) for percent, bake in json.loads(item["steps"])),
        started_at=datetime.fromisoformat(item["started_at"]),
        stepped_at=datetime.fromisoformat(item["stepped_at"]),
        exposed_at=datetime.fromisoformat(item["exposed_at"]),
        step=int(item["step"]),
        phase=Phase(item["phase"]),
        held=_to_held(item.get("held")),
        alert=Alert(**item["alert"]) if item.get("alert") else None,
        # What was stored before these were known may have had traffic.
        had_traffic=item.get("had_traffic", True),
        both_unhealthy=item.get("both_unhealthy", False),
        paused=_to_held(item.get("paused")),
    )


def _to_held(held: Mapping[str, Any] | None) -> Held | None:
    if not held:
        return None
    # Holds that were stored before people or a calendar could hold a rollout are for its analysis.
    return Held(datetime.fromisoformat(held["since"]), held["cause"], held.get("by"), held.get("calendar", False))


def _held_map(held: Held) -> dict[str, Any]:
    calendar = {"calendar": True} if held.calendar else {}
    return {"since": _time(held.since), "cause": held.cause, "by": held.by, **calendar}


def _watch_map(watch: Watch) -> dict[str, Any]:
    # The attribute keeps its first name.
    return {"until": _time(watch.until), "goes_back": watch.automatic_rollback}


def _to_watch(item: Mapping[str, Any]) -> Watch:
    return Watch(datetime.fromisoformat(item["until"]), automatic_rollback=item["goes_back"])


def _time(at: datetime | None) -> str | None:
    return timestamp(at) if at is not None else None


def _to_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
