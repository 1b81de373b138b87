"""The operators of JsonLogic whose arguments are evaluated first, as npm `json-logic-js` 2.0.5 has them.

`val`, `exists` and arithmetic on any number of arguments came later, and are as in the public suites
(https://github.com/json-logic/compat-tables). Each operator takes (data, arguments, work): as many arguments as `ARITY`
says, absent ones being undefined and more being dropped, and any number when it says none. What comes out is bounded,
so that a rule can't grow a text or an array without end.
Source: https://jsonlogic.com/operations.html.
"""

from __future__ import annotations

import math

from edgeship.domain.flags.logic import flagd_operators
from edgeship.domain.flags.logic.javascript import (
    UNDEFINED,
    LogicError,
    concatenated,
    includes,
    less,
    less_or_equal,
    loose_equals,
    member,
    parse_float,
    strict_equals,
    substr,
    to_number,
    to_string,
    truthy,
)
from edgeship.domain.flags.work import spend, spend_on_search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.work import Work

    Operator = Callable[[Any, list[Any], Work], Any]

MAX_TEXT = 65_536
"""Characters that `cat` makes at most."""

MAX_MERGED = 10_000
"""Elements that `merge` makes at most."""


def var(data: Any, args: list[Any], work: Work) -> Any:
    name, absent = args
    if name is None or name is UNDEFINED or name == "":
        return data
    return follow(data, to_string(name).split("."), None if absent is UNDEFINED else absent, work)


def follow(data: Any, path: list[str], absent: Any, work: Work) -> Any:
    """The member at the end of a path; `absent` when there is none on the way, but a null at its end is null."""
    for name in path:
        if data is None:
            return absent
        if type(data) is str and not data.isascii():
            spend(work, 3 * len(data))
        data = member(data, name)
        if data is UNDEFINED:
            return absent
    return data


def val(data: Any, args: list[Any], work: Work) -> Any:
    """The member at the end of a path of names, each an argument, or one argument that is a list of them."""
    return _at(data, args, None, work)


def exists(data: Any, args: list[Any], work: Work) -> bool:
    """Whether `val` finds a member, which may be null."""
    return _at(data, args, UNDEFINED, work) is not UNDEFINED


def _at(data: Any, args: list[Any], absent: Any, work: Work) -> Any:
    path = args[0] if len(args) == 1 and type(args[0]) is list else args
    spend(work, 2 * len(path))
    return follow(data, [to_string(name) for name in path if name is not None], absent, work)


def missing(data: Any, args: list[Any], work: Work) -> list[Any]:
    keys = args[0] if args and type(args[0]) is list else args
    spend(work, 10 * len(keys))
    found = []
    for key in keys:
        name, absent = [*key, UNDEFINED, UNDEFINED][:2] if type(key) is list else (key, UNDEFINED)
        value = var(data, [name, absent], work)
        if value is None or value == "":
            found.append(key)
    return found


def missing_some(data: Any, args: list[Any], work: Work) -> list[Any]:
    needed, options = args
    if options is None or options is UNDEFINED:
        raise LogicError("missing_some takes a list of names")
    absent = missing(data, options if type(options) is list else [options], work)
    length = member(options, "length")
    return [] if length is not UNDEFINED and less_or_equal(needed, length - len(absent)) else absent


def contained(_: Any, args: list[Any], work: Work) -> bool:
    part, whole = args
    if type(whole) is str:
        text = to_string(part)
        spend_on_search(work, whole, text)
        return whole != "" and includes(whole, text)
    return type(whole) is list and any(strict_equals(element, part) for element in whole)


def cat(_: Any, args: list[Any], _work: Work) -> str:
    text = concatenated(["" if arg is None or arg is UNDEFINED else to_string(arg) for arg in args])
    if len(text) > MAX_TEXT:
        raise LogicError(f"cat makes a text of more than {MAX_TEXT:,} characters")
    return text


def merge(_: Any, args: list[Any], _work: Work) -> list[Any]:
    merged: list[Any] = []
    for arg in args:
        merged.extend(arg if type(arg) is list else [arg])
        if len(merged) > MAX_MERGED:
            raise LogicError(f"merge makes an array of more than {MAX_MERGED:,} elements")
    return merged


