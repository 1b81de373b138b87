"""How many users a changed flag gives another variant, for people who apply it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.bucketing import BUCKETS, hundredths, share_ends
from edgeship.domain.flags.splits.positions import by_position

Document = Mapping[str, Any]

_SIDES = {"inside": True, "outside": False}
"""Of a layer's range."""


@dataclass(frozen=True)
class Move:
    """Of the users who come to the step at `place`, a JSON pointer in the new flag, `percent` get another variant. At
    `/layer` they come into the flag's range, or leave it: what they get there, the other steps say."""

    place: str
    percent: float


@dataclass(frozen=True)
class _Step:
    """`shares` are variants with the ends of their ranges; two steps with one `salt` have the same buckets."""

    salt: tuple[object, ...]
    shares: list[tuple[int, str | None]]


def moves(key: str, old: Document, new: Document) -> list[Move]:
    """The steps of a changed flag where users get another variant: rules with the same conditions, and a rollout
    without a schedule; and the range of its layer. A variant whose name alone or value alone changed is no other one.
    """
    try:
        return list(_moves(key, old, new))
    # An old record may hold anything: no validator of this version has seen it.
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return []


def _moves(key: str, old: Document, new: Document) -> Iterator[Move]:
    was = _steps(key, old)
    for place, (name, step) in _steps(key, new).items():
        same = [place] if was.get(place, ("",))[0] == name else [at for at, (known, _) in was.items() if known == name]
        moved = _moved(was[same[0]][1], step, old["variants"], new["variants"]) if same else 0
        if moved:
            yield Move(place, round(moved * 100 / BUCKETS, 2))
    moved = _moved(_range(old), _range(new), _SIDES, _SIDES)
    if moved:
        yield Move("/layer", round(moved * 100 / BUCKETS, 2))


def _range(flag: Document) -> _Step:
    """Who is in a flag's range: without a layer, everybody."""
    layer = flag.get("layer")
    if not layer:
        return _Step((), [(BUCKETS, "inside")])
    start, end = hundredths(layer["from"]), hundredths(layer["to"])
    salt = (layer.get("bucket_by") or "targetingKey", layer["name"])
    return _Step(salt, [(start, "outside"), (end, "inside"), (BUCKETS, "outside")])


def _steps(key: str, flag: Document) -> dict[str, tuple[str, _Step]]:
    """By place; the text says which steps of two flags are the same one."""
    found = {
        f"/rules/{index}": (json.dumps(rule["if"], sort_keys=True), _Step(_salt(key, rule), _shares(rule)))
        for index, rule in enumerate(flag.get("rules") or ())
    }
    plan = flag.get("rollout")
    if plan and not plan.get("schedule"):
        inside = hundredths(plan.get("percentage", 0))
        shares = [(inside, plan["variant"]), (BUCKETS, flag["default_variant"])]
        found["/rollout"] = "rollout", _Step(_salt(key, plan), shares)
    return found


def _salt(key: str, part: Mapping[str, Any]) -> tuple[object, object]:
    return part.get("bucket_by") or "targetingKey", part.get("seed") or key


def _shares(rule: Mapping[str, Any]) -> list[tuple[int, str | None]]:
    if "split" not in rule:
        return [(BUCKETS, rule["variant"])]
    weights = by_position(rule["split"])
    return list(zip(share_ends(weight for _, weight in weights), (variant for variant, _ in weights), strict=True))


def _moved(old: _Step, new: _Step, old_values: Mapping[str, Any], new_values: Mapping[str, Any]) -> float:
    """In buckets. Of other buckets, each range of one step has its part in each range of the other."""
    moved = 0.0
    for start, end, before in _ranges(old):
        for first, last, after in _ranges(new):
            if old.salt == new.salt:
                size: float = max(0, min(end, last) - max(start, first))
            else:
                size = (end - start) * (last - first) / BUCKETS
            if before != after and not _same_value(old_values.get(before), new_values.get(after)):
                moved += size
    return moved


def _ranges(step: _Step) -> Iterator[tuple[int, int, Any]]:
    start = 0
    for end, variant in step.shares:
        yield start, end, variant
        start = end


def _same_value(left: Any, right: Any) -> bool:
    return left is not None and json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
