"""The faults of a JsonLogic rule, found without evaluating it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeship.domain.flags.logic.jsonlogic import (
    KNOWN,
    MAX_DEPTH,
    MAX_NODES,
    OUTER_SCOPE,
    is_rule,
    reads_outer_scope,
)
from edgeship.domain.flags.logic.references import REFERENCE, is_reference
from edgeship.domain.json_pointer import under

Problem = tuple[str, str]

MAX_TEXT = 100_000
"""Characters of all texts in a rule, with the evaluators put in: an evaluator is one text, however often it is used."""


def logic_problems(place: str, rule: object, evaluators: object) -> Iterator[Problem]:
    """Every unknown operator and reference; size and depth count with the evaluators put in.

    Args:
        place: the JSON pointer of the rule.
        rule: the rule.
        evaluators: the shared rules; None inside of one, since it may not refer to another.
    """
    if rule is None or rule == {}:
        return
    if isinstance(rule, dict) and len(rule) > 1:
        yield place, f"has {len(rule)} operators side by side; a rule has one"
    yield from _operators(place, rule, evaluators, 0)
    size = _Size()
    size.add(rule, evaluators if isinstance(evaluators, dict) else {}, 0)
    if size.parts > MAX_NODES:
        yield place, f"the rule has more than {MAX_NODES:,} parts"
    if size.text > MAX_TEXT:
        yield place, f"the rule has more than {MAX_TEXT:,} characters of text"
    if size.depth > MAX_DEPTH:
        yield place, f"the rule has more than {MAX_DEPTH} levels"


def logic_parts(rule: object) -> int:
    """The parts of a rule without references; each takes `NODE_STEPS` of an answer's work."""
    size = _Size()
    if rule:
        size.add(rule, {}, 0)
    return size.parts


def _operators(place: str, rule: Any, evaluators: object, depth: int) -> Iterator[Problem]:
    if depth > MAX_DEPTH + 1:
        return
    if isinstance(rule, list):
        for index, part in enumerate(rule):
            yield from _operators(under(place, index), part, evaluators, depth + 1)
    elif is_reference(rule):
        if evaluators is None:
            yield place, "an evaluator can't refer to another one"
        elif not isinstance(evaluators, dict) or rule[REFERENCE] not in evaluators:
            yield place, f"there is no evaluator {rule[REFERENCE]!r:.80}"
    elif is_rule(rule):
        [(name, values)] = rule.items()
        if name not in KNOWN:
            yield under(place, name), f"{name!r:.40} is not an operator of JsonLogic or flagd"
        elif reads_outer_scope(name, values):
            yield under(place, name), OUTER_SCOPE
        else:
            yield from _operators(
                under(place, name), values, evaluators, depth if isinstance(values, list) else depth + 1
            )


class _Size:
    """The parts, as the compiler counts them, the text and the deepest level; counting ends where one is too much."""

    def __init__(self) -> None:
        self.parts = self.text = self.depth = 0

    def add(self, rule: Any, evaluators: dict[str, Any], depth: int) -> None:
        if is_reference(rule):
            # An evaluator's own references are refused elsewhere; here they would go round.
            rule, evaluators = evaluators.get(rule[REFERENCE]), {}
        self.parts, self.depth = self.parts + 1, max(self.depth, depth)
        if self.parts > MAX_NODES or self.text > MAX_TEXT or depth > MAX_DEPTH:
            return
        if isinstance(rule, list):
            inner = rule
        elif is_rule(rule):
            [(operator, values)] = rule.items()
            self.text += len(operator)
            inner = values if isinstance(values, list) else [values]
        else:
            self.text += len(rule) if isinstance(rule, str) else len(str(rule)) if isinstance(rule, dict) else 0
            return
        for part in inner:
            self.add(part, evaluators, depth + 1)
