"""Segments: named lists of conditions, which rules of many flags use.

A rule's condition `{"segment": name}` holds where all conditions of the segment do; with `"negate": true`, where one
does not. The edge gets the conditions in its place: what a flag costs there is what its entry holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.records.flag_record import SEGMENTS_KEY, SHARED_KEYS, Document, FlagChange


def segments_of(documents: Mapping[str, Document]) -> Mapping[str, Any]:
    """The segments by name, of all records; none, if that record is malformed."""
    found = documents.get(SEGMENTS_KEY, {}).get("segments")
    return found if isinstance(found, Mapping) else {}


def is_segment(condition: object) -> bool:
    """Whether a rule's condition names a segment."""
    return isinstance(condition, dict) and "segment" in condition


def expanded(conditions: Sequence[Any], segments: Mapping[str, Any]) -> list[Any]:
    """A rule's conditions with those of its segments; the negation of a segment is `{"not": conditions}`, which earlier
    versions of the edge function refuse.

    Raises:
        Malformed: a segment isn't there.
    """
    found: list[Any] = []
    for condition in conditions:
        if not is_segment(condition):
            found.append(condition)
            continue
        name = condition["segment"]
        if name not in segments:
            raise Malformed(f"there is no segment {name!r:.80}")
        inner = segments[name]["conditions"]
        found += [{"not": inner}] if condition.get("negate") else inner
    return found


def segments_in(document: Document) -> list[str]:
    """The names of the segments in a flag's rules, as often as they are used; the document may hold anything."""
    rules = document.get("rules")
    return [
        condition["segment"]
        for rule in (rules if isinstance(rules, list) else ())
        for condition in (_list(rule.get("if")) if isinstance(rule, dict) else ())
        if is_segment(condition) and isinstance(condition["segment"], str)
    ]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def with_affected(
    changes: list[FlagChange], before: Mapping[str, Document], after: Mapping[str, Document]
) -> list[FlagChange]:
    """The changes; that of the segments has the flags that use one that is not the same as before."""
    old, new = segments_of(before), segments_of(after)
    changed = {name for name in old.keys() | new.keys() if json.dumps(old.get(name)) != json.dumps(new.get(name))}
    using = sorted(
        key
        for key, document in after.items()
        if key not in SHARED_KEYS and not changed.isdisjoint(segments_in(document))
    )
    return [replace(change, affects=tuple(using)) if change.key == SEGMENTS_KEY else change for change in changes]
