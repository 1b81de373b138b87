"""What an event of the history says, in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeship.cli.output import size
from edgeship.domain.events import Event, EventType


def describe(event: Event) -> str:
    """`latest 1.0.0 → 1.1.0`, `1.1.0 quarantined`, …"""
    old: Mapping[str, Any] = event.old or {}
    new: Mapping[str, Any] = event.new or {}
    match event.type:
        case EventType.POINTER_MOVED:
            return f"{new['channel']} {old.get('version') or '(nothing)'} → {new['version']}"
        case EventType.RELEASE_REGISTERED:
            return f"{new['version']} registered ({new['files']} files, {size(int(new['total_bytes']))})"
        case EventType.RELEASE_REJECTED:
            return f"{new['key']} refused ({new['code']})"
        case EventType.RELEASE_QUARANTINED:
            return f"{new['version']} quarantined"
        case EventType.RELEASE_UNQUARANTINED:
            return f"{new['version']} released from quarantine"
        case EventType.CHANNEL_UNLOCKED:
            return f"{new['channel']} unlocked"
        case EventType.CHANNEL_ROUTED:
            return (
                f"{new['channel']} routed by flag {new['flag']}"
                if new["flag"]
                else f"{new['channel']} routed by no flag"
            )
        case _:
            return event.type.value
