"""JsonLogic, compiled: `compile_logic(rule)` is a function of the data, with the semantics of npm `json-logic-js`.

Rules are the operators' authors', data are strangers': a rule's size and depth are bounded when it is compiled, and
what it does with the data when it runs. Other than in json-logic-js, data that look like rules are never evaluated,
`??`, `val` and `exists` are operators, and `-`, `/` and `%` take any number of arguments.
Source: https://jsonlogic.com and https://github.com/jwadhams/json-logic-js (version 2.0.5).
"""

from __future__ import annotations

from edgeship.domain.flags.logic.javascript import UNDEFINED, to_string, truthy
from edgeship.domain.flags.logic.logic_operators import ARITY, OPERATORS, follow
from edgeship.domain.flags.logic.values_cost import spend_on
from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.work import MAX_STEPS, spend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.work import Work

    Logic = Callable[[Any, Work], Any]
    Evaluate = Callable[..., Any]
    """Takes the data, and the steps that are left; those of one answer, when left out."""

MAX_DEPTH = 50
"""Operators inside each other, arrays counted."""

MAX_NODES = 2_000
"""Operators and values in one rule."""

NODE_STEPS = 4
"""Of an answer's work, that evaluating one of them takes."""

ITERATING = ("map", "filter", "all", "none", "some", "reduce")
LAZY = ("if", "?:", "and", "or", "??")
KNOWN = frozenset((*OPERATORS, *ITERATING, *LAZY))

OUTER_SCOPE = "reads outside of an iteration, which val and exists can't here: they read its element alone"


def is_rule(value: object) -> bool:
    """Whether a value is an operator with its arguments: an object with one key."""
    return type(value) is dict and len(value) == 1


def reads_outer_scope(name: str, values: object) -> bool:
    """Whether an operator's arguments begin with `[levels]`, which elsewhere climbs out of `map` and its like."""
    return name in ("val", "exists") and type(values) is list and bool(values) and type(values[0]) is list


def compile_logic(rule: object) -> Evaluate:
    """The rule as a function of the data, which raises LogicError where JavaScript throws, and OutOfWork.

    Raises:
        Malformed: an operator is not known, or the rule is too large or too deep.
    """
    compiler = _Compiler()
    logic = compiler.compile(rule, 0)

    def evaluate(data: Any, work: Work | None = None) -> Any:
        left = [MAX_STEPS] if work is None else work
        spend(left, NODE_STEPS * compiler.nodes)
        return logic(data, left)

    return evaluate


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
        if reads_outer_scope(name, values):
            raise Malformed(f"{name} {OUTER_SCOPE}")
        if name in LAZY:
            parts = [self.compile(value, depth + 1) for value in values]
            if name in ("if", "?:"):
                return _choice(parts)
            return _coalescence(parts) if name == "??" else _junction(parts, stops_at=name == "or")
        if name in ITERATING:
            return self._iterating(name, values, depth + 1)
        if name == "var" and values and type(values[0]) is str and values[0] and len(values) == 1:
            path = values[0].split(".")
            return lambda data, work: follow(data, path, None, work)
        return self._operation(name, values, depth + 1)

    def _operation(self, name: str, values: list[Any], depth: int) -> Logic:
        if name not in OPERATORS:
            raise Malformed(f"{name!r:.40} is not an operator")
        operator = OPERATORS[name]
        arguments = [self.compile(value, depth) for value in values]
        number = ARITY.get(name, len(arguments))
        # What is beyond the number is evaluated, too: it may fail.
        surplus = len(arguments) > number
        arguments += [_undefined] * (number - len(arguments))

        def operate(data: Any, work: Work) -> Any:
            values = [argument(data, work) for argument in arguments]
            for value in values:
                kind = type(value)
                if kind is str or kind is list:
                    spend_on(work, value)
            return operator(data, values[:number] if surplus else values, work)

        return operate

    def _iterating(self, name: str, values: list[Any], depth: int) -> Logic:
        source = self.compile(values[0], depth) if values else _undefined
        before = self.nodes
        body = self.compile(values[1], depth) if len(values) > 1 else _undefined
        cost = self.nodes - before + 1
        if name == "reduce":
            initial = self.compile(values[2], depth) if len(values) > 2 else _null
            return _reduction(source, body, initial, cost)
        finish = _FINISH[name]

        def iterate(data: Any, work: Work) -> Any:
            elements = source(data, work)
            if type(elements) is not list:
                elements = []
            spend(work, NODE_STEPS * len(elements) * cost)
            return finish(elements, lambda element: body(element, work))

        return iterate


def _undefined(_data: Any, _work: Work) -> Any:
    return UNDEFINED


def _null(_data: Any, _work: Work) -> Any:
    return None


def _choice(parts: list[Logic]) -> Logic:
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    otherwise = parts[-1] if len(parts) % 2 else _null

    def choose(data: Any, work: Work) -> Any:
        for condition, consequence in pairs:
            if truthy(condition(data, work)):
                return consequence(data, work)
        return otherwise(data, work)

    return choose


def _coalescence(parts: list[Logic]) -> Logic:
    def coalesce(data: Any, work: Work) -> Any:
        for part in parts:
            value = part(data, work)
            if value is not None and value is not UNDEFINED:
                return value
        return None

    return coalesce


def _junction(parts: list[Logic], *, stops_at: bool) -> Logic:
    def join(data: Any, work: Work) -> Any:
        value: Any = UNDEFINED
        for part in parts:
            value = part(data, work)
            if truthy(value) is stops_at:
                break
        return value

    return join


def _reduction(source: Logic, body: Logic, initial: Logic, cost: int) -> Logic:
    def reduce(data: Any, work: Work) -> Any:
        elements, accumulator = source(data, work), initial(data, work)
        if type(elements) is not list:
            return accumulator
        spend(work, NODE_STEPS * len(elements) * (cost + 1))
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
