"""The faults of segments, and of how much of them a flag uses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from edgeship.domain.flags.records.flag_record import SEGMENTS_KEY
from edgeship.domain.flags.segments import segments_in
from edgeship.domain.flags.validation.validate_rules import condition_problems
from edgeship.domain.flags.validation.validate_size import size_problems
from edgeship.domain.json_pointer import under

Problem = tuple[str, str]

MAX_CONDITIONS = 100
MAX_USED_BYTES = 100_000
"""JSON of the segments in the rules of one flag, each as often as it is used: the edge gets it in their place."""


def segments_problems(place: str, segments: object) -> Iterator[Problem]:
    """Every problem of `{name: {"description", "conditions"}}` at `place`, a JSON pointer."""
    if not isinstance(segments, dict):
        yield place, "is not an object"
        return
    yield from size_problems(place, SEGMENTS_KEY, {"segments": segments})
    for name, segment in segments.items():
        at = under(place, name)
        if not name:
            yield place, "a segment's name is empty"
        if not isinstance(segment, dict):
            yield at, "a segment is an object with 'conditions'"
            continue
        for field in segment:
            if field not in ("description", "conditions"):
                yield under(at, field), "unknown field; known are description, conditions"
        if not isinstance(segment.get("description", ""), str):
            yield under(at, "description"), "is not a string"
        yield from _conditions(under(at, "conditions"), segment.get("conditions"))


def _conditions(place: str, conditions: object) -> Iterator[Problem]:
    if not isinstance(conditions, list) or not conditions:
        yield place, "is not a list with at least one condition"
        return
    if len(conditions) > MAX_CONDITIONS:
        yield place, f"has more than {MAX_CONDITIONS} conditions"
    for index, condition in enumerate(conditions):
        if isinstance(condition, dict) and "segment" in condition:
            yield under(place, index), "a segment can't refer to another one"
        else:
            yield from condition_problems(under(place, index), condition, {})


def expanded_size_problems(place: str, flag: Mapping[str, Any], segments: Mapping[str, Any]) -> Iterator[Problem]:
    """At most one: the rules at `place` use more of the segments than the edge is given."""
    sizes: dict[str, int] = {}
    total = 0
    for name in segments_in(flag):
        if name not in sizes:
            sizes[name] = len(json.dumps(segments.get(name)))
        total += sizes[name]
    if total > MAX_USED_BYTES:
        yield place, f"use segments of {total:,} bytes as JSON; a flag takes {MAX_USED_BYTES:,}"
