"""A flag that routes a channel chooses at the router what it answers everywhere else."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.domain.bucketing import BUCKETS, bucket
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Step, start
from edgeship.domain.edge.flag_route import NotRoutable, compile_route
from edgeship.domain.edge.route_values import Routes, store_values
from edgeship.domain.edge.router import Redirect, Request, route
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.flags.evaluation.compile_flags import Flags, compile_flags
from edgeship.domain.flags.segments import expanded
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.flags.validation.validate import problems
from edgeship.domain.version import Version
from tests.domain.channels.test_assignment import NOW
from tests.domain.flags.evaluation.test_evaluation_property import USERS, instants, percentages
from tests.domain.flags.evaluation.test_evaluation_property import flags as any_flags
from tests.support import reference_evaluator as reference
from tests.support.flags import boolean
from tests.support.pytest_plugins.fuzz import examples
from tests.support.releases import a_live_release

RELEASES = [a_live_release(version) for version in ("1.0.0", "1.1.0", "2.0.0", "3.0.0-rc.1")]
NAMED = {
    "1.0.0": "1.0.0",
    "v2.0.0": "2.0.0",
    "3.0.0-rc.1": "3.0.0-rc.1",
    "~1": "1.1.0",
    "1.0": "1.0.0",
    "~2": "2.0.0",
    "~next": "3.0.0-rc.1",
    "latest": "1.0.0",
}
"""What values name; all others name nothing."""
VALUES = (*NAMED, "ghost", "9.9.9", "~3", "")
CHANNELS = ("latest", "beta")
ENVIRONMENT = "production"


def routed(flag: dict[str, Any], channel: str, *, rollout: bool = False) -> Routes:
    """The routes of `checkout`, of which the flag routes one channel, and a rollout to 1.1.0 may run there."""
    running = start(Version.parse("1.1.0"), (Step(50, 0), Step(100, 0)), NOW) if rollout else None
    by_flag = Channel("checkout", channel, Version.parse("1.0.0"), flag=flag["key"], rollout=running)
    others = [
        Channel("checkout", "latest", Version.parse("1.0.0")),
        Channel("checkout", "next", Version.parse("3.0.0-rc.1")),
    ]
    channels = [by_flag, *(other for other in others if other.name != channel)]
    return routes_of(channels, RELEASES, "pin", {flag["key"]: entry_of(flag)}, ENVIRONMENT)


def entry_of(flag: dict[str, Any]) -> dict[str, Any]:
    """As the snapshot has it, which goes through JSON."""
    entry: dict[str, Any] = json.loads(json.dumps(snapshot_entry(flag, None, reference.SEGMENTS)))
    return entry


def served(values: dict[str, str], channel: str, user: str, now: float) -> str:
    path = "latest" if channel == "latest" else f"~{channel}"
    outcome = route(Request(f"/checkout/{path}/x", query={"user": [quote(user, safe="")]}, now=now), values.get)
    assert isinstance(outcome, Redirect)
    return outcome.version


def answered(flags: Flags, key: str, channel: str, user: str, now: float) -> Any:
    return flags.evaluate(key, {"targetingKey": user, "widget": "checkout", "channel": channel}, now).value


@cache
def one_user_for_each_bucket(key: str) -> list[str]:
    found: dict[int, str] = {}
    number = 0
    while len(found) < BUCKETS:
        user = f"u{number}"
        found.setdefault(bucket(user, key), user)
        number += 1
    return [found[number] for number in range(BUCKETS)]


def users_at_the_ends(key: str, phases: list[Any]) -> list[str]:
    """The users on both sides of each share's end, target users, and some more."""
    users = one_user_for_each_bucket(key)
    ends = {end for phase in phases for end, _ in phase[1]}
    places = {place for end in ends for place in (end - 1, end) if 0 <= place < BUCKETS}
    return [*(users[place] for place in sorted(places)), *USERS[:5], *USERS[-2:]]


def times(entry: dict[str, Any]) -> list[float]:
    """Before, at and after each of the flag's dates."""
    dates = [entry[field] for field in ("starts_at", "ends_at") if field in entry]
    dates += [step["at"] for step in entry.get("rollout", {}).get("schedule", ())]
    return [0.0, 4e9, *(date + more for date in dates for more in (-0.001, 0, 0.001))]


