"""A flag as the edge has it: what evaluation needs, with hashes for its users, numbers for its dates, no `$ref`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeship.domain.bucketing import BUCKETS, hundredths, user_token
from edgeship.domain.flags.instants import epoch_seconds
from edgeship.domain.flags.logic.references import resolve_references
from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.segments import expanded
from edgeship.domain.flags.splits.positions import by_position


def snapshot_entry(
    flag: Mapping[str, Any],
    evaluators: Mapping[str, Any] | None = None,
    segments: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What `compile_flags` takes under the flag's key, which is not repeated in it.

    Args:
        flag: a flag's document, one that `edgeship.domain.flags.validation.validate.problems` finds no fault with.
        evaluators: the shared rules that the flag's targeting refers to by `{"$ref": name}`.
        segments: those that its rules refer to by `{"segment": name}`.

    Fields with their usual value are left out, and so is all that a disabled flag never comes to.
    When one of a flag's numbers has a fraction, all of them are written as floats: a client in Python that asks for a
    float refuses `1`.

    Raises:
        Malformed: the targeting refers to an evaluator, or a rule to a segment, that isn't there.
        ValueError: a date isn't one.
    """
    entry: dict[str, Any] = {"variants": wire_variants(flag["variants"]), "default_variant": flag["default_variant"]}
    if flag.get("enabled", True) is False:
        entry["off_variant"] = off_variant(flag)
    elif "off_variant" in flag:
        entry["off_variant"] = flag["off_variant"]
    for field in ("environments", "metadata", "flag_set"):
        if flag.get(field):
            entry[field] = flag[field]
    if flag.get("public", True) is False:
        entry["public"] = False
    if flag.get("enabled", True) is False:
        entry["enabled"] = False
        return entry
    return entry | _steps(flag, evaluators or {}, segments or {})


def _steps(flag: Mapping[str, Any], evaluators: Mapping[str, Any], segments: Mapping[str, Any]) -> dict[str, Any]:
    """What a flag that is enabled goes on with."""
    entry: dict[str, Any] = {}
    for field in ("starts_at", "ends_at"):
        if flag.get(field) is not None:
            entry[field] = epoch_seconds(flag[field])
    if flag.get("target_users"):
        # Sorted, so that their order reveals nothing about the names.
        entry["targets"] = sorted({user_token(user, flag["key"]) for user in flag["target_users"]})
        entry["target_variant"] = target_variant(flag)
    if flag.get("rules"):
        entry["rules"] = [_rule({**rule, "if": expanded(rule["if"], segments)}) for rule in flag["rules"]]
    gate = _gate(flag)
    if gate:
        # Earlier versions of the edge function refuse rules that are no list.
        entry["rules"] = {"gate": gate, "rules": entry.get("rules", [])}
    if flag.get("targeting"):
        entry["targeting"] = resolve_references(flag["targeting"], evaluators)
    if flag.get("rollout"):
        entry["rollout"] = _rollout(flag["rollout"])
    return entry


def _gate(flag: Mapping[str, Any]) -> dict[str, Any]:
    """What has to hold before target users and rules: see `evaluation.compile_flag.gate_and_rules`."""
    gate: dict[str, Any] = {}
    if flag.get("requires"):
        gate |= {"requires": dict(flag["requires"]), "unmet": off_variant(flag)}
    if flag.get("layer"):
        layer = flag["layer"]
        start, end, buckets = hundredths(layer["from"]), hundredths(layer["to"]), _buckets(layer)
        if buckets or (start, end) != (0, BUCKETS):
            gate["layer"] = {"name": layer["name"], "from": start, "to": end, **buckets}
    return gate


def wire_variants(variants: Mapping[str, Any]) -> dict[str, Any]:
    """The variants as answers write them: numbers are all floats when one of them is."""
    if any(type(value) is float for value in variants.values()):
        return {name: float(value) for name, value in variants.items()}
    return dict(variants)


def off_variant(flag: Mapping[str, Any]) -> str | None:
    """What everybody gets while the flag is disabled: `off_variant`, else the default variant if its value is the off
    value of its type (false, 0, "" or {}), else None: the default in the client's code."""
    if "off_variant" in flag:
        return _name(flag["off_variant"])
    default = flag["default_variant"]
    return None if default is None or flag["variants"][default] else str(default)


def _name(variant: object) -> str | None:
    return None if variant is None else str(variant)


def target_variant(flag: Mapping[str, Any]) -> str:
    """What target users get: `target_variant`, else the rollout's variant, else the first that isn't the default.

    Raises:
        Malformed: there is only the default.
    """
    chosen = flag.get("target_variant") or (flag.get("rollout") or {}).get("variant")
    if chosen is None:
        chosen = next((variant for variant in flag["variants"] if variant != flag["default_variant"]), None)
    if chosen is None:
        raise Malformed("target users have no variant to get but the default one")
    return str(chosen)


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    if "split" not in rule:
        return {name: rule[name] for name in ("if", "variant") if name in rule}
    weights = by_position(rule["split"])
    buckets = _buckets(rule)
    # Earlier versions of the edge function read an object by name and user, and refuse a list.
    if not buckets and weights == sorted(weights, key=lambda pair: pair[0]):
        return {"if": rule["if"], "split": dict(weights)}
    return {"if": rule["if"], "split": [list(pair) for pair in weights], **buckets}


def _buckets(part: Mapping[str, Any]) -> dict[str, Any]:
    """What is not the usual in how users get a bucket: the attribute, and the salt."""
    found = {name: part[name] for name in ("bucket_by", "seed") if part.get(name) is not None}
    if found.get("bucket_by") == "targetingKey":
        del found["bucket_by"]
    return found


def _rollout(plan: Mapping[str, Any]) -> dict[str, Any]:
    rollout = {"variant": plan["variant"], "percentage": plan.get("percentage", 0)}
    if plan.get("schedule"):
        rollout["schedule"] = [
            {"at": epoch_seconds(step["at"]), "percentage": step["percentage"]} for step in plan["schedule"]
        ]
    buckets = _buckets(plan)
    # Earlier versions of the edge function refuse a rollout without a variant, and would not read the buckets.
    return {"plan": rollout, **buckets} if buckets else rollout