def substring(_: Any, args: list[Any], _work: Work) -> str:
    source, start, length = args
    text = to_string(source)
    if length is UNDEFINED or not less(length, 0):
        return substr(text, start, length)
    rest = substr(text, start, UNDEFINED)
    # JavaScript would join the rest's length and a text or an array to one text here, which is no number.
    number = type(length) is int or type(length) is float
    return substr(rest, 0, member(rest, "length") + length if number else 0)


def plus(_: Any, args: list[Any], _work: Work) -> float:
    total = 0.0
    for arg in args:
        total += parse_float(arg)
    return total


def times(_: Any, args: list[Any], _work: Work) -> Any:
    if not args:
        raise LogicError("* takes an argument")
    product = args[0]
    for arg in args[1:]:
        product = parse_float(product) * parse_float(arg)
    return product


def minus(_: Any, args: list[Any], _work: Work) -> float:
    if len(args) < 2 or (len(args) == 2 and args[1] is UNDEFINED):
        return -to_number(args[0] if args else UNDEFINED)
    first, *others = map(to_number, args)
    for number in others:
        first -= number
    return first


def divide(_: Any, args: list[Any], _work: Work) -> float:
    """One argument divides 1."""
    return _folded([1, *args] if len(args) == 1 else args, _quotient)


def modulo(_: Any, args: list[Any], _work: Work) -> float:
    return _folded(args, _remainder)


def _folded(args: list[Any], combine: Callable[[float, float], float]) -> float:
    if len(args) < 2:
        return math.nan
    first, *others = map(to_number, args)
    for number in others:
        first = combine(first, number)
    return first


def _quotient(left: float, right: float) -> float:
    if right:
        return left / right
    if left != left or right != right or left == 0:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _remainder(left: float, right: float) -> float:
    if right == 0 or left in (math.inf, -math.inf):
        return math.nan
    return math.fmod(left, right)


def greatest(_: Any, args: list[Any], _work: Work) -> float:
    return _extreme(args, -math.inf, max)


def least(_: Any, args: list[Any], _work: Work) -> float:
    return _extreme(args, math.inf, min)


def _extreme(args: list[Any], start: float, choose: Callable[[float, float], float]) -> float:
    chosen = start
    for number in map(to_number, args):
        if number != number:
            return math.nan
        chosen = choose(chosen, number)
    return chosen


def _below(_: Any, args: list[Any], _work: Work) -> bool:
    return less(args[0], args[1]) and (args[2] is UNDEFINED or less(args[1], args[2]))


def _at_most(_: Any, args: list[Any], _work: Work) -> bool:
    return less_or_equal(args[0], args[1]) and (args[2] is UNDEFINED or less_or_equal(args[1], args[2]))


OPERATORS: dict[str, Operator] = {
    "==": lambda _, args, _work: loose_equals(args[0], args[1]),
    "===": lambda _, args, _work: strict_equals(args[0], args[1]),
    "!=": lambda _, args, _work: not loose_equals(args[0], args[1]),
    "!==": lambda _, args, _work: not strict_equals(args[0], args[1]),
    ">": lambda _, args, _work: less(args[1], args[0]),
    ">=": lambda _, args, _work: less_or_equal(args[1], args[0]),
    "<": _below,
    "<=": _at_most,
    "!!": lambda _, args, _work: truthy(args[0]),
    "!": lambda _, args, _work: not truthy(args[0]),
    "%": modulo,
    "log": lambda _, args, _work: args[0],
    "in": contained,
    "cat": cat,
    "substr": substring,
    "+": plus,
    "*": times,
    "-": minus,
    "/": divide,
    "min": least,
    "max": greatest,
    "merge": merge,
    "var": var,
    "val": val,
    "exists": exists,
    "missing": missing,
    "missing_some": missing_some,
    **flagd_operators.OPERATORS,
}

ARITY = dict.fromkeys(("==", "===", "!=", "!==", ">", ">=", "in", "var", "missing_some"), 2)
ARITY |= dict.fromkeys(("<", "<=", "substr"), 3) | dict.fromkeys(("!!", "!", "log"), 1)
