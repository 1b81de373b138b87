"""The conditions of a rule: `{"attribute", "op", "values"}`, compiled to a predicate on the context.

- the attribute is the context's field of that name; failing that, `a.b` is the field `b` of the object `a`
- a missing attribute, or null, meets no condition but `exists` with `[false]`; so `not_in` and `ne` don't hold either
- the values are alternatives: `starts_with ["a", "b"]` holds for either. `not_in` and `ne` are the opposites of
  `in` and `eq`, `semver_ne` that of `semver_eq`: they hold when none of the values fits
- an attribute that is a list holds when one of its elements does (for the opposites: when none does); `contains`
  asks a list for an element, and a string for a part of it
- nothing is coerced: 1 is 1.0, but not "1", and true is not 1. `lt` and its like compare numbers only
- a version that isn't one meets no `semver_` condition
"""

from __future__ import annotations

import re

from edgeship.domain.flags.malformed import Malformed, a_list, an_object
from edgeship.domain.flags.semver import COMPARISONS
from edgeship.domain.flags.semver import parse as parse_semver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Context = dict[str, Any]
    Predicate = Callable[[Any], bool]

MAX_SUBJECT = 256
"""Characters of an attribute that `matches` reads; a longer attribute does not match (see patterns.py)."""

NEGATED = {"not_in": "in", "ne": "eq", "semver_ne": "semver_eq"}
SEMVER = {
    "semver_eq": "=",
    "semver_lt": "<",
    "semver_lte": "<=",
    "semver_gt": ">",
    "semver_gte": ">=",
}
STRINGS = ("starts_with", "ends_with", "matches")
NUMBERS = ("lt", "lte", "gt", "gte")
OPS = ("in", "eq", *NUMBERS, "contains", *STRINGS, *SEMVER, *NEGATED, "exists")


def compile_condition(document: object) -> Callable[[Context], bool]:
    """The condition as a function of the context.

    Raises:
        Malformed: the condition isn't one.
    """
    condition = an_object(document, "a condition")
    attribute, op = condition.get("attribute"), condition.get("op")
    if type(attribute) is not str or op not in OPS:
        raise Malformed(f"no condition has the attribute {attribute!r:.40} and op {op!r:.40}")
    values = a_list(condition.get("values", []), "values")
    find = _finder(attribute)
    if op == "exists":
        wanted = values != [False]
        return lambda context: (find(context) is not None) is wanted
    if op == "semver_ne":
        equal = _semver("semver_eq", values)

        def unequal(context: Context) -> bool:
            value = find(context)
            elements = value if type(value) is list else [value]
            return all(type(e) is str and parse_semver(e) is not None and not equal(e) for e in elements)

        return unequal
    negated = op in NEGATED
    holds = _compile_op(NEGATED.get(op, op), values)

    if negated or op in ("in", "eq"):
        strings = frozenset(value for value in values if type(value) is str)

        def equality_holds(context: Context) -> bool:
            value = context.get(attribute)
            # Most attributes are strings: this answers for them without two further calls.
            if type(value) is str:
                return (value in strings) is not negated
            value = find(context)
            return value is not None and holds(value) is not negated

        return equality_holds

    def condition_holds(context: Context) -> bool:
        value = find(context)
        return value is not None and holds(value)

    return condition_holds


def _compile_op(op: str, values: list[Any]) -> Predicate:
    if op in ("in", "eq"):
        return _equals(values)
    if op == "contains":
        return _contains(values)
    if op in NUMBERS:
        return _any_element(_compares(op, values))
    if op in SEMVER:
        return _any_element(_semver(op, values))
    strings = [value for value in values if type(value) is str]
    if op == "matches":
        return _any_element(_matches(strings))
    prefixes = tuple(strings)
    if op == "starts_with":
        return _any_element(lambda value: type(value) is str and value.startswith(prefixes))
    return _any_element(lambda value: type(value) is str and value.endswith(prefixes))


def _equals(values: list[Any]) -> Predicate:
    # Sets by type, since in Python True == 1 and both have one hash.
    strings = frozenset(value for value in values if type(value) is str)
    numbers = frozenset(value for value in values if type(value) is int or type(value) is float)
    booleans = frozenset(value for value in values if type(value) is bool)

    def equals(value: Any) -> bool:
        kind = type(value)
        if kind is str:
            return value in strings
        if kind is int or kind is float:
            return value in numbers
        if kind is bool:
            return value in booleans
        return kind is list and any(equals(element) for element in value if type(element) is not list)

    return equals


def _contains(values: list[Any]) -> Predicate:
    strings = [value for value in values if type(value) is str]
    equals = _equals(values)

    def contains(value: Any) -> bool:
        if type(value) is str:
            return any(part in value for part in strings)
        return type(value) is list and equals(value)

    return contains


def _compares(op: str, values: list[Any]) -> Predicate:
    bounds = [value for value in values if type(value) is int or type(value) is float]
    if not bounds:
        return lambda value: False  # noqa: ARG005
    # Values are alternatives, so the easiest one to meet decides.
    bound = max(bounds) if op in ("lt", "lte") else min(bounds)
    tests: dict[str, Predicate] = {
        "lt": lambda value: value < bound,
        "lte": lambda value: value <= bound,
        "gt": lambda value: value > bound,
        "gte": lambda value: value >= bound,
    }
    test = tests[op]
    return lambda value: (type(value) is int or type(value) is float) and test(value)


def _semver(op: str, values: list[Any]) -> Predicate:
    versions = [version for value in values if type(value) is str and (version := parse_semver(value)) is not None]
    compare: Callable[[Any, Any], bool] = COMPARISONS[SEMVER[op]]

    def holds(value: Any) -> bool:
        version = parse_semver(value) if type(value) is str else None
        return version is not None and any(compare(version, other) for other in versions)

    return lambda value: any(holds(e) for e in value) if type(value) is list else holds(value)


def _matches(patterns: list[str]) -> Predicate:
    compiled: list[re.Pattern[str]] = []

    def matches(value: Any) -> bool:
        if type(value) is not str or len(value) > MAX_SUBJECT:
            return False
        if not compiled:
            # Not before it is needed: compiling a pattern takes longer than compiling the rest of its flag.
            compiled.extend(re.compile(pattern) for pattern in patterns)
        return any(pattern.search(value) for pattern in compiled)

    return matches


def _any_element(holds: Predicate) -> Predicate:
    return lambda value: any(holds(element) for element in value) if type(value) is list else holds(value)


def _finder(attribute: str) -> Callable[[Context], Any]:
    if "." not in attribute:
        return lambda context: context.get(attribute)
    path = attribute.split(".")

    def find(context: Context) -> Any:
        value: Any = context.get(attribute)
        if value is not None:
            return value
        value = context
        for name in path:
            if type(value) is not dict:
                return None
            value = value.get(name)
        return value

    return find
