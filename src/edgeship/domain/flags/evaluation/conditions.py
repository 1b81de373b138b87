"""The conditions of a rule: `{"attribute", "op", "values"}`, compiled to a predicate on the context; or `{"not":
conditions}`, which holds when one of them does not.

- the attribute is the context's field of that name; failing that, `a.b` is the field `b` of the object `a`
- a missing attribute, or null, meets no condition but `exists` with `[false]`; so `not_in` and `ne` don't hold either
- the values are alternatives: `starts_with ["a", "b"]` holds for either. `not_in` and `ne` are the opposites of
  `in` and `eq`, `semver_ne` that of `semver_eq`, and so on: they hold when none of the values fits
- an attribute that is a list holds when one of its elements does (for the opposites: when none does); `contains`
  asks a list for an element, and a string for a part of it
- nothing is coerced: 1 is 1.0, but not "1", and true is not 1. `lt` and its like compare numbers only, `number_lt` and
  its like texts that spell one as well
- what isn't a version, a number or a date meets no `semver_`, `number_` or `date_` condition
- a list, a text or a version takes steps of the answer's work (see edgeship.domain.flags.work)
"""

from __future__ import annotations

from edgeship.domain.flags.malformed import Malformed, a_list, an_object
from edgeship.domain.flags.semver import COMPARISONS
from edgeship.domain.flags.semver import parse as parse_semver
from edgeship.domain.flags.work import spend, spend_on_search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.patterns.program import Program
    from edgeship.domain.flags.work import Work

    Context = dict[str, Any]
    Predicate = Callable[[Any, Work], bool]

MAX_SUBJECT = 256
"""Characters of an attribute that `matches` reads; a longer attribute does not match."""

MAX_PROGRAMS = 512
"""Patterns whose programs are kept, of all flags: some 20 MB at the most. More of them are made again and again."""

NEGATED = {
    "not_in": "in",
    "ne": "eq",
    "semver_ne": "semver_eq",
    "ne_ignore_case": "eq_ignore_case",
    "number_ne": "number_eq",
}
SEMVER = {
    "semver_eq": "=",
    "semver_lt": "<",
    "semver_lte": "<=",
    "semver_gt": ">",
    "semver_gte": ">=",
}
STRINGS = ("starts_with", "ends_with", "matches")
NUMBERS = ("lt", "lte", "gt", "gte")
IGNORING_CASE = ("eq_ignore_case", "contains_ignore_case", "starts_with_ignore_case", "ends_with_ignore_case")
DATES = ("date_before", "date_after")
NUMBERS_IN_TEXT = ("number_eq", "number_lt", "number_lte", "number_gt", "number_gte")
COMPARED = (*IGNORING_CASE, *DATES, *NUMBERS_IN_TEXT)
"""Compared by edgeship.domain.flags.evaluation.comparisons."""
OPS = ("in", "eq", *NUMBERS, "contains", *STRINGS, *SEMVER, *COMPARED, *NEGATED, "exists")


def compile_condition(document: object) -> Callable[[Context, Work], bool]:
    """The condition as a function of the context, which raises OutOfWork.

    Raises:
        Malformed: the condition isn't one.
    """
    condition = an_object(document, "a condition")
    return _not_all(condition["not"]) if "not" in condition else _compile_comparison(condition)


def _compile_comparison(condition: dict[str, Any]) -> Callable[[Context, Work], bool]:
    attribute, op = condition.get("attribute"), condition.get("op")
    if type(attribute) is not str or op not in OPS:
        raise Malformed(f"no condition has the attribute {attribute!r:.40} and op {op!r:.40}")
    values = a_list(condition.get("values", []), "values")
    find = finder(attribute)
    if op == "exists":
        wanted = values != [False]
        return lambda context, _work: (find(context) is not None) is wanted
    if op == "semver_ne":
        equal = _semver("semver_eq", values)

        def unequal(context: Context, work: Work) -> bool:
            value = find(context)
            elements = value if type(value) is list else [value]
            spend(work, len(elements))
            return all(type(e) is str and not equal(e, work) and parse_semver(e) is not None for e in elements)

        return unequal
    if op == "number_ne":
        return _other_number(find, values)
    negated = op in NEGATED
    holds = _compile_op(NEGATED.get(op, op), values)

    if op in ("in", "eq", "not_in", "ne"):
        strings = frozenset(value for value in values if type(value) is str)

        def equality_holds(context: Context, work: Work) -> bool:
            value = context.get(attribute)
            # Most attributes are strings: this answers for them without two further calls.
            if type(value) is str:
                return (value in strings) is not negated
            value = find(context)
            return value is not None and holds(value, work) is not negated

        return equality_holds

    def condition_holds(context: Context, work: Work) -> bool:
        value = find(context)
        return value is not None and holds(value, work) is not negated

    return condition_holds


def _not_all(documents: object) -> Callable[[Context, Work], bool]:
    """The negation of a segment: one of its conditions does not hold."""
    inner = [an_object(document, "a condition") for document in a_list(documents, "not")]
    if any("not" in condition for condition in inner):
        raise Malformed("a segment has no other one")
    conditions = [compile_condition(condition) for condition in inner]
    return lambda context, work: not all(condition(context, work) for condition in conditions)


