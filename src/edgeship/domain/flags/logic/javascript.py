"""JavaScript's values, as far as JsonLogic meets them: coercion, comparison, strings of UTF-16 units.

JSON's values are Python's here, numbers are doubles whether int or float, and `undefined` is `UNDEFINED`.
Source: ECMA-262, sections 7.1 (conversion) and 7.2 (comparison). Members that objects inherit (`constructor`,
`toString`) don't exist here: a context can't reach them.
"""

from __future__ import annotations

import math
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

MAX_LEAVES = 10_000
"""Elements of an array, nested ones included, that are written as one string."""

SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

# Each alternative can match a text in one way only, so that no text makes matching slower than linear.
_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_OTHER_BASES = re.compile("0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_BASES = {"x": 16, "o": 8, "b": 2}


class LogicError(Exception):
    """A rule can't be evaluated: JavaScript would throw, or a limit is passed."""


class Undefined:
    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = Undefined()


def truthy(value: Any) -> bool:
    """JsonLogic's truth, which is JavaScript's but for the empty array: https://jsonlogic.com/truthy."""
    kind = type(value)
    if kind is bool:
        return bool(value)
    if kind is str or kind is list:
        return len(value) > 0
    if kind is int or kind is float:
        return bool(value == value and value != 0)
    return kind is dict


def double(number: float) -> float:
    """The double nearest to an int of any size."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def to_number(value: Any) -> float:
    kind = type(value)
    if kind is int or kind is float or kind is bool:
        return double(value)
    if value is None:
        return 0.0
    if kind is str or kind is list:
        return _string_to_number(to_string(value))
    return math.nan


def parse_float(value: Any) -> float:
    """`parseFloat`: the number that the value's text begins with."""
    kind = type(value)
    if kind is int or kind is float:
        return double(value) + 0.0  # the text of -0 is "0"
    match = _DECIMAL.match(to_string(value).lstrip(SPACE))
    return _decimal(match[0]) if match else math.nan


def to_string(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is float:
        return number_to_string(value)
    if kind is list:
        return _join(value)
    return "undefined" if value is UNDEFINED else "[object Object]"


def number_to_string(number: float) -> str:
    """Number::toString (6.1.6.1.20): the fewest digits that mean this double, as Python's repr has them."""
    number = double(number)
    if number != number:
        return "NaN"
    if number in (math.inf, -math.inf):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    written = whole + fraction
    digits = written.lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(written) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def strict_equals(left: Any, right: Any) -> bool:
    """`===`: arrays and objects are equal to themselves alone."""
    kind, other = type(left), type(right)
    if kind is int or kind is float:
        return (other is int or other is float) and double(left) == double(right)
    if kind is str or kind is bool:
        return kind is other and bool(left == right)
    return left is right


def loose_equals(left: Any, right: Any) -> bool:
    """`==`."""
    if left is None or left is UNDEFINED:
        return right is None or right is UNDEFINED
    if right is None or right is UNDEFINED:
        return False
    kind, other = type(left), type(right)
    if kind is other or (kind in _COMPOSITE and other in _COMPOSITE):
        return strict_equals(left, right)
    left, right = _primitive(left), _primitive(right)
    if type(left) is str and type(right) is str:
        return left == right
    return to_number(left) == to_number(right)


def less(left: Any, right: Any) -> bool:
    """`left < right`."""
    return _ordered(left, right, strictly=True)


def less_or_equal(left: Any, right: Any) -> bool:
    """`left <= right`."""
    return _ordered(left, right, strictly=False)


def member(value: Any, name: str) -> Any:
    """`value[name]` of an object's own fields, an array's elements and length, or a string's units and length."""
    kind = type(value)
    if kind is dict:
        return value.get(name, UNDEFINED)
    if kind is not list and kind is not str:
        return UNDEFINED
    if kind is str and not _in_basic_plane(value):
        value = units(value)
    if name == "length":
        return len(value)
    if (
        name.isascii()
        and name.isdigit()
        and (name == "0" or name[0] != "0")
        and len(name) < 10
        and int(name) < len(value)
    ):
        return value[int(name)]
    return UNDEFINED


def units(text: str) -> str:
    """The text as one character for each of its UTF-16 units."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join([chr(raw[i] | raw[i + 1] << 8) for i in range(0, len(raw), 2)])


def from_units(text: str) -> str:
    """The inverse of `units`: pairs of surrogates become one character again."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def includes(text: str, part: str) -> bool:
    """`text.includes(part)`: half of a pair of surrogates is in a text that has the pair."""
    return units(part) in units(text) if _has_surrogate(part) else part in text


def concatenated(texts: list[str]) -> str:
    """The texts as one, in which two halves that meet are one character."""
    text = "".join(texts)
    return from_units(text) if _has_surrogate(text) else text


def substr(text: str, start: Any, length: Any) -> str:
    """`text.substr(start, length)`; an undefined `length` means to the end."""
    plain = _in_basic_plane(text)
    source = text if plain else units(text)
    size = len(source)
    begin = _to_index(start, size)
    begin = max(begin + size, 0) if begin < 0 else begin
    end = size if length is UNDEFINED else min(begin + _to_index(length, size), size)
    piece = source[begin : max(end, begin)]
    return piece if plain else from_units(piece)


_COMPOSITE = (list, dict)


def _primitive(value: Any) -> Any:
    return to_string(value) if type(value) in _COMPOSITE else value


def _ordered(left: Any, right: Any, *, strictly: bool) -> bool:
    left, right = _primitive(left), _primitive(right)
    if type(left) is str and type(right) is str:
        if not (_in_basic_plane(left) and _in_basic_plane(right)):
            # By UTF-16 units, whose order is that of their big-endian bytes.
            left, right = left.encode("utf-16-be", "surrogatepass"), right.encode("utf-16-be", "surrogatepass")
    else:
        left, right = to_number(left), to_number(right)
    return bool(left < right) if strictly else bool(left <= right)


def _to_index(value: Any, size: int) -> int:
    """ToIntegerOrInfinity, clamped to [-size, size]: nothing lies further."""
    number = 0.0 if value is UNDEFINED else to_number(value)
    if number != number:
        return 0
    return int(min(max(number, -size), size))


def _in_basic_plane(text: str) -> bool:
    return text.isascii() or max(text) <= "\uffff"


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _join(values: list[Any]) -> str:
    # Nested arrays are joined by the same comma, and an empty one is an empty string: one flat list of leaves.
    leaves: list[str] = []
    waiting = [iter(values)] if values else []
    while waiting:
        for value in waiting[-1]:
            if type(value) is list and value:
                waiting.append(iter(value))
                break
            leaves.append("" if value is None or value is UNDEFINED or value == [] else to_string(value))
            if len(leaves) > MAX_LEAVES:
                raise LogicError(f"an array of more than {MAX_LEAVES:,} elements as a string")
        else:
            waiting.pop()
    return ",".join(leaves)


def _string_to_number(text: str) -> float:
    text = text.strip(SPACE)
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return _decimal(text)
    if _OTHER_BASES.fullmatch(text):
        return double(int(text[2:], _BASES[text[1].lower()]))
    return math.nan


def _decimal(text: str) -> float:
    return float(text.replace("Infinity", "inf"))
