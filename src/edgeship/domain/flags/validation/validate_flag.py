"""The faults of one flag's document."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from edgeship.domain.bucketing import hundredths
from edgeship.domain.flags.instants import epoch_seconds
from edgeship.domain.flags.records.type_change import KINDS
from edgeship.domain.flags.validation.validate_layers import layer_problems
from edgeship.domain.flags.validation.validate_logic import logic_problems
from edgeship.domain.flags.validation.validate_rules import rules_problems
from edgeship.domain.flags.validation.validate_segments import expanded_size_problems
from edgeship.domain.flags.validation.validate_size import size_problems
from edgeship.domain.flags.validation.validate_split import buckets_problems
from edgeship.domain.json_pointer import under

Problem = tuple[str, str]

KEY = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""Clients put a key into a URL as it is; and `.` and `..`, which also match, are no segments of a URL's path."""

FIELDS = (
    "key",
    "description",
    "enabled",
    "public",
    "flag_set",
    "variants",
    "default_variant",
    "off_variant",
    "environments",
    "starts_at",
    "ends_at",
    "requires",
    "layer",
    "target_users",
    "target_variant",
    "rules",
    "targeting",
    "rollout",
    "metadata",
)
MAX_REQUIRES = 20
"""Flags that one flag requires."""
MAX_DEPTH = 50
"""Levels of objects and lists inside a variant."""


def flag_problems(place: str, flag: object, evaluators: dict[str, Any], segments: dict[str, Any]) -> Iterator[Problem]:
    """Every problem of a flag at `place`, a JSON pointer; `evaluators` and `segments` are those of its file."""
    if not isinstance(flag, dict):
        yield place, "a flag is an object"
        return
    for field in flag:
        if field not in FIELDS:
            yield under(place, field), f"unknown field; known are {', '.join(FIELDS)}"
    key = flag.get("key")
    if not isinstance(key, str) or not KEY.fullmatch(key) or key in (".", ".."):
        yield under(place, "key"), "a key is 1 to 128 letters, digits, '.', '_' and '-', and not '.' or '..'"
    for field in ("enabled", "public"):
        if not isinstance(flag.get(field, True), bool):
            yield under(place, field), "is neither true nor false"
    if not isinstance(flag.get("description", ""), str):
        yield under(place, "description"), "is not a string"
    yield from _flag_set(place, flag.get("flag_set"))
    yield from _variants(place, flag)
    variants = flag["variants"] if isinstance(flag.get("variants"), dict) else {}
    for field in ("environments", "target_users"):
        yield from _names(under(place, field), flag.get(field, []))
    yield from _dates(place, flag)
    yield from _requires(under(place, "requires"), flag.get("requires", {}))
    yield from layer_problems(under(place, "layer"), flag.get("layer"))
    yield from _target_variant(place, flag, variants)
    yield from rules_problems(under(place, "rules"), flag.get("rules", []), variants, segments)
    yield from expanded_size_problems(under(place, "rules"), flag, segments)
    if flag.get("targeting") is not None and not isinstance(flag["targeting"], dict):
        yield under(place, "targeting"), "is not an object of JsonLogic"
    else:
        yield from logic_problems(under(place, "targeting"), flag.get("targeting"), evaluators)
    yield from _rollout(under(place, "rollout"), flag.get("rollout"), variants)
    yield from _metadata(under(place, "metadata"), flag.get("metadata", {}))
    yield from size_problems(place, str(key), flag)


def _flag_set(place: str, name: object) -> Iterator[Problem]:
    if name is not None and (not isinstance(name, str) or not KEY.fullmatch(name) or name in (".", "..")):
        yield under(place, "flag_set"), "is not 1 to 128 letters, digits, '.', '_' and '-'"


def _variants(place: str, flag: dict[str, Any]) -> Iterator[Problem]:
    at = under(place, "variants")
    variants = flag.get("variants")
    if not isinstance(variants, dict) or not variants:
        yield at, "is not an object with at least one variant"
        return
    kinds = {}
    for name, value in variants.items():
        if not name:
            yield at, "a variant's name is empty"
        kinds[name] = KINDS.get(type(value))
        if kinds[name] is None:
            yield under(at, name), "a value is a boolean, a string, a number or an object"
        elif not _shallow(value):
            yield under(at, name), f"its objects are at most {MAX_DEPTH} deep"
    known = {kind for kind in kinds.values() if kind is not None}
    if len(known) > 1:
        yield (
            at,
            "all variants have one type; these are " + ", ".join(f"{name}: {kind}" for name, kind in kinds.items()),
        )
    # Null is the default in the client's code.
    for field in ("default_variant", "off_variant"):
        if flag.get(field) is not None or (field == "default_variant" and field not in flag):
            yield from named_variant(under(place, field), flag.get(field), variants)


