"""A flag that chooses a channel's release, compiled to what the router can decide: a moving path knows the user alone.

The compiled route is `{"k": salt, "p": [[at, shares, target], ...]}`. Of its phases, the last whose time has come
counts, the first before all of them; `at` is in epoch seconds. `shares` are `[[end, choice], ...]`: the first whose end
is above the user's bucket counts, and the last ends with the last bucket. `target`, left out where a phase has none,
is the choice of the users whose tokens are keys of their own (edgeship.domain.edge.route_values). A choice is an index
of the widget's releases, or -1 for what the channel means without the flag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.bucketing import BUCKETS, hundredths, share_ends
from edgeship.domain.flags.evaluation.compile_flag import gate_and_rules
from edgeship.domain.flags.evaluation.conditions import compile_condition
from edgeship.domain.flags.evaluation.rules import in_order
from edgeship.domain.flags.work import MAX_STEPS

KNOWN_ATTRIBUTES = frozenset({"widget", "channel"})
"""Of a flag's context: the same for every request to a channel."""
MAX_TARGETS = 1_000
"""Target users of a flag that routes a channel: each is a key of the edge's store."""

Choice = Callable[[Any], int]
"""The index of the release that a variant's value names; -1 when it names none that may be chosen."""
Shares = list[list[int]]


@dataclass(frozen=True)
class FlagRoute:
    """`compiled` for the router, and the tokens of the flag's target users."""

    compiled: dict[str, Any]
    targets: tuple[str, ...]


class NotRoutable(Exception):
    """The router cannot decide the flag; the message is the part that is in the way."""


def compile_route(
    key: str, entry: Mapping[str, Any], environment: str, widget: str, channel: str, choice: Choice
) -> FlagRoute:
    """Compile what `edgeship.domain.flags.snapshot_entry` makes of a flag without a fault.

    Raises:
        NotRoutable: it needs attributes other than the user, or has too many target users.
    """
    # No variant is what the client's own code does, and here what the channel does without the flag.
    variants: dict[str | None, int] = {name: choice(value) for name, value in entry["variants"].items()} | {None: -1}
    off: list[Any] = [0, _everybody(variants[entry.get("off_variant", entry["default_variant"])])]
    environments = entry.get("environments", ())
    if entry.get("enabled", True) is not True or (environments and environment not in environments):
        return FlagRoute({"k": key, "p": [off]}, ())
    gate, rules = gate_and_rules(dict(entry))
    if "requires" in gate:
        raise NotRoutable(f"it requires the flag {next(iter(gate['requires']))!r:.80}")
    if "layer" in gate:
        raise NotRoutable(f"it is in the layer {gate['layer']['name']!r:.80}")
    entry = {**entry, "rules": rules}
    targets = tuple(entry.get("targets", ()))
    if len(targets) > MAX_TARGETS:
        raise NotRoutable(f"it has {len(targets):,} target users, and a route takes {MAX_TARGETS:,}")
    following = _following(entry, {"widget": widget, "channel": channel}, variants)
    target = [variants[entry["target_variant"]]] if targets else []
    phases = [[at, shares, *target] for at, shares in following]
    return FlagRoute({"k": key, "p": _between(entry.get("starts_at"), entry.get("ends_at"), off, phases)}, targets)


def _between(start: float | None, end: float | None, off: list[Any], phases: list[list[Any]]) -> list[list[Any]]:
    """The phases from `start` to `end`, and the default before and after."""
    if start is not None and end is not None and end <= start:
        return [off]
    kept = phases
    if start is not None:
        begun = [phase for phase in phases[1:] if phase[0] <= start]
        current = (begun or phases[:1])[-1]
        kept = [off, [start, *current[1:]], *(phase for phase in phases[1:] if phase[0] > start)]
    if end is not None:
        kept = [kept[0], *(phase for phase in kept[1:] if phase[0] < end), [end, *off[1:]]]
    return kept


def _following(
    entry: Mapping[str, Any], context: Mapping[str, str], variants: Mapping[str | None, int]
) -> list[tuple[float, Shares]]:
    """What users get who are no target users: the shares from each time on."""
    for number, rule in enumerate(entry.get("rules", ()), 1):
        if _always_holds(number, rule, context):
            _check_buckets(f"rule {number}", rule)
            return [(0, _outcome(rule, variants))]
    if entry.get("targeting"):
        raise NotRoutable("targeting")
    plan = entry.get("rollout")
    default = variants[entry["default_variant"]]
    if not plan:
        return [(0, _everybody(default))]
    _check_buckets("the rollout", plan)
    inside = variants[plan["variant"]]
    steps = sorted(plan.get("schedule", ()), key=lambda step: step["at"])  # stable: of equal times, the last counts
    at_times = [(0, plan["percentage"]), *((step["at"], step["percentage"]) for step in steps)]
    return [(at, _percentage(percentage, inside, default)) for at, percentage in at_times]


def _check_buckets(what: str, part: Mapping[str, Any]) -> None:
    if "bucket_by" in part:
        raise NotRoutable(f"{what} has buckets of the attribute {part['bucket_by']!r:.80}")
    if "seed" in part:
        raise NotRoutable(f"{what} has a seed")


def _always_holds(number: int, rule: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Whether a rule holds for every request, or for none.

    Raises:
        NotRoutable: that depends on more.
    """
    unknown = [attribute for c in rule["if"] for attribute in _attributes(c) if attribute not in KNOWN_ATTRIBUTES]
    known = (c for c in rule["if"] if KNOWN_ATTRIBUTES.issuperset(_attributes(c)))
    if not all(compile_condition(condition)(dict(context), [MAX_STEPS]) for condition in known):
        return False
    if unknown:
        raise NotRoutable(f"rule {number} asks for the attribute {unknown[0]!r:.80}")
    return True


def _attributes(condition: Mapping[str, Any]) -> list[str]:
    return [inner["attribute"] for inner in condition.get("not", (condition,))]


def _outcome(rule: Mapping[str, Any], variants: Mapping[str | None, int]) -> Shares:
    if "split" not in rule:
        return _everybody(variants[rule["variant"]])
    weights = in_order(rule["split"])
    ends = share_ends(weight for _, weight in weights)
    return [[end, variants[variant]] for end, (variant, _) in zip(ends, weights, strict=True)]


def _percentage(percentage: float, inside: int, outside: int) -> Shares:
    end = hundredths(percentage)
    if not 0 < end < BUCKETS:
        return _everybody(inside if end else outside)
    return [[end, inside], [BUCKETS, outside]]


def _everybody(choice: int) -> Shares:
    return [[BUCKETS, choice]]
