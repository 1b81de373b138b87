"""A second implementation of evaluation: slow, obvious, and written from the documentation alone.

It works on flags as their file has them. Of JsonLogic it knows what the generated flags use, on operands of the same
type; the whole of JsonLogic is held against json-logic-js elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import datetime
from fractions import Fraction
from typing import Any

import mmh3
import semver

Answered = tuple[Any, str | None, str, str | None]
"""Value, variant, reason, error code."""


SEGMENTS: dict[str, Any] = {
    "paying": {"conditions": [{"attribute": "plan", "op": "in", "values": ["pro", "enterprise"]}]},
    "young-beta": {
        "conditions": [
            {"attribute": "beta", "op": "eq", "values": [True]},
            {"attribute": "age", "op": "number_lt", "values": [3]},
        ]
    },
}
"""Those of the generated flags."""


class KeyMissing(Exception):
    """A percentage has nobody to decide about."""


def evaluate(
    flag: dict[str, Any],
    context: dict[str, Any],
    now: float,
    environment: str,
    fallback: str | None,
    others: dict[str, dict[str, Any]] | None = None,
) -> Answered:
    """One flag's answer; `others` are the flags that it may require, by key."""
    user = context.get("targetingKey") or fallback or None
    attributes = dict(context)
    if user is not None:
        attributes["targetingKey"] = user
    try:
        if _in_force(flag, now, environment):
            for key, wanted in flag.get("requires", {}).items():
                other = (others or {}).get(key)
                answered = other and evaluate(other, context, now, environment, fallback, others)
                if not answered or answered[1] != wanted:
                    variant, reason = _off({**flag, "enabled": False}), "DISABLED"
                    break
            else:
                variant, reason = _decide(flag, attributes, now, environment, user)
        else:
            variant, reason = _off(flag), "DISABLED"
    except KeyMissing:
        return None, None, "ERROR", "TARGETING_KEY_MISSING"
    if variant is None:
        return None, None, reason, None
    if variant not in flag["variants"]:
        return None, None, "ERROR", "GENERAL"
    return flag["variants"][variant], variant, reason, None


