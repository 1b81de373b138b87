"""An event as one line of text: for the history and for notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from edgeship.domain.calendar.freeze import utc_text
from edgeship.domain.channels.policy_record import changed_fields
from edgeship.domain.events import Event, EventType
from edgeship.domain.health.thresholds import CHECKS, Check
from edgeship.domain.plain_text import number, size
from edgeship.domain.severity import is_of_both, is_rollback

Summary = Mapping[str, Any]


def _routed(new: Summary) -> str:
    how = f"flag {new['flag']}" if new["flag"] else "no flag"
    return f"{new['channel']} routed by {how}"


def _rollout(what: str) -> Callable[[Summary, Summary], str]:
    """`what` may contain `{percent}`, the rollout's percentage."""

    def text(_: Summary, new: Summary) -> str:
        rollout = new["rollout"]
        return f"{new['channel']}: rollout to {rollout['candidate']} {what.format(percent=rollout['percent'])}"

    return text


def _until(freeze: Summary) -> str:
    return utc_text(datetime.fromisoformat(freeze["until"]))


def _flag(old: Summary, new: Summary) -> str:
    if not old or not new:
        return f"flag {(new or old)['key']} {'deleted' if old else 'added'}"
    return f"flag {new['key']} changed: {', '.join(_differing(old, new)) or 'its target users'}"


def _differing(old: Summary, new: Summary) -> list[str]:
    names = [*old, *(name for name in new if name not in old)]
    return [name for name in names if old.get(name) != new.get(name)]


def _unhealthy(new: Summary) -> str:
    if "subject" in new:
        return (
            f"{new['channel']}: the candidate {new['subject']} is {new['health']}, and its rollout goes on (mode watch)"
        )
    return f"{new['channel']}: {new['version']} is unhealthy and stays live"


def _failed(_: Summary, new: Summary) -> str:
    count = len(new["mismatches"])
    found = f"{count} mismatch{'' if count == 1 else 'es'} in {new['checked']} probes"
    return f"{new['channel']}: {new['version']} is not served everywhere, {found}"


def _registered(new: Summary) -> str:
    check = new.get("check") or {}
    text = f"{new['version']} registered ({new['files']} files, {size(int(new['total_bytes']))})"
    if check.get("undeclared_break"):
        return f"{text}; it says {check['declared']}, and breaks what {check['against']} offers"
    return text