known_conditions = st.builds(
    lambda attribute, op, values: {"attribute": attribute, "op": op, "values": values},
    st.sampled_from(["widget", "channel"]),
    st.sampled_from(["in", "not_in", "eq", "ne", "contains", "starts_with", "ends_with", "matches"]),
    st.lists(st.sampled_from(["checkout", "latest", "beta", "chat", "check", "t"]), min_size=1, max_size=2),
)
existing = st.sampled_from([{"attribute": "widget", "op": "exists", "values": [known]} for known in (True, False)])


@st.composite
def route_flags(draw: st.DrawFn) -> dict[str, Any]:
    """A flag as the tests of evaluation draw them, whose variants name releases, and whose rules often know enough."""
    flag = draw(any_flags())
    names = list(flag["variants"])
    values = draw(st.lists(st.sampled_from(VALUES), min_size=len(names), max_size=len(names)))
    flag["variants"] = dict(zip(names, values, strict=True))
    # Most of the flags as they are drawn are switched off, or one rule is for everybody.
    for field in ("enabled", "environments", "targeting", "rules"):
        if draw(st.integers(0, 3)):
            flag.pop(field, None)
    if draw(st.booleans()):
        flag |= {"target_users": USERS[:3], "target_variant": draw(st.sampled_from(names))}
    if "rollout" not in flag or draw(st.booleans()):
        steps = draw(st.lists(st.tuples(instants, percentages), max_size=4, unique_by=lambda step: step[0]))
        schedule = [{"at": at, "percentage": percentage} for at, percentage in sorted(steps)]
        rollout = {"variant": draw(st.sampled_from(names)), "percentage": draw(percentages), "schedule": schedule}
        flag |= draw(st.sampled_from([{}, {"rollout": rollout}, {"rollout": rollout}]))
    for rule in flag.get("rules", ()):
        if draw(st.sampled_from([True, True, True, False])):
            rule["if"] = draw(st.lists(st.one_of(known_conditions, existing), max_size=2))
    return flag


@settings(max_examples=examples(100, 10_000))
@given(route_flags(), st.sampled_from(CHANNELS), st.booleans())
def test_the_router_gives_each_user_what_the_flag_answers(flag: dict[str, Any], channel: str, rollout: bool) -> None:
    assert problems({"flags": [flag], "segments": reference.SEGMENTS}) == []
    key, entry = flag["key"], entry_of(flag)
    routes = routed(flag, channel, rollout=rollout)
    of_channel = routes["channels"][channel]
    if "by_flag" not in of_channel:
        assert_not_routable(flag, channel, of_channel["not_routable"])
        return
    flags = compile_flags({key: entry}, ENVIRONMENT)
    values = store_values({"checkout": routes})
    alone = {name: value for name, value in of_channel.items() if name != "by_flag"}
    without = store_values({"checkout": {**routes, "channels": {channel: alone}}})
    for now in times(entry):
        for user in users_at_the_ends(key, of_channel["by_flag"]["p"]):
            answer = answered(flags, key, channel, user, now)
            named = NAMED.get(answer)
            expected = named or served(without, channel, user, now)
            assert served(values, channel, user, now) == expected, (user, now, answer)


def attributes(condition: dict[str, Any]) -> list[str]:
    return [inner["attribute"] for inner in condition.get("not", [condition])]


def assert_not_routable(flag: dict[str, Any], channel: str, reason: str) -> None:
    """There is a layer; or the first rule that may hold asks for more than the router knows; or there is JsonLogic."""
    assert reason.startswith(f"the router can't decide flag {flag['key']}: ")
    if "it is in the layer" in reason:
        assert flag["layer"]["name"] in reason
        return
    context = {"widget": "checkout", "channel": channel}
    for number, rule in enumerate(flag.get("rules", ()), 1):
        asked = [(c, attributes(c)) for c in expanded(rule["if"], reference.SEGMENTS)]
        unknown = [attribute for _, names in asked for attribute in names if attribute not in context]
        known = {"if": [c for c, names in asked if names[0] in context], "variant": "yes"}
        probe = {"key": "k", "variants": {"yes": "1", "no": "0"}, "default_variant": "no", "rules": [known]}
        if answered(compile_flags({"k": snapshot_entry(probe)}, ENVIRONMENT), "k", channel, "u", 0) == "1":
            if unknown:
                assert reason.endswith(f"rule {number} asks for the attribute {unknown[0]!r}")
            else:
                assert_unusual_buckets(f"rule {number}", rule, reason)
            return
    if flag.get("targeting"):
        assert reason.endswith(": targeting")
    else:
        assert_unusual_buckets("the rollout", flag["rollout"], reason)


