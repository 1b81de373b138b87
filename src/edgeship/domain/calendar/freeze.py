"""A freeze: until a time, nothing of a widget, or of any widget, starts or advances automatically.

- a freeze always ends: at `until` it has no effect any more, without a write
- the freeze of the environment and that of a widget are independent; while either is in effect, the widget is frozen
- a freeze that is in effect can be extended; it ends earlier only when it is lifted
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp

MAX_FREEZE = timedelta(days=180)


@dataclass(frozen=True)
class Freeze:
    """From when and until when (aware), by whom and why."""

    since: datetime
    until: datetime
    actor: str
    cause: str


@dataclass(frozen=True)
class FreezeRecord:
    """The freeze of a widget, or of the environment (`widget` None); `freeze` may have ended, and is None once it was
    lifted. `revision` counts the record's writes; 0 is a record not yet written."""

    widget: str | None
    freeze: Freeze | None = None
    revision: int = 0

    def in_effect(self, now: datetime) -> Freeze | None:
        return self.freeze if self.freeze is not None and now < self.freeze.until else None

    @property
    def subject(self) -> str:
        """What it freezes, for a sentence."""
        return self.widget if self.widget is not None else "every widget"

    @property
    def argument(self) -> str:
        """The same as an argument of a command."""
        return self.widget if self.widget is not None else "--all"


def longest(records: Iterable[FreezeRecord], now: datetime) -> FreezeRecord | None:
    """The record whose freeze is in effect now, and longer than those of the others; None when there is none."""
    found = [(freeze.until, record) for record in records if (freeze := record.in_effect(now)) is not None]
    return max(found, key=lambda each: each[0])[1] if found else None


def frozen_text(record: FreezeRecord) -> str:
    """`every widget is frozen until 2026-12-27 08:00:00 UTC by arn:…/ann: holidays`."""
    freeze = record.freeze
    assert freeze is not None
    return f"{record.subject} is frozen until {utc_text(freeze.until)} by {freeze.actor}: {freeze.cause}"


def utc_text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def freeze_summary(record: FreezeRecord) -> dict[str, Any]:
    """The freeze in events and documents; `widget` is None for that of the environment."""
    freeze = record.freeze
    assert freeze is not None
    return {
        "widget": record.widget,
        "since": timestamp(freeze.since),
        "until": timestamp(freeze.until),
        "actor": freeze.actor,
        "cause": freeze.cause,
    }


def set_freeze(record: FreezeRecord, until: datetime, occasion: Occasion) -> tuple[FreezeRecord, Event]:
    """Freeze until a time, or extend the freeze that is in effect.

    Raises:
        Refused: `until_invalid`, `freeze_unchanged` or `freeze_longer`.
    """
    if not occasion.at < until <= occasion.at + MAX_FREEZE:
        raise Refused(
            "until_invalid",
            f"A freeze can't end at {utc_text(until)}: now it is {utc_text(occasion.at)}.",
            f"Give a time in the future, at most {MAX_FREEZE.days} days from now.",
        )
    held = record.in_effect(occasion.at)
    if held is not None and until < held.until:
        raise Refused(
            "freeze_longer",
            f"{_capital(frozen_text(record))}.",
            f"Give a later time, or lift that freeze first: edgeship unfreeze {record.argument}.",
        )
    if held is not None and (until, occasion.cause) == (held.until, held.cause):
        raise Refused("freeze_unchanged", f"{_capital(frozen_text(record))}.", "There is nothing to do.")
    since = held.since if held is not None else occasion.at
    after = replace(record, freeze=Freeze(since, until, occasion.actor, occasion.cause))
    return after, _event(EventType.FREEZE_SET, record, held, freeze_summary(after), occasion)


def lift_freeze(record: FreezeRecord, occasion: Occasion) -> tuple[FreezeRecord, Event]:
    """End a freeze that is in effect.

    Raises:
        Refused: `not_frozen`.
    """
    held = record.in_effect(occasion.at)
    if held is None:
        own = "has no freeze of its own" if record.widget is not None else "has no common freeze"
        raise Refused(
            "not_frozen",
            f"{_capital(record.subject)} {own} now.",
            "See edgeship status for the freezes that are in effect.",
        )
    return replace(record, freeze=None), _event(EventType.FREEZE_LIFTED, record, held, None, occasion)


def _event(
    kind: EventType, record: FreezeRecord, held: Freeze | None, new: dict[str, Any] | None, occasion: Occasion
) -> Event:
    old = freeze_summary(replace(record, freeze=held)) if held is not None else None
    return Event.of(kind, occasion, record.widget, (record.revision,), old=old, new=new)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text.startswith("every") else text
