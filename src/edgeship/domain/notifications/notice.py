"""A notice: what people read of an event, whatever the destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import Event, EventType
from edgeship.domain.naming import LATEST
from edgeship.domain.notifications.event_text import numbers, override, words
from edgeship.domain.plain_text import printable
from edgeship.domain.severity import Severity, is_rollback, severity_of

MAX_MISMATCHES = 10
"""Of a failed deployment, in a notice; the event has all that are kept."""
MAX_LENGTH = 500
"""Characters of one text of a notice: causes quote alarms and uploads, which may be long."""


@dataclass(frozen=True)
class Notice:
    """One event for people: `title` is one line, `facts` are pairs of a label and a text.

    `now` is the state of the event's channel when the notice is made, so that a late notice misleads nobody; None for
    events about no channel. Every text is printable and on one line.
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
    """The notice; `channel` is the channel of `channel_of`, as the table has it now."""
    title = f"{event.widget}: {words(event)}" if event.widget is not None else words(event)
    return Notice(
        event=event,
        severity=severity_of(event),
        title=_line(f"{title} (rollback)" if is_rollback(event) else title),
        facts=tuple((label, _line(text)) for label, text in _facts(event) if text),
        now=_line(state_of(channel)) if channel is not None and channel_of(event) is not None else None,
    )


def state_of(channel: Channel) -> str:
    """`latest is at 1.4.2 now`, with its lock and its running rollout."""
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
    yield "analysis", numbers(event)
    yield "override", override(event)
    new: Mapping[str, Any] = event.new or {}
    if event.type is EventType.RELEASE_REJECTED:
        yield "reason", new["reason"]
    if event.type is EventType.DEPLOYMENT_FAILED:
        yield from _mismatches(new["mismatches"])
    if event.type is EventType.FREEZE_SET:
        yield "next", f"To end it earlier: edgeship unfreeze {event.widget or '--all'} --env {event.environment}"
    yield "next", _next(event, new)


def _mismatches(found: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for each in found[:MAX_MISMATCHES]:
        shown = f"{each['where'].replace('_', ' ')}: {each['path']}: {each['kind']}"
        yield "mismatch", f"{shown}: expected {each['expected']}, got {each['got']}"
    if len(found) > MAX_MISMATCHES:
        yield "mismatches", f"and {len(found) - MAX_MISMATCHES} more"


def _next(event: Event, new: Mapping[str, Any]) -> str:
    """What the reader may do, with the command; empty when there is nothing to do."""
    channel = new.get("channel", LATEST)
    where = f"{event.widget}{'' if channel == LATEST else f' --channel {channel}'} --env {event.environment}"
    fix = f"Publish a fixed version, then: edgeship unlock {where}"
    match event.type:
        case EventType.RELEASE_REJECTED:
            return str(new["remedy"])
        case EventType.ROLLOUT_HELD:
            return f"edgeship rollout advance {where}, or: edgeship rollout abort {where}"
        case EventType.ROLLOUT_PAUSED:
            return f"edgeship rollout resume {where}, or: edgeship rollout abort {where}"
        case EventType.ROLLOUT_ABORTED if new.get("locked"):
            return fix
        case EventType.POINTER_MOVED if is_rollback(event):
            return fix
        case EventType.CHANNEL_FROZEN:
            return fix
        case EventType.RELEASE_UNHEALTHY:
            return f"edgeship rollback {where}"
        case EventType.RELEASE_QUARANTINED:
            unquarantine = f"edgeship unquarantine {event.widget} {new['version']} --env {event.environment}"
            return f"Publish a fixed version. If the release was not the cause: {unquarantine}"
        case EventType.DEPLOYMENT_FAILED:
            return f"Fix the cause, then: edgeship propagate {where}"
        case _:
            return ""


def _line(text: str) -> str:
    """At most `MAX_LENGTH` printable characters."""
    shown = printable(text)
    return shown if len(shown) <= MAX_LENGTH else f"{shown[: MAX_LENGTH - 1]}…"
