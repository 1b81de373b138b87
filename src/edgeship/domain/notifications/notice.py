"""What people are told of an event, whichever way it is sent to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import Event, EventType
from edgeship.domain.naming import LATEST
from edgeship.domain.notifications.event_text import is_rollback, numbers, words
from edgeship.domain.notifications.rules import Severity, severity_of
from edgeship.domain.plain_text import printable

MAX_MISMATCHES = 10
"""Of a failed deployment; the event has more of them."""
MAX_LENGTH = 500
"""Characters of one text of a notice. Causes quote alarms and uploads, which may be long."""


@dataclass(frozen=True)
class Notice:
    """One event for people: `title` is one line, `facts` are pairs of a label and a text.

    `now` is where the channel that the event is about stands when the notice is made, so that a late notice misleads
    nobody; None for events about no channel. Every text is printable and on one line.
    """

    event: Event
    severity: Severity
    title: str
    facts: tuple[tuple[str, str], ...]
    now: str | None


def channel_of(event: Event) -> tuple[str, str] | None:
    """The widget and channel that an event is about, if it is about one."""
    name = (event.new or {}).get("channel")
    return (event.widget, str(name)) if event.widget is not None and name else None


def notice_of(event: Event, channel: Channel | None) -> Notice:
    """The notice; `channel` is that of `channel_of` as the table holds it now."""
    title = f"{event.widget}: {words(event)}" if event.widget is not None else words(event)
    return Notice(
        event=event,
        severity=severity_of(event),
        title=_line(f"{title} (rollback)" if is_rollback(event) else title),
        facts=tuple((label, _line(text)) for label, text in _facts(event) if text),
        now=_line(standing(channel)) if channel is not None and channel_of(event) is not None else None,
    )


def standing(channel: Channel) -> str:
    """`latest is at 1.4.2 now`, with its lock and the rollout under way."""
    parts = [f"{channel.name} is at {channel.version or 'no version'} now"]
    if channel.lock is not None:
        parts.append("locked")
    if channel.rollout is not None and channel.rollout.active:
        parts.append(
            f"rollout to {channel.rollout.candidate} {channel.rollout.phase.value} at {channel.rollout.percent:g} %"
        )
    return ", ".join(parts)


def _facts(event: Event) -> Iterator[tuple[str, str]]:
    yield "environment", event.environment
    yield "cause", event.cause
    yield "by", event.actor
    yield "at", event.occurred_at
    yield "measured", numbers(event)
    new: Mapping[str, Any] = event.new or {}
    if event.type is EventType.RELEASE_REJECTED:
        yield "reason", new["reason"]
    if event.type is EventType.DEPLOYMENT_FAILED:
        yield from _mismatches(new["mismatches"])
    yield "next", _next(event, new)


def _mismatches(found: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for each in found[:MAX_MISMATCHES]:
        shown = f"{each['where'].replace('_', ' ')}: {each['path']}: {each['kind']}"
        yield "mismatch", f"{shown}: expected {each['expected']}, got {each['got']}"
    if len(found) > MAX_MISMATCHES:
        yield "mismatches", f"and {len(found) - MAX_MISMATCHES} more"


def _next(event: Event, new: Mapping[str, Any]) -> str:
    """What whoever reads it may do, with the command line for it; empty when there is nothing to do."""
    channel = new.get("channel", LATEST)
    where = f"{event.widget}{'' if channel == LATEST else f' --channel {channel}'} --env {event.environment}"
    repaired = f"Publish a fixed version, then: edgeship unlock {where}"
    match event.type:
        case EventType.RELEASE_REJECTED:
            return str(new["remedy"])
        case EventType.ROLLOUT_HELD:
            return f"edgeship rollout advance {where}, or: edgeship rollout abort {where}"
        case EventType.ROLLOUT_PAUSED:
            return f"edgeship rollout resume {where}, or: edgeship rollout abort {where}"
        case EventType.ROLLOUT_ABORTED if new.get("locked"):
            return repaired
        case EventType.POINTER_MOVED if is_rollback(event):
            return repaired
        case EventType.CHANNEL_FROZEN:
            return repaired
        case EventType.RELEASE_UNHEALTHY:
            return f"edgeship rollback {where}"
        case EventType.RELEASE_QUARANTINED:
            released = f"edgeship unquarantine {event.widget} {new['version']} --env {event.environment}"
            return f"Publish a fixed version. If it was no fault of the release: {released}"
        case EventType.DEPLOYMENT_FAILED:
            return f"Fix the cause, then: edgeship propagate {where}"
        case _:
            return ""


def _line(text: str) -> str:
    """At most `MAX_LENGTH` printable characters."""
    shown = printable(text)
    return shown if len(shown) <= MAX_LENGTH else f"{shown[: MAX_LENGTH - 1]}…"
