"""CloudWatch's metric math, as far as alarms here and their near neighbourhood need it. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html. What is taken from that page:
- `+ - * /` and comparisons of two series treat a value that only one of them lacks as 0;
- a division by zero gives no datapoint;
- comparisons and AND, OR give 0 or 1; where a series lacks a value, it is false;
- IF looks at each datapoint of its condition; a true one whose second argument lacks a value gives 0, a false one whose
  third argument lacks a value, or is left out, gives none;
- FILL gives a value to each period of the request that lacks one, the newest included: the page warns that a metric
  which arrives late is therefore taken as the filler.
The page does not say how operators bind; here it is as in C: unary minus, `* /`, `+ -`, comparisons, AND, OR.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Series = Mapping[float, float]
"""Values by the start of their period, in epoch seconds."""

Value = Series | float


class Unsupported(ValueError):
    """The expression uses something that is not imitated, or that CloudWatch refuses too; the message names it."""


def evaluate(
    wanted: str, expressions: Mapping[str, str], metrics: Mapping[str, Series], periods: Sequence[float]
) -> Series:
    """The series with the id `wanted`, of a metric or of an expression.

    Args:
        expressions: by id; they may refer to each other and to metrics.
        metrics: by id.
        periods: the start of every period of the request.

    Raises:
        Unsupported: as it says. A scalar result is one: CloudWatch wants a series.
    """
    result = _Request(expressions, metrics, periods).value(wanted, ())
    if isinstance(result, float):
        raise Unsupported(f"expression {wanted} gives a number, not a time series")
    return result


@dataclass(frozen=True)
class _Request:
    expressions: Mapping[str, str]
    metrics: Mapping[str, Series]
    periods: Sequence[float]

    def value(self, name: str, users: tuple[str, ...]) -> Value:
        if name in self.metrics:
            return self.metrics[name]
        if name in users:
            raise Unsupported(f"expression {name} refers to itself")
        if name not in self.expressions:
            raise Unsupported(f"id {name}, which no metric or expression has")
        return _Reader(self.expressions[name], self, (*users, name)).read()


_TOKEN = re.compile(
    r"\s*(?:\d+\.?\d*|\.\d+"  # a number
    r"|[A-Za-z][A-Za-z0-9_]*"
    r"|==|!=|<=|>=|&&|\|\||[-+*/()<>,]"
    r"|(?P<end>$))"
)
_COMPARISONS: Mapping[str, Callable[[float, float], float]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SUMS: Mapping[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub}
_PRODUCTS: Mapping[str, Callable[[float, float], float]] = {"*": operator.mul, "/": operator.truediv}
_AND: Mapping[str, Callable[[float, float], float]] = dict.fromkeys(("AND", "&&"), lambda a, b: a != 0 and b != 0)
_OR: Mapping[str, Callable[[float, float], float]] = dict.fromkeys(("OR", "||"), lambda a, b: a != 0 or b != 0)

_LOOSEST_FIRST = (_OR, _AND, _COMPARISONS, _SUMS, _PRODUCTS)


class _Reader:
    """Evaluates as it reads, by recursive descent."""

    def __init__(self, text: str, request: _Request, users: tuple[str, ...]) -> None:
        self._text = text
        self._request = request
        self._users = users
        self._tokens = _tokens(text)
        self._at = 0

    def read(self) -> Value:
        result = self._binary(0)
        if self._next is not None:
            raise Unsupported(f"{self._next!r} in {self._text!r}")
        return result

    @property
    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> str:
        token = self._next
        if token is None:
            raise Unsupported(f"{self._text!r}, which ends too early")
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if (found := self._take()) != token:
            raise Unsupported(f"{found!r} where {token!r} belongs, in {self._text!r}")

    def _binary(self, level: int) -> Value:
        if level == len(_LOOSEST_FIRST):
            return self._unary()
        operators = _LOOSEST_FIRST[level]
        left = self._binary(level + 1)
        while self._next in operators:
            operation = operators[self._take()]
            left = _combined(operation, left, self._binary(level + 1))
        return left

    def _unary(self) -> Value:
        if self._next == "-":
            self._take()
            return _combined(operator.mul, -1.0, self._unary())
        read = self._take()
        if read == "(":
            inner = self._binary(0)
            self._expect(")")
            return inner
        if read[0].isdigit() or read[0] == ".":
            return float(read)
        if read[0].islower():
            return self._request.value(read, self._users)
        if read[0].isalpha() and self._next == "(":
            return self._function(read)
        raise Unsupported(f"{read!r} in {self._text!r}")

    def _function(self, name: str) -> Value:
        if name not in ("IF", "FILL"):
            raise Unsupported(f"function {name}")
        self._expect("(")
        arguments = [self._argument(name)]
        while self._next == ",":
            self._take()
            arguments.append(self._argument(name))
        self._expect(")")
        if name == "IF" and len(arguments) in (2, 3):
            return _if(arguments[0], arguments[1], arguments[2] if len(arguments) == 3 else {})
        if name == "FILL" and len(arguments) == 2:
            return self._filled(*arguments)
        raise Unsupported(f"{name} with {len(arguments)} arguments")

    def _argument(self, function: str) -> Value:
        if function == "FILL" and self._next in ("REPEAT", "LINEAR"):
            raise Unsupported(f"FILL with {self._next}")
        return self._binary(0)

    def _filled(self, series: Value, filler: Value) -> Value:
        if isinstance(series, float) or not isinstance(filler, float):
            raise Unsupported("FILL of anything but a time series with a number")
        return {**dict.fromkeys(self._request.periods, filler), **series}


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    while (found := _TOKEN.match(text, at)) is not None:
        if found["end"] is not None:
            return tokens
        tokens.append(found.group().strip())
        at = found.end()
    raise Unsupported(f"{text[at:].strip()[0]!r} in {text!r}")


def _combined(operation: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, float) and isinstance(right, float):
        try:
            return float(operation(left, right))
        except ZeroDivisionError:
            return {}
    result = {}
    for at in _timestamps(left) | _timestamps(right):
        try:
            result[at] = float(operation(_at(left, at), _at(right, at)))
        except ZeroDivisionError:
            continue
    return result


def _if(condition: Value, so: Value, otherwise: Value) -> Value:
    if isinstance(condition, float):
        return so if condition != 0 else otherwise
    result = {}
    for at, decides in condition.items():
        if decides != 0:
            result[at] = _at(so, at)
        elif isinstance(otherwise, float) or at in otherwise:
            result[at] = _at(otherwise, at)
    return result


def _timestamps(value: Value) -> set[float]:
    return set() if isinstance(value, float) else set(value)


def _at(value: Value, timestamp: float) -> float:
    return value if isinstance(value, float) else value.get(timestamp, 0.0)
