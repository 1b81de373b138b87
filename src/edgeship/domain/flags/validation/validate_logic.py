"""The faults of a JsonLogic rule, found without evaluating it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeship.domain.flags.logic.jsonlogic import KNOWN, MAX_DEPTH, MAX_NODES, is_rule
from edgeship.domain.flags.logic.references import REFERENCE, is_reference
from edgeship.domain.json_pointer import under

Problem = tuple[str, str]


def logic_problems(place: str, rule: object, evaluators: object) -> Iterator[Problem]:
    """Every unknown operator and reference; size and depth count with the evaluators put in.

    Args:
        place: the JSON pointer of the rule.
        rule: the rule.
        evaluators: the shared rules; None inside of one, since it may not refer to another.
    """
    if rule is None or rule == {}:
        return
    yield from _operators(place, rule, evaluators, 0)
    known = evaluators if isinstance(evaluators, dict) else {}
    parts, depth = _size(rule, known, 0)
    if parts > MAX_NODES:
        yield place, f"the rule has more than {MAX_NODES:,} parts"
    if depth > MAX_DEPTH:
        yield place, f"the rule has more than {MAX_DEPTH} levels"


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
        else:
            yield from _operators(
                under(place, name), values, evaluators, depth if isinstance(values, list) else depth + 1
            )


def _size(rule: Any, evaluators: dict[str, Any], depth: int) -> tuple[int, int]:
    """The parts and the deepest level, as the compiler counts them."""
    if depth > MAX_DEPTH + 1:
        return 1, depth
    if is_reference(rule):
        # An evaluator's own references are refused elsewhere; here they would go round.
        return _size(evaluators.get(rule[REFERENCE]), {}, depth)
    if isinstance(rule, list):
        inner = rule
    elif is_rule(rule):
        [values] = rule.values()
        inner = values if isinstance(values, list) else [values]
    else:
        return 1, depth
    parts, deepest = 1, depth
    for part in inner:
        more, level = _size(part, evaluators, depth + 1)
        parts, deepest = parts + more, max(deepest, level)
    return parts, deepest
