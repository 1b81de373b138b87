"""JsonLogic, compiled: `compile_logic(rule)` is a function of the data, with the semantics of npm `json-logic-js`.

Rules are the operators' authors', data are strangers': a rule's size and depth are bounded when it is compiled, and
what it does with the data when it runs. Other than in json-logic-js, data that look like rules are never evaluated.
Source: https://jsonlogic.com and https://github.com/jwadhams/json-logic-js (version 2.0.5).
"""

from __future__ import annotations

from edgeship.domain.flags.logic.javascript import UNDEFINED, LogicError, to_string, truthy
from edgeship.domain.flags.logic.logic_operators import ARITY, OPERATORS, follow
from edgeship.domain.flags.malformed import Malformed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Logic = Callable[[Any, list[int]], Any]
    """Takes the data, and a list of one number, the work that is left."""

MAX_DEPTH = 50
"""Operators inside each other, arrays counted."""

MAX_NODES = 2_000
"""Operators and values in one rule."""

MAX_WORK = 50_000
"""Nodes that `map` and its like may evaluate for one answer: some tens of milliseconds."""

ITERATING = ("map", "filter", "all", "none", "some", "reduce")
LAZY = ("if", "?:", "and", "or")
KNOWN = frozenset((*OPERATORS, *ITERATING, *LAZY))


def is_rule(value: object) -> bool:
    """Whether a value is an operator with its arguments: an object with one key."""
    return type(value) is dict and len(value) == 1


def compile_logic(rule: object) -> Callable[[Any], Any]:
    """The rule as a function of the data, which raises LogicError where JavaScript throws and when it works too long.

    Raises:
        Malformed: an operator is not known, or the rule is too large or too deep.
    """
    logic = _Compiler().compile(rule, 0)
    return lambda data: logic(data, [MAX_WORK])


class _Compiler:
    def __init__(self) -> None:
        self.nodes = 0

    def compile(self, rule: Any, depth: int) -> Logic:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise Malformed(f"a rule has at most {MAX_DEPTH} levels and {MAX_NODES:,} parts")
        if type(rule) is list:
            elements = [self.compile(element, depth + 1) for element in rule]
            return lambda data, work: [element(data, work) for element in elements]
        if not is_rule(rule):
            return lambda _data, _work: rule
        [(name, values)] = rule.items()
        values = values if type(values) is list else [values]
        if name in LAZY:
            parts = [self.compile(value, depth + 1) for value in values]
            return _choice(parts) if name in ("if", "?:") else _junction(parts, stops_at=name == "or")
        if name in ITERATING:
            return self._iterating(name, values, depth + 1)
        if name == "var" and values and type(values[0]) is str and values[0] and len(values) == 1:
            path = values[0].split(".")
            return lambda data, _work: follow(data, path, None)
        if name not in OPERATORS:
            raise Malformed(f"{name!r:.40} is not an operator")
        operator = OPERATORS[name]
        arguments = [self.compile(value, depth + 1) for value in values]
        if name in ARITY:
            arguments = (arguments + [_undefined] * ARITY[name])[: ARITY[name]]
        return lambda data, work: operator(data, [argument(data, work) for argument in arguments])

    def _iterating(self, name: str, values: list[Any], depth: int) -> Logic:
        source = self.compile(values[0], depth) if values else _undefined
        before = self.nodes
        body = self.compile(values[1], depth) if len(values) > 1 else _undefined
        cost = self.nodes - before + 1
        if name == "reduce":
            initial = self.compile(values[2], depth) if len(values) > 2 else _null
            return _reduction(source, body, initial, cost)
        finish = _FINISH[name]

        def iterate(data: Any, work: list[int]) -> Any:
            elements = source(data, work)
            if type(elements) is not list:
                elements = []
            _spend(work, len(elements) * cost)
            return finish(elements, lambda element: body(element, work))

        return iterate


def _spend(work: list[int], amount: int) -> None:
    work[0] -= amount
    if work[0] < 0:
        raise LogicError("the rule goes through too many elements")


def _undefined(_data: Any, _work: list[int]) -> Any:
    return UNDEFINED


def _null(_data: Any, _work: list[int]) -> Any:
    return None


def _choice(parts: list[Logic]) -> Logic:
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    otherwise = parts[-1] if len(parts) % 2 else _null

    def choose(data: Any, work: list[int]) -> Any:
        for condition, consequence in pairs:
            if truthy(condition(data, work)):
                return consequence(data, work)
        return otherwise(data, work)

    return choose


def _junction(parts: list[Logic], *, stops_at: bool) -> Logic:
    def join(data: Any, work: list[int]) -> Any:
        value: Any = UNDEFINED
        for part in parts:
            value = part(data, work)
            if truthy(value) is stops_at:
                break
        return value

    return join


def _reduction(source: Logic, body: Logic, initial: Logic, cost: int) -> Logic:
    def reduce(data: Any, work: list[int]) -> Any:
        elements, accumulator = source(data, work), initial(data, work)
        if type(elements) is not list:
            return accumulator
        _spend(work, len(elements) * cost)
        for element in elements:
            accumulator = body({"current": element, "accumulator": accumulator}, work)
        return accumulator

    return reduce


_FINISH: dict[str, Callable[[list[Any], Callable[[Any], Any]], Any]] = {
    "map": lambda elements, body: [body(element) for element in elements],
    "filter": lambda elements, body: [element for element in elements if truthy(body(element))],
    "all": lambda elements, body: bool(elements) and all(truthy(body(element)) for element in elements),
    "none": lambda elements, body: not any(truthy(body(element)) for element in elements),
    "some": lambda elements, body: any(truthy(body(element)) for element in elements),
}


def variant_of(result: Any) -> str | None:
    """The variant that a rule's result names, None when it names none; true and false are "true" and "false"."""
    if result is None or result is UNDEFINED:
        return None
    return to_string(result) if type(result) in (str, bool) else ""
