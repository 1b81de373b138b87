"""flagd's shared rules: `{"$ref": name}` in a targeting stands for the evaluator of that name.

An evaluator refers to no other one. Source: https://flagd.dev/reference/flag-definitions/#shared-evaluators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeship.domain.flags.malformed import Malformed

REFERENCE = "$ref"


def is_reference(rule: object) -> bool:
    return isinstance(rule, dict) and len(rule) == 1 and isinstance(rule.get(REFERENCE), str)


def references_in(rule: Any) -> set[str]:
    """The names of the evaluators that a rule refers to."""
    if isinstance(rule, list):
        return set().union(*map(references_in, rule))
    if is_reference(rule):
        return {rule[REFERENCE]}
    if isinstance(rule, dict) and len(rule) == 1:
        return set().union(*map(references_in, rule.values()))
    return set()


def resolve_references(rule: Any, evaluators: Mapping[str, Any]) -> Any:
    """The rule with every reference replaced.

    Raises:
        Malformed: an evaluator isn't there.
    """
    if isinstance(rule, list):
        return [resolve_references(part, evaluators) for part in rule]
    if is_reference(rule):
        name = rule[REFERENCE]
        if name not in evaluators:
            raise Malformed(f"there is no evaluator {name!r:.80}")
        return evaluators[name]
    # An object with more or fewer names is no rule but data, and left as it is.
    if isinstance(rule, dict) and len(rule) == 1:
        return {operator: resolve_references(values, evaluators) for operator, values in rule.items()}
    return rule
