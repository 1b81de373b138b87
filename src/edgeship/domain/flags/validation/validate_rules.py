"""The faults of a flag's rules and their conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeship.domain.flags.evaluation.comparisons import read_date, read_number
from edgeship.domain.flags.evaluation.conditions import DATES, NEGATED, NUMBERS, NUMBERS_IN_TEXT, OPS, SEMVER, STRINGS
from edgeship.domain.flags.patterns.parse_pattern import PatternRefused, parse_pattern
from edgeship.domain.flags.semver import parse as parse_semver
from edgeship.domain.flags.validation.validate_split import buckets_problems, split_problems
from edgeship.domain.json_pointer import under

Problem = tuple[str, str]

MAX_RULES = 100


def rules_problems(place: str, rules: object, variants: dict[str, Any], segments: dict[str, Any]) -> Iterator[Problem]:
    """Every problem of the rules at `place`, a JSON pointer; `variants` are those of their flag, and `segments` those
    of its file."""
    if not isinstance(rules, list):
        yield place, "is not a list"
        return
    if len(rules) > MAX_RULES:
        yield place, f"has more than {MAX_RULES} rules"
    for index, rule in enumerate(rules):
        at = under(place, index)
        if not isinstance(rule, dict):
            yield at, "a rule is an object with 'if' and either 'variant' or 'split'"
            continue
        yield from _rule(at, rule, variants, segments)


def _rule(place: str, rule: dict[str, Any], variants: dict[str, Any], segments: dict[str, Any]) -> Iterator[Problem]:
    for field in rule:
        if field not in ("if", "variant", "split", "bucket_by", "seed"):
            yield under(place, field), "unknown field; known are if, variant, split, bucket_by, seed"
    if ("variant" in rule) == ("split" in rule):
        yield place, "a rule has either 'variant' or 'split'"
    if "variant" in rule and (not isinstance(rule["variant"], str) or rule["variant"] not in variants):
        yield under(place, "variant"), f"{rule['variant']!r:.80} is not one of the variants"
    if "split" in rule:
        yield from split_problems(under(place, "split"), rule["split"], variants)
    yield from buckets_problems(place, rule)
    for field in ("bucket_by", "seed"):
        if field in rule and "split" not in rule:
            yield under(place, field), "is of a 'split', and this rule has none"
    conditions = rule.get("if")
    if not isinstance(conditions, list):
        yield under(place, "if"), "is not a list of conditions; an empty one holds for everybody"
        return
    for index, condition in enumerate(conditions):
        yield from condition_problems(under(under(place, "if"), index), condition, segments)


def condition_problems(place: str, condition: object, segments: dict[str, Any]) -> Iterator[Problem]:
    """Every problem of the condition at `place`, which may name one of `segments`."""
    if not isinstance(condition, dict):
        yield place, "a condition is an object with 'attribute', 'op' and 'values', or with 'segment'"
        return
    if "segment" in condition:
        yield from _segment(place, condition, segments)
        return
    for field in condition:
        if field not in ("attribute", "op", "values"):
            yield under(place, field), "unknown field; known are attribute, op, values"
    attribute, op = condition.get("attribute"), condition.get("op")
    if not isinstance(attribute, str) or not attribute:
        yield under(place, "attribute"), "is not an attribute's name"
    if op not in OPS:
        yield under(place, "op"), f"{op!r:.40} is not one of {', '.join(OPS)}"
        return
    yield from _values(under(place, "values"), str(op), condition.get("values"))


def _segment(place: str, condition: dict[str, Any], segments: dict[str, Any]) -> Iterator[Problem]:
    for field in condition:
        if field not in ("segment", "negate"):
            yield under(place, field), "unknown field; beside segment, there is negate"
    name = condition["segment"]
    if not isinstance(name, str) or name not in segments:
        yield under(place, "segment"), f"there is no segment {name!r:.80}"
    if not isinstance(condition.get("negate", False), bool):
        yield under(place, "negate"), "is neither true nor false"


def _values(place: str, op: str, values: object) -> Iterator[Problem]:
    if op == "exists":
        if values not in (None, [], [True], [False]):
            yield place, "of exists are left out, [true] or [false]"
        return
    if not isinstance(values, list) or not values:
        yield place, "is not a list with at least one value"
        return
    for index, value in enumerate(values):
        problem = _value_problem(op, value)
        if problem:
            yield under(place, index), problem


def _value_problem(op: str, value: object) -> str | None:
    if op in NUMBERS:
        return None if type(value) in (int, float) else f"{op} compares with a number"
    if op in SEMVER or op == "semver_ne":
        return None if isinstance(value, str) and parse_semver(value) else f"{op} compares with a version such as 1.4.2"
    if op in DATES:
        good = read_date(value) is not None
        return None if good else f"{op} compares with a date and time with a zone, such as 2026-11-01T09:00:00Z"
    if NEGATED.get(op, op) in NUMBERS_IN_TEXT:
        return None if read_number(value) is not None else f"{op} compares with a number"
    if op.endswith("_ignore_case") and not isinstance(value, str):
        return f"{op} compares with a string"
    if op in STRINGS and not isinstance(value, str):
        return f"{op} compares with a string"
    if op == "matches":
        try:
            parse_pattern(str(value))
        except PatternRefused as refused:
            return f"the pattern is not taken: {refused}"
    return None if type(value) in (str, int, float, bool) else "a value is a string, a number or a boolean"
