"""Changes of flags, as text and as a document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from edgeship.domain.flags.records.flag_record import EVALUATORS_KEY, SEGMENTS_KEY, FlagChange
from edgeship.domain.flags.records.type_change import type_change
from edgeship.domain.flags.splits.moves import Move, moves

_WIDTH = 100


def change_lines(changes: Sequence[FlagChange]) -> list[str]:
    """A line a flag, and under a changed one a line a field: `rollout: {"percentage": 5} → {"percentage": 25}`."""
    shown = []
    for change in changes:
        sign, verb = _verb(change)
        shown.append(f"{sign} {_name(change.key)} {verb}")
        if change.old is not None and change.new is not None:
            shown += [f"    {field}: {_value(old)} → {_value(new)}" for field, old, new in _fields(change)]
            shown += _type_warning(change)
        if change.affects:
            shown.append(f"    flags that use what changes: {', '.join(change.affects)}")
        if change.old is not None and change.new is not None:
            shown += [f"    {move.percent:g} % of the users of {_step(move)}" for move in _moves(change)]
    return shown


def change_document(changes: Sequence[FlagChange]) -> list[dict[str, Any]]:
    """The changes under `--json`."""
    return [
        {
            "key": change.key,
            "change": _verb(change)[1],
            "fields": {field: {"old": old, "new": new} for field, old, new in _fields(change)},
            "type_change": dict(zip(("old", "new"), types, strict=True)) if (types := type_change(change)) else None,
            "affects": list(change.affects),
            "moves": [{"place": move.place, "percent": move.percent} for move in _moves(change)],
        }
        for change in changes
    ]


def _fields(change: FlagChange) -> list[tuple[str, Any, Any]]:
    old, new = change.old or {}, change.new or {}
    if change.key == SEGMENTS_KEY:
        old, new = old.get("segments", {}), new.get("segments", {})
    names = [*old, *(name for name in new if name not in old)]
    found = [(name, old.get(name), new.get(name)) for name in names if name != "key" or change.key == SEGMENTS_KEY]
    return [(name, a, b) for name, a, b in found if json.dumps(a) != json.dumps(b)]


def _type_warning(change: FlagChange) -> list[str]:
    types = type_change(change)
    if types is None:
        return []
    old, new = types
    return [f"    warning: its type changes from {old} to {new}; code that asks for a {old} gets its own default"]


def _moves(change: FlagChange) -> list[Move]:
    return moves(change.key, change.old, change.new) if change.old is not None and change.new is not None else []


def _step(move: Move) -> str:
    kind, _, index = move.place[1:].partition("/")
    if kind == "layer":
        return "the layer come into the flag's range, or leave it"
    return f"rule {int(index) + 1} change variant" if kind == "rules" else f"the {kind} change variant"


def _verb(change: FlagChange) -> tuple[str, str]:
    if change.old is None:
        return "+", "added"
    return ("-", "deleted") if change.new is None else ("~", "changed")


def _name(key: str) -> str:
    return {EVALUATORS_KEY: "the shared evaluators", SEGMENTS_KEY: "the segments"}.get(key, key)


def _value(value: Any) -> str:
    if value is None:
        return "(none)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