def named_variant(place: str, name: object, variants: dict[str, Any]) -> Iterator[Problem]:
    """The problem of a name that is none of the variants'."""
    if not isinstance(name, str):
        yield place, "is missing" if name is None else "is not a variant's name"
    elif name not in variants:
        yield place, f"{name!r:.80} is not one of the variants"


def _shallow(value: Any, depth: int = 0) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth < MAX_DEPTH and all(_shallow(part, depth + 1) for part in inner)


def _names(place: str, names: object) -> Iterator[Problem]:
    if not isinstance(names, list):
        yield place, "is not a list"
        return
    for index, name in enumerate(names):
        if not isinstance(name, str) or not name:
            yield under(place, index), "is not a string with something in it"


def _dates(place: str, flag: dict[str, Any]) -> Iterator[Problem]:
    instants = {}
    for field in ("starts_at", "ends_at"):
        if flag.get(field) is not None:
            instants[field] = read_instant(flag[field])
            if instants[field] is None:
                yield under(place, field), NOT_AN_INSTANT
    start, end = instants.get("starts_at"), instants.get("ends_at")
    if start is not None and end is not None and end <= start:
        yield under(place, "ends_at"), "is not after starts_at"


NOT_AN_INSTANT = "is not a date and time with a zone, such as 2026-11-01T09:00:00Z"


def read_instant(text: object) -> float | None:
    """Epoch seconds, None when it is no instant."""
    try:
        return epoch_seconds(text) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None


def _requires(place: str, requires: object) -> Iterator[Problem]:
    if not isinstance(requires, dict):
        yield place, "is not an object of flags and the variant that each has to answer"
        return
    if len(requires) > MAX_REQUIRES:
        yield place, f"has more than {MAX_REQUIRES} flags"
    for key, variant in requires.items():
        if not isinstance(variant, str) or not variant:
            yield under(place, key), "is not a variant's name"


def _target_variant(place: str, flag: dict[str, Any], variants: dict[str, Any]) -> Iterator[Problem]:
    if flag.get("target_variant") is not None:
        yield from named_variant(under(place, "target_variant"), flag["target_variant"], variants)
    elif flag.get("target_users") and not flag.get("rollout") and len(variants) == 1:
        yield under(place, "target_users"), "have no variant to get but the default one"


def _rollout(place: str, rollout: object, variants: dict[str, Any]) -> Iterator[Problem]:
    if rollout is None:
        return
    if not isinstance(rollout, dict):
        yield place, "is not an object"
        return
    for field in rollout:
        if field not in ("variant", "percentage", "schedule", "bucket_by", "seed"):
            yield under(place, field), "unknown field; known are variant, percentage, schedule, bucket_by, seed"
    yield from buckets_problems(place, rollout)
    yield from named_variant(under(place, "variant"), rollout.get("variant"), variants)
    if "percentage" not in rollout and not rollout.get("schedule"):
        yield under(place, "percentage"), "is missing"
    yield from _percentage(under(place, "percentage"), rollout.get("percentage", 0))
    yield from _schedule(under(place, "schedule"), rollout.get("schedule", []))


def _schedule(place: str, schedule: object) -> Iterator[Problem]:
    if not isinstance(schedule, list):
        yield place, "is not a list"
        return
    before = -math.inf
    for index, step in enumerate(schedule):
        at = under(place, index)
        if not isinstance(step, dict) or set(step) != {"at", "percentage"}:
            yield at, "a step is an object with 'at' and 'percentage'"
            continue
        yield from _percentage(under(at, "percentage"), step["percentage"])
        instant = read_instant(step["at"])
        if instant is None:
            yield under(at, "at"), NOT_AN_INSTANT
        elif instant <= before:
            yield under(at, "at"), "is not after the step before it"
        before = before if instant is None else instant


def _percentage(place: str, percentage: Any) -> Iterator[Problem]:
    try:
        hundredths(percentage)
    except ValueError as fault:
        yield place, str(fault)


def _metadata(place: str, metadata: object) -> Iterator[Problem]:
    if not isinstance(metadata, dict):
        yield place, "is not an object"
        return
    for name, value in metadata.items():
        if type(value) not in (bool, str, int, float):
            yield under(place, name), "metadata are booleans, strings and numbers"
