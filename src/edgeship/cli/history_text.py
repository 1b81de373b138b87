"""What an event of the history says, in a few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edgeship.cli.output import size
from edgeship.cli.policy_text import changed_fields
from edgeship.domain.events import Event, EventType
from edgeship.domain.health import Check

Summary = Mapping[str, Any]


def _routed(new: Summary) -> str:
    how = f"flag {new['flag']}" if new["flag"] else "no flag"
    return f"{new['channel']} routed by {how}"


def _rollout(did: str) -> Callable[[Summary, Summary], str]:
    """`did` may name the rollout's percentage."""

    def say(_: Summary, new: Summary) -> str:
        rollout = new["rollout"]
        return f"{new['channel']}: rollout to {rollout['candidate']} {did.format(percent=rollout['percent'])}"

    return say


_SAID: Mapping[EventType, Callable[[Summary, Summary], str]] = {
    EventType.POINTER_MOVED: lambda old, new: (
        f"{new['channel']} {old.get('version') or '(nothing)'} → {new['version']}"
    ),
    EventType.RELEASE_REGISTERED: lambda _, new: (
        f"{new['version']} registered ({new['files']} files, {size(int(new['total_bytes']))})"
    ),
    EventType.RELEASE_REJECTED: lambda _, new: f"{new['key']} refused ({new['code']})",
    EventType.RELEASE_QUARANTINED: lambda _, new: f"{new['version']} quarantined",
    EventType.RELEASE_UNQUARANTINED: lambda _, new: f"{new['version']} released from quarantine",
    EventType.RELEASE_UNHEALTHY: lambda _, new: f"{new['channel']}: {new['version']} is ill, and stays live",
    EventType.CHANNEL_UNLOCKED: lambda _, new: f"{new['channel']} unlocked",
    EventType.CHANNEL_ROUTED: lambda _, new: _routed(new),
    EventType.CHANNEL_FROZEN: lambda _, new: f"{new['channel']} frozen: {new['version']} is ill, nothing to go back to",
    EventType.ROLLOUT_STARTED: _rollout("started at {percent:g} %"),
    EventType.ROLLOUT_ADVANCED: _rollout("advanced to {percent:g} %"),
    EventType.ROLLOUT_HELD: _rollout("held at {percent:g} %"),
    EventType.ROLLOUT_PAUSED: _rollout("paused"),
    EventType.ROLLOUT_RESUMED: _rollout("resumed at {percent:g} %"),
    EventType.ROLLOUT_COMPLETED: _rollout("completed"),
    EventType.ROLLOUT_ABORTED: _rollout("aborted"),
    EventType.ROLLBACK_WINDOW_CLOSED: lambda _, new: f"{new['channel']}: rollback window of {new['version']} closed",
    EventType.POLICY_CHANGED: lambda old, new: f"policy changed: {', '.join(changed_fields(old, new))}",
}
"""Every type of event that a widget's history holds; the parameters are its `old` and `new`."""


_CHECKS = {
    Check.ERROR_RATE: ("error rate", "%"),
    Check.LATENCY: ("p95 load latency", "ms"),
    Check.MEMORY: ("p95 memory", "MB"),
    Check.ERROR_RATE_OVER_STABLE: ("error rate over the stable version's by", "points"),
}


def _numbers(measured: Summary) -> str:
    """`error rate 7.5 %, limit 5 %, 240 sessions`; an alarm tells no value, and a verdict may be of no one check."""
    value, limit, sample = (measured.get(name) for name in ("value", "limit", "sample"))
    parts = []
    if measured.get("check"):
        name, unit = _CHECKS[Check(measured["check"])]
        parts.append(f"{name} {_number(value)} {unit}" if value is not None else name)
        if limit is not None:
            parts.append(f"limit {_number(limit)} {unit}")
    if sample is not None:
        parts.append(f"{sample:,} sessions")
    return ", ".join(parts)


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def describe(event: Event) -> str:
    """`latest 1.0.0 → 1.1.0`, `latest: rollout to 1.5.0 started at 1 %`, `1.1.0 quarantined`, …

    Where measurements were behind it, they follow: `(error rate 7.5 %, limit 5 %, 240 sessions)`.
    """
    new: Summary = event.new or {}
    say = _SAID.get(event.type)
    said = say(event.old or {}, new) if say else event.type.value
    numbers = _numbers(new["measured"]) if new.get("measured") else ""
    return f"{said} ({numbers})" if numbers else said