def assert_unusual_buckets(what: str, part: dict[str, Any], reason: str) -> None:
    assert reason.partition(": ")[2].startswith(f"{what} has ")
    assert part.get("seed") or part["bucket_by"] != "targetingKey"


# By hand


def compiled(flag: dict[str, Any], channel: str = "latest") -> dict[str, Any]:
    """Choices are the digits of the variants' values."""
    return compile_route("ab", entry_of({"key": "ab", **flag}), ENVIRONMENT, "checkout", channel, int).compiled


FOUR = {"variants": {"a": "0", "b": "1", "c": "2", "none": "-1"}, "default_variant": "a"}
RULE = {"if": [{"attribute": "channel", "op": "eq", "values": ["latest"]}], "variant": "b"}
D1, D2, D3 = (f"2026-11-0{day}T00:00:00Z" for day in (1, 2, 3))
T1, T2, T3 = (1_793_491_200 + day * 86_400 for day in range(3))


@pytest.mark.parametrize(
    ("fields", "phases"),
    [
        ({}, [[0, [[10_000, 0]]]]),
        ({"default_variant": "none"}, [[0, [[10_000, -1]]]]),
        ({"enabled": False, "rules": [RULE]}, [[0, [[10_000, -1]]]]),
        ({"enabled": False, "off_variant": "b", "rules": [RULE]}, [[0, [[10_000, 1]]]]),
        ({"environments": ["staging"], "off_variant": None}, [[0, [[10_000, -1]]]]),
        ({"default_variant": None, "ends_at": D1}, [[0, [[10_000, -1]]], [T1, [[10_000, -1]]]]),
        ({"environments": ["staging"], "rules": [RULE]}, [[0, [[10_000, 0]]]]),
        ({"environments": ["staging", "production"], "rules": [RULE]}, [[0, [[10_000, 1]]]]),
        ({"rules": [RULE], "targeting": {"if": [True, "c"]}}, [[0, [[10_000, 1]]]]),
        ({"rules": [{"if": [], "split": {"c": 1, "a": 1, "b": 2}}]}, [[0, [[2500, 2], [5000, 0], [10_000, 1]]]]),
        (
            {"rules": [{"if": [], "split": {"a": 40, "b": 50, "c": {"percent": 10, "from": "a"}}}]},
            [[0, [[4000, 0], [5000, 2], [10_000, 1]]]],
        ),
        ({"rules": [{"if": [], "split": {"a": 0.1, "b": 0.2, "c": 0.3}}]}, [[0, [[1667, 0], [5000, 1], [10_000, 2]]]]),
        ({"rules": [{"if": [], "split": {"a": 0, "b": 7}}]}, [[0, [[0, 0], [10_000, 1]]]]),
        ({"rollout": {"variant": "b", "percentage": 12.34}}, [[0, [[1234, 1], [10_000, 0]]]]),
        ({"rollout": {"variant": "b", "percentage": 0}}, [[0, [[10_000, 0]]]]),
        ({"rollout": {"variant": "b", "percentage": 100}}, [[0, [[10_000, 1]]]]),
        (
            {"rollout": {"variant": "b", "schedule": [{"at": D1, "percentage": 5}, {"at": D2, "percentage": 100}]}},
            [[0, [[10_000, 0]]], [T1, [[500, 1], [10_000, 0]]], [T2, [[10_000, 1]]]],
        ),
        ({"rules": [RULE], "starts_at": D1}, [[0, [[10_000, 0]]], [T1, [[10_000, 1]]]]),
        ({"rules": [RULE], "ends_at": D1}, [[0, [[10_000, 1]]], [T1, [[10_000, 0]]]]),
        (
            {"rules": [RULE], "starts_at": D1, "ends_at": D2},
            [[0, [[10_000, 0]]], [T1, [[10_000, 1]]], [T2, [[10_000, 0]]]],
        ),
        (
            {
                "rollout": {
                    "variant": "b",
                    "schedule": [{"at": d, "percentage": p} for d, p in ((D1, 1), (D2, 2), (D3, 3))],
                },
                "starts_at": D2,
                "ends_at": D3,
            },
            [[0, [[10_000, 0]]], [T2, [[200, 1], [10_000, 0]]], [T3, [[10_000, 0]]]],
        ),
        (
            {"target_users": ["ann"], "target_variant": "c", "starts_at": D1, "ends_at": D2},
            [[0, [[10_000, 0]]], [T1, [[10_000, 0]], 2], [T2, [[10_000, 0]]]],
        ),
    ],
)
def test_what_a_flag_is_compiled_to(fields: dict[str, Any], phases: list[Any]) -> None:
    assert compiled({**FOUR, **fields}) == {"k": "ab", "p": phases}