def percent_bucket(user: str, salt: str) -> Fraction:
    """The bucket in per cent, by the formula of the documentation."""
    h = int(hashlib.sha256((user + salt).encode()).hexdigest()[:8], 16)
    return Fraction(h % 100) + Fraction(h // 100 % 100, 100)


def _decide(
    flag: dict[str, Any], context: dict[str, Any], now: float, environment: str, user: str | None
) -> tuple[Any, str]:
    default = flag["default_variant"]
    rollout = flag.get("rollout")
    if user in flag.get("target_users", []):
        others = [variant for variant in flag["variants"] if variant != default]
        return flag.get("target_variant") or (rollout["variant"] if rollout else others[0]), "TARGETING_MATCH"
    layer = _layer(flag)
    outside = layer and _outside(layer, context, user)
    if outside:
        return default, outside
    for rule in flag.get("rules", []):
        named, found = _who(rule, context, user)
        if (found is not None or not named) and all(condition_holds(condition, context) for condition in rule["if"]):
            if "variant" in rule:
                return rule["variant"], "TARGETING_MATCH"
            return _split(rule["split"], rule.get("seed") or flag["key"], found), "SPLIT"
    variant = _targeted(flag, context, now)
    if variant is not None:
        return variant, "TARGETING_MATCH"
    if rollout:
        return _rollout(rollout, default, flag["key"], _who(rollout, context, user), now)
    dynamic = ("starts_at", "ends_at", "requires", "target_users", "rules", "targeting")
    static = default is not None and not any(flag.get(field) for field in dynamic) and not layer
    return default, "STATIC" if static else "DEFAULT"


def _layer(flag: dict[str, Any]) -> dict[str, Any] | None:
    """The flag's layer, unless it has everybody."""
    layer: dict[str, Any] | None = flag.get("layer")
    everybody = layer and (layer["from"], layer["to"]) == (0, 100)
    return None if everybody and (layer or {}).get("bucket_by") in (None, "targetingKey") else layer


def _outside(layer: dict[str, Any], context: dict[str, Any], user: str | None) -> str | None:
    """The reason for those who are outside of the layer."""
    named, found = _who(layer, context, user)
    if named and found is None:
        return "DEFAULT"
    if found is None:
        raise KeyMissing
    bucket = percent_bucket(found, "layer:" + layer["name"])
    return None if Fraction(str(layer["from"])) <= bucket < Fraction(str(layer["to"])) else "SPLIT"


def _targeted(flag: dict[str, Any], context: dict[str, Any], now: float) -> Any:
    if not flag.get("targeting"):
        return None
    return _logic(flag["targeting"], {**context, "$flagd": {"flagKey": flag["key"], "timestamp": int(now)}})


def _who(part: dict[str, Any], context: dict[str, Any], user: str | None) -> tuple[bool, str | None]:
    """Whether the part names an attribute, and who has the bucket."""
    name = part.get("bucket_by") or "targetingKey"
    if name == "targetingKey":
        return False, user
    value = _attribute(name, context)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return True, None
    if isinstance(value, str):
        return True, value or None
    return True, f"{value:.0f}" if value == int(value) and abs(value) < 2**53 else None


def _off(flag: dict[str, Any]) -> str | None:
    default = flag["default_variant"]
    if "off_variant" in flag:
        return flag["off_variant"]
    if flag.get("enabled", True):
        return default
    return default if default is not None and flag["variants"][default] in (False, 0, "", {}) else None


def _in_force(flag: dict[str, Any], now: float, environment: str) -> bool:
    if not flag.get("enabled", True):
        return False
    if flag.get("environments") and environment not in flag["environments"]:
        return False
    if flag.get("starts_at") and now < datetime.fromisoformat(flag["starts_at"]).timestamp():
        return False
    return not flag.get("ends_at") or now < datetime.fromisoformat(flag["ends_at"]).timestamp()


def _rollout(
    rollout: dict[str, Any], default: str, key: str, who: tuple[bool, str | None], now: float
) -> tuple[str, str]:
    named, user = who
    if named and user is None:
        return default, "DEFAULT"
    percentage = rollout.get("percentage", 0)
    for step in rollout.get("schedule") or []:
        if datetime.fromisoformat(step["at"]).timestamp() <= now:
            percentage = step["percentage"]
    if percentage in (0, 100):
        return (str(rollout["variant"]) if percentage else default), "SPLIT"
    if user is None:
        raise KeyMissing
    inside = percent_bucket(user, rollout.get("seed") or key) < Fraction(str(percentage))
    return (str(rollout["variant"]) if inside else default), "SPLIT"


def _split(split: dict[str, float], key: str, user: str | None) -> str:
    if user is None:
        raise KeyMissing
    weights = {variant: Fraction(str(share)) for variant, share in _laid_out(split)}
    share = percent_bucket(user, key) / 100
    reached = Fraction(0)
    for variant, weight in weights.items():
        reached += weight / sum(weights.values())
        if share < reached:
            return variant
    raise AssertionError("the shares add up to one")


def _laid_out(split: dict[str, Any]) -> list[tuple[str, float]]:
    """Variant by variant of the file: each is put behind its predecessors, or right behind the one it takes from."""
    order: list[str] = []
    waiting = dict(split)
    while waiting:
        name = next(n for n, share in waiting.items() if not isinstance(share, dict) or share["from"] in order)
        share = waiting.pop(name)
        order.insert(order.index(share["from"]) + 1 if isinstance(share, dict) else len(order), name)
    return [(n, split[n]["percent"] if isinstance(split[n], dict) else split[n]) for n in order]


def condition_holds(condition: dict[str, Any], context: dict[str, Any]) -> bool:
    if "segment" in condition:
        inner = [condition_holds(each, context) for each in SEGMENTS[condition["segment"]]["conditions"]]
        return all(inner) is not condition.get("negate", False)
    value = _attribute(condition["attribute"], context)
    op, values = condition["op"], condition.get("values", [])
    if op == "exists":
        return (value is None) if values == [False] else (value is not None)
    if value is None:
        return False
    elements = value if isinstance(value, list) else [value]
    if op in ("not_in", "ne"):
        return not any(_same(element, wanted) for element in elements for wanted in values)
    if op == "semver_ne":
        parsed = [_version(element) for element in elements]
        return None not in parsed and not any(version == _version(wanted) for version in parsed for wanted in values)
    if op == "number_ne":
        found = [_number(element) for element in elements]
        return None not in found and not any(number == _number(wanted) for number in found for wanted in values)
    if op == "ne_ignore_case":
        return not any(_fits("eq_ignore_case", element, wanted) for element in elements for wanted in values)
    if op == "contains" and not isinstance(value, list):
        return isinstance(value, str) and any(isinstance(wanted, str) and wanted in value for wanted in values)
    return any(_fits(op, element, wanted) for element in elements for wanted in values)


def _number(value: Any) -> Fraction | None:
    if isinstance(value, str) and len(value) <= 64:
        try:
            value = json.loads(value) if value == value.strip() else None
        except ValueError:
            return None
    finite = not isinstance(value, bool) and isinstance(value, int | float) and abs(value) != math.inf
    return Fraction(value) if finite else None


def _date(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) > 40 or value[10:11] not in ("T", "t"):
        return None
    try:
        found = datetime.fromisoformat(re.sub(r"([.]\d{1,6})\d*", r"\1", value.upper()))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _fits_read(op: str, element: Any, wanted: Any) -> bool:
    kind, _, comparison = op.partition("_")
    if not op.endswith("_ignore_case"):
        left, right = (_date(element), _date(wanted)) if kind == "date" else (_number(element), _number(wanted))
        if left is None or right is None:
            return False
        order = (left > right) - (left < right)  # type: ignore[operator]
        return (
            order
            in {"before": (-1,), "after": (1,), "eq": (0,), "lt": (-1,), "lte": (-1, 0), "gt": (1,), "gte": (0, 1)}[
                comparison
            ]
        )
    if not isinstance(element, str):
        return False
    left_text, right_text = element.casefold(), wanted.casefold()
    if op == "contains_ignore_case":
        return right_text in left_text
    return left_text == right_text if kind == "eq" else _fits(op.removesuffix("_ignore_case"), left_text, right_text)


def _fits(op: str, element: Any, wanted: Any) -> bool:
    if op in ("in", "eq", "contains"):
        return _same(element, wanted)
    if op.endswith("_ignore_case") or op.startswith(("date_", "number_")):
        return _fits_read(op, element, wanted)
    if op in ("lt", "lte", "gt", "gte"):
        if isinstance(element, bool) or not isinstance(element, int | float):
            return False
        return bool(
            {"lt": element < wanted, "lte": element <= wanted, "gt": element > wanted, "gte": element >= wanted}[op]
        )
    if not isinstance(element, str):
        return False
    if op == "matches":
        return len(element) <= 256 and re.search(wanted, element) is not None
    if op.startswith("semver_"):
        left, right = _version(element), _version(wanted)
        if left is None or right is None:
            return False
        order = left.compare(right)
        return {"eq": order == 0, "lt": order < 0, "lte": order <= 0, "gt": order > 0, "gte": order >= 0}[op[7:]]
    return element.startswith(wanted) if op == "starts_with" else element.endswith(wanted)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    return (numbers or (isinstance(left, str) and isinstance(right, str))) and left == right


def _version(text: Any) -> semver.Version | None:
    if not isinstance(text, str):
        return None
    text = text[1:] if text[:1] in ("v", "V") else text
    core = re.split("[-+]", text, maxsplit=1)[0]
    padding = ".0" * (2 - core.count("."))
    try:
        return semver.Version.parse(text + padding if core == text else text)
    except ValueError:
        return None


def _attribute(name: str, context: dict[str, Any]) -> Any:
    if context.get(name) is not None:
        return context[name]
    value: Any = context
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _logic(rule: Any, data: Any) -> Any:
    if isinstance(rule, list):
        return [_logic(part, data) for part in rule]
    if not isinstance(rule, dict) or len(rule) != 1:
        return rule
    [(name, args)] = rule.items()
    args = args if isinstance(args, list) else [args]
    if name == "if":
        while len(args) > 1:
            if _logic(args[0], data):
                return _logic(args[1], data)
            args = args[2:]
        return _logic(args[0], data) if args else None
    return _eager(name, [_logic(arg, data) for arg in args], data)


def _eager(name: str, args: list[Any], data: dict[str, Any]) -> Any:
    if name == "var":
        value: Any = data
        for part in args[0].split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value
    if name == "===":
        return args[0] == args[1]
    if name == "in":
        return args[0] in args[1]
    if name == ">=":
        return args[0] >= args[1]
    if name == "ends_with":
        return args[0].endswith(args[1]) if isinstance(args[0], str) else None
    if name == "fractional":
        return _fractional(args, data)
    raise AssertionError(f"the generated flags don't use {name}")


def _fractional(shares: list[Any], data: dict[str, Any]) -> Any:
    if not data.get("targetingKey"):
        return None
    hashed = mmh3.hash(data["$flagd"]["flagKey"] + data["targetingKey"], signed=False)
    total = sum(weight for _, weight in shares)
    reached = 0
    for variant, weight in shares:
        reached += weight
        if Fraction(hashed, 2**32) < Fraction(reached, total):
            # The bucket is the whole number below hashed / 2**32 * total, and reached is whole: the same question.
            return variant
    return None
