"""Flags files with a few parts replaced by what files should not have, as text."""

from __future__ import annotations

import copy
import json
import random
from itertools import pairwise
from typing import Any

from tests.support.flags import EVERYTHING, boolean

_FLAGS: list[dict[str, Any]] = [
    {**EVERYTHING, "key": "everything"},
    boolean("plain"),
    boolean("in-a-set", flag_set="shop"),
    boolean("off", enabled=False, off_variant="on"),
    boolean("rolled", rollout={"variant": "on", "percentage": 12.5}, target_users=["ann", "Zoë"]),
    boolean("ruled", rules=[{"if": [{"attribute": "plan", "op": "matches", "values": ["^p.o$"]}], "variant": "on"}]),
    boolean("split", rules=[{"if": [], "split": {"on": 30, "off": 70}}], metadata={"owner": "shop", "tier": 2}),
    boolean(
        "segmented",
        rules=[{"if": [{"segment": "key"}, {"segment": "target_users", "negate": True}], "split": {"on": 1, "off": 1}}],
    ),
    boolean("layered", layer={"name": "shop", "from": 0, "to": 33.33}, rollout={"variant": "on", "percentage": 50}),
    boolean("layered-too", layer={"name": "shop", "from": 33.33, "to": 90, "bucket_by": "targetingKey"}),
    boolean("taken", rules=[{"if": [], "split": {"on": 60, "off": {"percent": 40, "from": "on"}}}]),
    boolean("seeded", rules=[{"if": [], "split": {"on": 1, "off": 1}, "bucket_by": "organization", "seed": "s"}]),
    boolean("seeded-rollout", rollout={"variant": "on", "percentage": 50, "bucket_by": "plan", "seed": "s"}),
    boolean(
        "compared",
        rules=[
            {
                "if": [
                    {"attribute": "plan", "op": "eq_ignore_case", "values": ["PRO"]},
                    {"attribute": "since", "op": "date_after", "values": ["2026-11-01T09:00:00Z"]},
                    {"attribute": "age", "op": "number_gte", "values": ["18"]},
                ],
                "variant": "on",
            }
        ],
    ),
    boolean("logic", targeting={"if": [{"$ref": "staff"}, "on", {"fractional": [["on", 1], ["off", 3]]}]}),
    {"key": "number", "variants": {"low": 1, "high": 2.5}, "default_variant": "low", "public": False},
    {"key": "object", "variants": {"a": {"b": [1, {"c": "d"}]}, "z": {}}, "default_variant": "a"},
]
_EVALUATORS = {"staff": {"ends_with": [{"var": "email"}, "@example.com"]}}

_SEGMENTS = {
    "key": {"conditions": [{"attribute": "plan", "op": "in", "values": ["pro"]}], "description": "paying"},
    "target_users": {"conditions": [{"attribute": "email", "op": "ends_with", "values": ["@example.com"]}]},
}

_LITERALS = [
    "NaN",
    "-Infinity",
    "1e999",
    "1e-999",
    "-0.0",
    "9" * 30,
    "9" * 400,
    "-" + "9" * 5_000,
    "9007199254740993",
    "1e22",
    "5e-324",
    r'"\ud800"',
    r'"\ud83d\ude00"',
    r'"\u0000"',
    '""',
    '"' + "x" * 3_000 + '"',
    '"' + "x" * 120_000 + '"',
    "[" * 40 + "]" * 40,
    "[" * 200 + "]" * 200,
    '{"a":' * 60 + "1" + "}" * 60,
    '{"if":[' * 70 + "1" + "]}" * 70,
    "null",
    "true",
    "[]",
    "{}",
    "0",
    "-1",
    "101",
    '"on"',
    '"2026-11-01T09:00:00Z"',
    '{"a": 1, "a": 2}',
    '{"var": "plan"}',
    '{"$ref": "staff"}',
    '{"a": {"$ref": "nobody"}, "b": 1}',
    '{"cat": ["o", "n"]}',
    '["a", 1, null]',
    '{"on": 1, "off": 0}',
]
_NAMES = ["\ud800", "", "x" * 500, "key", "variants", "targeting", "rules", "__proto__", "a/b~c", "é", "split", "if"]


def mutated(pick: random.Random) -> str:
    """One file; most of them have a fault."""
    flags = copy.deepcopy(pick.sample(_FLAGS, pick.randint(1, 3)))
    for flag, other in pairwise(flags):
        if pick.random() < 0.5:
            flag["requires"] = {other["key"]: next(iter(other["variants"]))}
    document: dict[str, Any] = {"flags": flags, "evaluators": copy.deepcopy(_EVALUATORS)}
    document["segments"] = copy.deepcopy(_SEGMENTS)
    if pick.random() < 0.5:
        document["flags"] = {flag.pop("key"): flag for flag in flags}
    marks: dict[str, str] = {}
    for number in range(pick.choice([0, 1, 1, 1, 2, 3])):
        _mutate(document, pick, f"@{number}@", marks)
    text = json.dumps(document)
    for mark, literal in marks.items():
        text = text.replace(json.dumps(mark), literal)
    return text


def _mutate(document: Any, pick: random.Random, mark: str, marks: dict[str, str]) -> None:
    places = list(_places(document))
    parent, name = pick.choice(places)
    act = pick.random()
    if act < 0.65:
        parent[name] = mark
        marks[mark] = pick.choice(_LITERALS)
    elif act < 0.75:
        del parent[name]
    elif isinstance(parent, dict):
        parent[pick.choice(_NAMES)] = parent[name]
    else:
        parent.append(parent[name])


def _places(value: Any) -> Any:
    if isinstance(value, dict):
        for name in value:
            yield value, name
            yield from _places(value[name])
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value, index
            yield from _places(value[index])
