"""flagd's rules as ours: the operator that `fractional` is, and what a rule makes of a flag's key."""

from __future__ import annotations

from typing import Any


def rewritten(rule: Any, fractional: str, key: str | None = None) -> Any:
    """The rule with the operator `fractional` for its `fractional`.

    With `key`, it is the rule of a flag that has another key here: the rule still reads this one, and hashes it, so
    that every user keeps the variant.
    """
    if isinstance(rule, list):
        return [rewritten(part, fractional, key) for part in rule]
    if not isinstance(rule, dict) or len(rule) != 1:
        return rule
    [(operator, values)] = rule.items()
    if key is not None and operator == "var" and _first(values) == "$flagd.flagKey":
        return key
    values = rewritten(values, fractional, key)
    if operator != "fractional":
        return {operator: values}
    return {fractional: values if key is None or not isinstance(values, list) else _hashing(values, key)}


def _first(values: Any) -> Any:
    return values[0] if isinstance(values, list) and values else values


def _hashing(values: list[Any], key: str) -> list[Any]:
    """What `fractional` hashes of itself, written out: the key and the targetingKey, nothing without one."""
    by = {"if": [{"var": "targetingKey"}, {"cat": [key, {"var": "targetingKey"}]}, None]}
    if not values or isinstance(values[0], list):
        return [by, *values]
    return values if isinstance(values[0], str) else [{"??": [values[0], by]}, *values[1:]]
