"""Flags as they are kept and changed; what they answer is in edgeship.domain.flags.

A flag that was deleted leaves an empty record behind: its revision goes on counting, so that a flag made again under
its key never repeats an event.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.flags.records.record_limits import MAX_SHOWN_BYTES, shown, shown_bytes

EVALUATORS_KEY = "$evaluators"
"""The record that holds the shared evaluators; no flag's key may contain `$`."""

SEGMENTS_KEY = "$segments"
"""The record that holds the segments: `{"segments": {name: segment}}`."""

SHARED_KEYS = frozenset({EVALUATORS_KEY, SEGMENTS_KEY})
"""Records that hold no flag, but what flags share."""

Document = Mapping[str, Any]


@dataclass(frozen=True)
class FlagRecord:
    """One flag's document, None once deleted. `revision` counts the record's writes; 0 is one not yet written.

    With a `fault`, what is stored can't be read, and the document is empty. `changed_at` is when it was written, in RFC
    3339; None in records of earlier versions.
    """

    key: str
    document: Document | None = None
    revision: int = 0
    fault: str | None = None
    changed_at: str | None = None


@dataclass(frozen=True)
class FlagChange:
    """What a change does to one flag: `old` None makes it, `new` None deletes it. `affects` are the keys of the flags
    that use a changed segment."""

    key: str
    old: Document | None
    new: Document | None
    affects: tuple[str, ...] = ()


def changes(before: Mapping[str, Document], after: Mapping[str, Document]) -> list[FlagChange]:
    """What turns one set of flags into another, by key; documents that say the same are no change."""
    return [
        FlagChange(key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if not same(before.get(key), after.get(key))
    ]


def same(left: Document | None, right: Document | None) -> bool:
    """Whether two documents say the same, down to the order of the variants, of which the first may count, and that of
    each split.

    Unlike `==`, this distinguishes `true` from `1` and `1` from `1.0`.
    """
    return _text(left) == _text(right)


def _text(document: Document | None) -> str:
    known = document or {}
    return json.dumps([list(known.get("variants") or ()), _split_orders(known.get("rules")), document], sort_keys=True)


def _split_orders(rules: Any) -> list[list[str]]:
    splits = [rule.get("split") for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    return [list(split) for split in splits if isinstance(split, dict)]


def write(record: FlagRecord, change: FlagChange, occasion: Occasion) -> tuple[FlagRecord, Event]:
    """The record after a change, and the change's event."""
    event = Event.of(
        EventType.FLAG_CHANGED,
        occasion,
        None,
        (change.key, record.revision),
        old=_event_document(change.key, change.old),
        new=_event_document(change.key, change.new),
    )
    return replace(record, document=change.new, fault=None, changed_at=event.occurred_at), event


def toggled(key: str, document: Document | None, enabled: bool | None) -> Document:
    """The flag switched on or off, or the other way round when `enabled` is None.

    Raises:
        Refused: `flag_unknown`.
    """
    known = _known(key, document)
    return {**known, "enabled": not known.get("enabled", True) if enabled is None else enabled}


def rolled_out(key: str, document: Document | None, percentage: float, variant: str | None) -> Document:
    """The flag at a percentage, without a schedule: the operator has taken the rollout over.

    Raises:
        Refused: `flag_unknown`, or `variant_missing` when neither the flag nor the caller says what to roll out.
    """
    known = _known(key, document)
    rollout = known.get("rollout") or {}
    chosen = variant or rollout.get("variant") or _only_other_variant(known)
    if chosen is None:
        raise Refused(
            "variant_missing",
            f"Flag {key!r} has several variants and no rollout that names one.",
            f"Name one: --variant {' | '.join(v for v in known['variants'] if v != known.get('default_variant'))}.",
        )
    buckets = {name: rollout[name] for name in ("bucket_by", "seed") if name in rollout}
    return {**known, "rollout": {"variant": chosen, "percentage": percentage, **buckets}}


def _only_other_variant(document: Document) -> str | None:
    other_variants = [variant for variant in document["variants"] if variant != document.get("default_variant")]
    return other_variants[0] if len(other_variants) == 1 else None


def _known(key: str, document: Document | None) -> Document:
    if document is None:
        raise Refused("flag_unknown", f"There is no flag {key!r}.", "See edgeship flags list.")
    if not document.get("variants"):
        raise Refused(
            "flag_unreadable",
            f"What the table holds of flag {key!r} is no flag.",
            f"Apply it again from its file, or delete it: edgeship flags delete {key}.",
        )
    return document


def _event_document(key: str, document: Document | None) -> dict[str, Any] | None:
    """A flag in events. What an event can't carry is named, so that it can still be changed and deleted: rules of an
    earlier version may have accepted it."""
    if document is None:
        return None
    try:
        size = shown_bytes(key, document)
    except (TypeError, ValueError, RecursionError):
        return {"key": key, "left_out": "it holds what JSON has not"}
    if size > MAX_SHOWN_BYTES:
        return {"key": key, "left_out": f"it has {size:,} bytes, and an event takes {MAX_SHOWN_BYTES:,}"}
    return shown(key, document)