def _other_number(find: Callable[[Context], Any], values: list[Any]) -> Predicate:
    from edgeship.domain.flags.evaluation.comparisons import MAX_NUMBER, read_number

    known = frozenset(number for value in values if (number := read_number(value)) is not None)

    def others(context: Context, work: Work) -> bool:
        value = find(context)
        elements = value if type(value) is list else [value]
        spend(work, sum(10 + min(len(e), MAX_NUMBER) if type(e) is str else 1 for e in elements))
        numbers = [read_number(element) for element in elements]
        return all(number is not None and number not in known for number in numbers)

    return others


def _compile_op(op: str, values: list[Any]) -> Predicate:
    if op in ("in", "eq"):
        return _equals(values)
    if op == "contains":
        return _contains(values)
    if op in NUMBERS:
        return _any_element(_compares(op, values))
    if op in SEMVER:
        return _any_element(_semver(op, values))
    if op in COMPARED:
        from edgeship.domain.flags.evaluation.comparisons import compare

        return _any_element(compare(op, values))
    strings = [value for value in values if type(value) is str]
    if op == "matches":
        return _any_element(_matches(strings))
    prefixes = tuple(strings)
    if op == "starts_with":
        return _any_element(lambda value, _work: type(value) is str and value.startswith(prefixes), len(prefixes))
    return _any_element(lambda value, _work: type(value) is str and value.endswith(prefixes), len(prefixes))


def _equals(values: list[Any]) -> Predicate:
    # Sets by type, since in Python True == 1 and both have one hash.
    strings = frozenset(value for value in values if type(value) is str)
    numbers = frozenset(value for value in values if type(value) is int or type(value) is float)
    booleans = frozenset(value for value in values if type(value) is bool)

    def equals(value: Any, work: Work) -> bool:
        kind = type(value)
        if kind is str:
            return value in strings
        if kind is int or kind is float:
            return value in numbers
        if kind is bool:
            return value in booleans
        if kind is not list:
            return False
        spend(work, 2 * len(value))
        return any(equals(element, work) for element in value if type(element) is not list)

    return equals


def _contains(values: list[Any]) -> Predicate:
    strings = [value for value in values if type(value) is str]
    equals = _equals(values)

    def contains(value: Any, work: Work) -> bool:
        if type(value) is not str:
            return type(value) is list and equals(value, work)
        for part in strings:
            spend_on_search(work, value, part)
            if part in value:
                return True
        return False

    return contains


def _compares(op: str, values: list[Any]) -> Predicate:
    bounds = [value for value in values if type(value) is int or type(value) is float]
    if not bounds:
        return lambda _value, _work: False
    # Values are alternatives, so the easiest one to meet decides.
    bound = max(bounds) if op in ("lt", "lte") else min(bounds)
    tests: dict[str, Callable[[Any], bool]] = {
        "lt": lambda value: value < bound,
        "lte": lambda value: value <= bound,
        "gt": lambda value: value > bound,
        "gte": lambda value: value >= bound,
    }
    test = tests[op]
    return lambda value, _work: (type(value) is int or type(value) is float) and test(value)


def _semver(op: str, values: list[Any]) -> Predicate:
    versions = [version for value in values if type(value) is str and (version := parse_semver(value)) is not None]
    compare: Callable[[Any, Any], bool] = COMPARISONS[SEMVER[op]]

    def holds(value: Any, work: Work) -> bool:
        if type(value) is not str:
            return False
        spend(work, 10 + min(len(value), MAX_SUBJECT) + 2 * len(versions))
        version = parse_semver(value)
        return version is not None and any(compare(version, other) for other in versions)

    return _any_element(holds)


def _matches(patterns: list[str]) -> Predicate:
    def holds(value: Any, work: Work) -> bool:
        if type(value) is not str or len(value) > MAX_SUBJECT:
            return False
        from edgeship.domain.flags.patterns.program import matches

        return any(matches(_program(pattern, work), value, work) for pattern in patterns)

    return holds


_programs: dict[str, Program | None] = {}
"""None for a pattern that is refused, which only an earlier version can have accepted."""


def _program(pattern: str, work: Work) -> Program:
    """The pattern's program, made when it is first needed: that takes longer than to compile the rest of its flag.

    Raises:
        Malformed: the pattern is refused.
    """
    if pattern not in _programs:
        from edgeship.domain.flags.patterns.parse_pattern import STEPS_A_CHARACTER, STEPS_A_PART, parse_pattern

        spend(work, STEPS_A_CHARACTER * len(pattern))
        if len(_programs) >= MAX_PROGRAMS:
            _programs.clear()
        _programs[pattern] = None
        program = _programs[pattern] = parse_pattern(pattern)
        spend(work, STEPS_A_PART * len(program))
    found = _programs[pattern]
    if found is None:
        raise Malformed("a pattern is refused")
    return found


def _any_element(holds: Predicate, cost: int = 1) -> Predicate:
    """Whether it holds for the value, or for one of its elements; each takes `cost` steps, divided by four."""
    steps = 1 + cost // 4

    def any_holds(value: Any, work: Work) -> bool:
        if type(value) is not list:
            return holds(value, work)
        spend(work, steps * len(value))
        return any(holds(element, work) for element in value)

    return any_holds


def finder(attribute: str) -> Callable[[Context], Any]:
    """What a context has of an attribute; None when it has none."""
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
