"""Conditions that read a text in another way than by its characters: without case, as a date, as a number.

- `…_ignore_case` compares by Unicode's full case folding, the same in every language: `STRASSE` is `straße`
- `date_before` and `date_after` compare instants of RFC 3339 (`2026-11-01T09:00:00+01:00`), and need a zone
- `number_…` compares numbers, and texts that JSON would read as one: `"18"`, `"-1.5e3"`, not `" 18"`, not `"1,000"`

What can't be read so meets no condition; nor does a longer text than the limits below.
"""

from __future__ import annotations

import re
from datetime import datetime
from math import inf

from edgeship.domain.flags.work import spend, spend_on_search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.work import Work

    Predicate = Callable[[Any, Work], bool]

MAX_DATE = 40
"""Characters: a date, a time with nine digits and more of a second, and a zone."""
MAX_NUMBER = 64
"""Characters. An IEEE double needs 24 at most."""

_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-5][0-9])"
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def read_date(value: object) -> float | None:
    """Epoch seconds, down to microseconds; None when it is no date and time of RFC 3339 with a zone."""
    if type(value) is not str or len(value) > MAX_DATE:
        return None
    match = _DATE.fullmatch(value)
    if match is None:
        return None
    fraction = match[1]
    text = value.replace(fraction, fraction[:7].ljust(7, "0")) if fraction else value
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError):  # the 30th of February, or before the year 1
        return None


def read_number(value: object) -> float | None:
    """The number that a value is or spells, None when it does neither."""
    if type(value) is int or type(value) is float:
        return value
    if type(value) is not str or len(value) > MAX_NUMBER or _NUMBER.fullmatch(value) is None:
        return None
    number = float(value)
    return number if -inf < number < inf else None


def compare(op: str, values: list[Any]) -> Predicate:
    """Whether a value that is no list meets the operator, one of those above, with one of `values`."""
    kind, _, comparison = op.partition("_")
    if kind == "date":
        return _ordered("lt" if comparison == "before" else "gt", values, read_date, MAX_DATE)
    if kind == "number":
        return _ordered(comparison, values, read_number, MAX_NUMBER)
    return _ignoring_case(op, [value.casefold() for value in values if type(value) is str])


def _ordered(op: str, values: list[Any], read: Callable[[object], float | None], longest: int) -> Predicate:
    bounds = [bound for value in values if (bound := read(value)) is not None]
    if not bounds:
        return lambda _value, _work: False
    known = frozenset(bounds)
    least, most = min(bounds), max(bounds)
    # Values are alternatives, so the easiest one to meet decides.
    test: Callable[[float], bool] = {
        "eq": lambda number: number in known,
        "lt": lambda number: number < most,
        "lte": lambda number: number <= most,
        "gt": lambda number: number > least,
        "gte": lambda number: number >= least,
    }[op]

    def holds(value: Any, work: Work) -> bool:
        if type(value) is str:
            spend(work, 10 + min(len(value), longest))
        number = read(value)
        return number is not None and test(number)

    return holds


def _ignoring_case(op: str, parts: list[str]) -> Predicate:
    whole, ends = frozenset(parts), tuple(parts)
    test: Callable[[str, Work], bool] = {
        "eq_ignore_case": lambda text, _work: text in whole,
        "starts_with_ignore_case": lambda text, _work: text.startswith(ends),
        "ends_with_ignore_case": lambda text, _work: text.endswith(ends),
        "contains_ignore_case": lambda text, work: any(_has(text, part, work) for part in parts),
    }[op]

    def holds(value: Any, work: Work) -> bool:
        if type(value) is not str:
            return False
        spend(work, 1 + (len(value) >> 4) + (len(parts) >> 2))
        return test(value.casefold(), work)

    return holds


def _has(text: str, part: str, work: Work) -> bool:
    spend_on_search(work, text, part)
    return part in text
