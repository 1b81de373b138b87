"""JSON that every reader understands in one way: what is accepted here can be stored, sent and answered as it stands.

Beyond RFC 8259: an object names a member once, numbers are those of an IEEE double, text is Unicode without lone
surrogates, and levels are bounded. Source: I-JSON, https://www.rfc-editor.org/rfc/rfc7493.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from edgeship.domain.json_pointer import under

Problem = tuple[str, str]
"""A JSON pointer and the fault there, as text for people."""

MAX_LEVELS = 128
"""Objects and lists inside each other."""

_MAX_DIGITS = 400
"""No double has a whole part of more than 309."""
_ROOT = "the document"


class NotJson(Exception):
    """`problems` has each fault with its place; `is_json` says whether it is JSON, and only too free."""

    def __init__(self, problems: list[Problem], *, is_json: bool) -> None:
        super().__init__("; ".join(f"{place or _ROOT} {message}" for place, message in problems))
        self.problems = problems
        self.is_json = is_json


def parse(text: str) -> Any:
    """The value that the text spells.

    Raises:
        NotJson: see there; faults of the syntax have the place `:line:column`.
    """
    repeated: list[tuple[dict[str, Any], str]] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                repeated.append((found, name))
            found[name] = value
        return found

    try:
        value = json.loads(text, object_pairs_hook=members, parse_int=_integer, parse_float=_real)
    except json.JSONDecodeError as fault:
        raise NotJson([(f":{fault.lineno}:{fault.colno}", f"is not JSON: {fault.msg}")], is_json=False) from None
    except RecursionError:
        raise NotJson([("", f"has more than {MAX_LEVELS} levels")], is_json=True) from None
    problems = [*_repeated(value, repeated), *value_problems("", value)]
    if problems:
        raise NotJson(problems, is_json=True)
    return value


def value_problems(place: str, value: object) -> Iterator[Problem]:
    """What keeps a value of Python from being such JSON, each with its place."""
    return _problems(place, value, 0)


def _problems(place: str, value: object, level: int) -> Iterator[Problem]:
    if isinstance(value, dict | list):
        if level == MAX_LEVELS:
            yield place, f"has more than {MAX_LEVELS} levels"
        elif isinstance(value, dict):
            for name, member in value.items():
                fault = _name_fault(name)
                if fault:
                    yield place, fault
                else:
                    yield from _problems(under(place, name), member, level + 1)
        else:
            for index, element in enumerate(value):
                yield from _problems(under(place, index), element, level + 1)
        return
    fault = _scalar_fault(value)
    if fault:
        yield place, fault


def _name_fault(name: object) -> str | None:
    if not isinstance(name, str):
        return f"has a name that is not text: {name!r:.40}"
    return None if _is_unicode(name) else f"has a name with a lone surrogate: {name!r:.80}"


def _scalar_fault(value: object) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return None if _is_unicode(value) else f"has a lone surrogate: {value!r:.80}"
    if isinstance(value, int | float):
        return _number_fault(value)
    return f"is no value of JSON: {type(value).__name__}"


def _number_fault(number: float) -> str | None:
    if isinstance(number, float):
        return None if math.isfinite(number) else "is not a finite number between -1.8e308 and 1.8e308"
    try:
        nearest = int(float(number))
    except OverflowError:
        return "is not a finite number between -1.8e308 and 1.8e308"
    return None if nearest == number else f"is read as {nearest} by browsers: write it as text, or round it"


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _integer(digits: str) -> float:
    # Longer ones take Python time, and from 4,300 digits on an error without a place.
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


def _real(text: str) -> float:
    number = float(text)
    mantissa = text.lower().partition("e")[0]
    # What becomes nothing was something: 1e-400.
    return math.nan if number == 0 and mantissa.strip("-0.") else number


def _repeated(value: object, repeated: list[tuple[dict[str, Any], str]]) -> Iterator[Problem]:
    """The places of the objects that name a member twice; an object that the other one replaced has none."""
    names: dict[int, list[str]] = {}
    for members, name in repeated:
        names.setdefault(id(members), []).append(name)
    waiting: list[tuple[str, object]] = [("", value)] if names else []
    while waiting:
        place, found = waiting.pop()
        if isinstance(found, dict):
            for name in names.get(id(found), ()):
                yield place, f"names {name!r:.80} twice"
            waiting += [(under(place, name), member) for name, member in found.items() if _is_unicode(name)]
        elif isinstance(found, list):
            waiting += [(under(place, index), element) for index, element in enumerate(found)]