_TEXTS: Mapping[EventType, Callable[[Summary, Summary], str]] = {
    EventType.POINTER_MOVED: lambda old, new: (
        f"{new['channel']} {old.get('version') or '(nothing)'} → {new['version']}"
    ),
    EventType.RELEASE_REGISTERED: lambda _, new: _registered(new),
    EventType.RELEASE_REJECTED: lambda _, new: f"{new['key']} refused ({new['code']})",
    EventType.RELEASE_QUARANTINED: lambda _, new: f"{new['version']} quarantined",
    EventType.RELEASE_UNQUARANTINED: lambda _, new: f"{new['version']} released from quarantine",
    EventType.RELEASE_PRUNED: lambda _, new: f"{new['version']} pruned",
    EventType.RELEASE_KEPT: lambda _, new: f"{new['version']} is needed again, and kept",
    EventType.RELEASE_UNHEALTHY: lambda _, new: _unhealthy(new),
    EventType.RELEASE_RECOVERED: lambda _, new: f"{new['channel']}: {new['version']} is healthy again",
    EventType.CHANNEL_UNLOCKED: lambda _, new: f"{new['channel']} unlocked",
    EventType.CHANNEL_ROUTED: lambda _, new: _routed(new),
    EventType.CHANNEL_FROZEN: lambda _, new: (
        f"{new['channel']} frozen: {new['version']} is unhealthy, with no good version to roll back to"
    ),
    EventType.ROLLOUT_STARTED: _rollout("started at {percent:g} %"),
    EventType.ROLLOUT_ADVANCED: _rollout("advanced to {percent:g} %"),
    EventType.ROLLOUT_HELD: _rollout("held at {percent:g} %"),
    EventType.ROLLOUT_PAUSED: _rollout("paused"),
    EventType.ROLLOUT_RESUMED: _rollout("resumed at {percent:g} %"),
    EventType.ROLLOUT_COMPLETED: _rollout("completed"),
    EventType.ROLLOUT_ABORTED: _rollout("aborted"),
    EventType.ROLLOUT_CANCELLED: _rollout("cancelled"),
    EventType.ROLLBACK_WINDOW_CLOSED: lambda _, new: f"{new['channel']}: rollback window of {new['version']} closed",
    EventType.POLICY_CHANGED: lambda old, new: (
        f"policy changed: {', '.join(changed_fields(old, new)) or 'other testers'}"
    ),
    EventType.FREEZE_SET: lambda _, new: (
        f"{'frozen' if new['widget'] else 'every widget is frozen'} until {_until(new)}"
    ),
    EventType.FREEZE_LIFTED: lambda old, _: f"freeze {'lifted' if old['widget'] else 'of every widget lifted'}",
    EventType.ENVIRONMENT_CHANGED: lambda old, new: (
        f"{new['name']} {old['version'] or '(not set)'} → {new['version'] or '(not set)'}"
    ),
    EventType.FLAG_CHANGED: _flag,
    EventType.DEPLOYMENT_REQUESTED: lambda _, new: f"{new['channel']}: {new['version']} is brought to the CDNs again",
    EventType.DEPLOYMENT_VERIFIED: lambda _, new: f"{new['channel']}: {new['version']} is served everywhere",
    EventType.DEPLOYMENT_FAILED: _failed,
    EventType.PREVIEW_PUBLISHED: lambda _, new: f"preview {new['preview']} published, until {_until(new)}",
    EventType.PREVIEW_EXPIRED: lambda old, _: f"preview {old['preview']} expired",
    EventType.PREVIEW_REMOVED: lambda old, _: f"preview {old['preview']} removed",
    EventType.IDENTITY_ADDED: lambda _, new: (
        f"identity {new['name']} added: its signature publishes {', '.join(new['widgets'])}"
    ),
    EventType.IDENTITY_REMOVED: lambda old, _: (
        f"identity {old['name']} removed: its signature no longer publishes {', '.join(old['widgets'])}"
    ),
    EventType.NOTIFICATIONS_CHANGED: lambda old, new: (
        f"notifications changed: {', '.join(_differing(old, new)) or 'order'}"
    ),
    EventType.NOTIFICATION_TESTED: lambda _, new: f"test of the notifications to {', '.join(new['destinations'])}",
}
"""By type of event; the parameters are its `old` and `new`."""


def words(event: Event) -> str:
    """`latest 1.0.0 → 1.1.0`, `latest: rollout to 1.5.0 started at 1 %`, `1.1.0 quarantined`, …"""
    text = _TEXTS[event.type](event.old or {}, event.new or {})
    return f"{text}: {(event.new or {})['version']} is unhealthy, too" if is_of_both(event) else text


def numbers(event: Event) -> str:
    """The numbers of its analysis: `error rate 7.5 %, limit 5 %, 240 sessions`; empty when it has none.

    An alarm has no value, and an analysis may have no check.
    """
    analysis: Summary = (event.new or {}).get("analysis") or {}
    value, limit, sample = (analysis.get(name) for name in ("value", "limit", "sample"))
    parts = []
    if analysis.get("check"):
        name, unit = CHECKS[Check(analysis["check"])]
        parts.append(f"{name} {number(value)} {unit}".strip() if value is not None else name)
        if limit is not None:
            parts.append(f"limit {number(limit)} {unit}".strip())
    if sample is not None:
        parts.append(f"{sample:,} sessions")
    return ", ".join(parts)


def override(event: Event) -> str:
    """The freeze that an operator overrode: `override of the freeze until 2026-12-27 08:00:00 UTC`; empty for none."""
    frozen: Summary = (event.new or {}).get("override") or {}
    if not frozen:
        return ""
    whose = "freeze" if frozen["widget"] else "freeze of every widget"
    return f"override of the {whose} until {_until(frozen)}"


def describe(event: Event) -> str:
    """The words, then whether it was a rollback or an override, and the numbers of the analysis: `latest 1.5.0 → 1.4.2
    (rollback; error rate 7.5 %, limit 5 %, 240 sessions)`."""
    notes = [note for note in ("rollback" if is_rollback(event) else "", override(event), numbers(event)) if note]
    return f"{words(event)} ({'; '.join(notes)})" if notes else words(event)