def test_a_rule_for_another_channel_is_none() -> None:
    pro = {"if": [*RULE["if"], {"attribute": "plan", "op": "eq", "values": ["pro"]}], "variant": "c"}
    assert compiled({**FOUR, "rules": [RULE, pro]}, "next")["p"] == [[0, [[10_000, 0]]]]
    with pytest.raises(NotRoutable, match=r"^rule 2 asks for the attribute 'plan'$"):
        compiled({**FOUR, "rules": [{**RULE, "if": [{**RULE["if"][0], "op": "ne"}]}, pro]})


@pytest.mark.parametrize(
    ("attribute", "shown"),
    [("plan", "'plan'"), ("targetingKey", "'targetingKey'"), ("widget.x", "'widget.x'"), ("p" * 99, "'" + "p" * 79)],
)
@pytest.mark.parametrize("op", ["exists", "eq"])
def test_a_rule_that_asks_for_more_is_named(attribute: str, shown: str, op: str) -> None:
    condition = {"attribute": attribute, "op": op, "values": [True]}
    rules = [
        {"if": [{"attribute": "channel", "op": "exists", "values": [False]}], "variant": "b"},
        {"if": [condition], "variant": "b"},
    ]
    with pytest.raises(NotRoutable) as refused:
        compiled({**FOUR, "rules": rules})
    assert str(refused.value) == f"rule 2 asks for the attribute {shown}"


@pytest.mark.parametrize(
    ("buckets", "reason"),
    [
        ({"seed": "s"}, "has a seed"),
        ({"bucket_by": "organization"}, "has buckets of the attribute 'organization'"),
    ],
)
def test_buckets_that_the_router_has_not_are_named(buckets: dict[str, str], reason: str) -> None:
    split = {"if": [], "split": {"a": 1, "b": 1}, **buckets}
    with pytest.raises(NotRoutable, match=f"^rule 1 {reason}$"):
        compiled({**FOUR, "rules": [split]})
    with pytest.raises(NotRoutable, match=f"^the rollout {reason}$"):
        compiled({**FOUR, "rollout": {"variant": "b", "percentage": 5, **buckets}})


def test_a_flag_that_requires_another_is_named() -> None:
    with pytest.raises(NotRoutable, match=r"^it requires the flag 'other'$"):
        compiled({**FOUR, "requires": {"other": "on"}})
    assert compiled({**FOUR, "requires": {"other": "on"}, "enabled": False})["p"] == [[0, [[10_000, -1]]]]


def test_a_flag_of_a_layer_is_named() -> None:
    layer = {"name": "shop", "from": 0, "to": 50}
    with pytest.raises(NotRoutable, match=r"^it is in the layer 'shop'$"):
        compiled({**FOUR, "layer": layer})
    assert compiled({**FOUR, "layer": {**layer, "to": 100}}) == compiled(FOUR)


def test_a_flag_of_another_kind_chooses_nothing() -> None:
    routes = routed(boolean("ab", rollout={"variant": "on", "percentage": 50}), "latest")
    values = store_values({"checkout": routes})
    assert {served(values, "latest", f"user-{n}", 0) for n in range(50)} == {"1.0.0"}


def test_a_channel_that_a_flag_routes_may_be_named_by_another() -> None:
    """`latest` means what the channel points at, not what its flag chooses."""
    flag = {"key": "ab", "variants": {"a": "latest", "b": "2.0.0"}, "default_variant": "a"}
    channels = [
        Channel("checkout", "latest", Version.parse("1.0.0"), flag="other"),
        Channel("checkout", "beta", Version.parse("1.1.0"), flag="ab"),
    ]
    other = {"key": "other", "variants": {"b": "2.0.0"}, "default_variant": "b"}
    entries = {"ab": entry_of(flag), "other": entry_of(other)}
    values = store_values({"checkout": routes_of(channels, RELEASES, "pin", entries, ENVIRONMENT)})
    assert served(values, "latest", "ann", 0) == "2.0.0"
    assert served(values, "beta", "ann", 0) == "1.0.0"
