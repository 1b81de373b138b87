"""Layers: flags of one layer have no user in common, and the users of each are pinned."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from edgeship.domain.flags.evaluation.compile_flags import Flags, compile_flags
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.flags.validation.validate import problems
from tests.support.flags import boolean

ALL: dict[str, Any] = {"rollout": {"variant": "on", "percentage": 100}}


def layered(key: str, start: float, end: float, **layer: Any) -> dict[str, Any]:
    return boolean(key, layer={"name": "checkout", "from": start, "to": end, **layer}, **ALL)


def compiled(*flags: dict[str, Any]) -> Flags:
    assert problems({"flags": list(flags)}) == []
    return compile_flags(json.loads(json.dumps({f["key"]: snapshot_entry(f) for f in flags})), "")


GOLDEN = {
    "user-1": "a",
    "user-2": "a",
    "user-3": "b",
    "user-5": "a",
    "user-31": "holdout",
    "user-41": "holdout",
    "ann": "a",
    "Ärger": "b",
    "😀": "a",
}
"""The flag of `a` (0 to 50), `b` (50 to 90) and nobody's holdout (90 to 100) that each user is in."""


def of(flags: Flags, user: str) -> str:
    on = [answer.key for answer in flags.evaluate_all({"targetingKey": user}, 0) if answer.value]
    assert len(on) <= 1
    return on[0] if on else "holdout"


def test_users_are_pinned() -> None:
    flags = compiled(layered("a", 0, 50), layered("b", 50, 90))
    assert {user: of(flags, user) for user in GOLDEN} == GOLDEN


def test_each_user_is_in_one_flag_at_most_and_shares_are_as_written() -> None:
    flags = compiled(layered("a", 0, 50), layered("b", 50, 90))
    found = Counter(of(flags, f"user-{n}") for n in range(4_000))
    assert found.keys() == {"a", "b", "holdout"}
    assert abs(found["a"] - 2_000) < 150
    assert abs(found["holdout"] - 400) < 80


def test_a_layer_is_no_part_of_a_rollout_of_the_flag_with_its_name() -> None:
    """Their salts differ: half of the layer's first half is in a rollout to 50 %."""
    flag = boolean(
        "checkout",
        layer={"name": "checkout", "from": 0, "to": 50},
        rollout={"variant": "on", "percentage": 50},
    )
    flags = compiled(flag)
    on = sum(bool(flags.evaluate("checkout", {"targetingKey": f"user-{n}"}, 0).value) for n in range(4_000))
    assert abs(on - 1_000) < 130


@pytest.mark.parametrize(
    ("layer", "context", "variant", "reason", "code"),
    [
        ({}, {}, None, "ERROR", "TARGETING_KEY_MISSING"),
        ({"from": 0, "to": 100}, {}, "on", "SPLIT", None),
        ({"bucket_by": "organization"}, {"targetingKey": "ann"}, "off", "DEFAULT", None),
        ({"bucket_by": "organization"}, {"organization": True}, "off", "DEFAULT", None),
    ],
)
def test_who_has_no_bucket(
    layer: dict[str, Any], context: dict[str, Any], variant: str | None, reason: str, code: str | None
) -> None:
    flags = compiled(layered("a", start=layer.pop("from", 0), end=layer.pop("to", 50), **layer))
    answer = flags.evaluate("a", context, 0)
    assert (answer.variant, answer.reason, answer.error_code) == (variant, reason, code)


def test_target_users_come_before_the_layer_and_all_users_of_an_attribute_are_on_one_side() -> None:
    flag = {**layered("a", 0, 50, bucket_by="organization"), "target_users": ["ann"]}
    flags = compiled(flag)
    for organization in range(20):
        answers = {
            flags.evaluate("a", {"targetingKey": f"u{n}", "organization": organization}, 0).variant for n in range(5)
        }
        assert len(answers) == 1
        assert flags.evaluate("a", {"targetingKey": "ann", "organization": organization}, 0).variant == "on"


@pytest.mark.parametrize(
    ("layer", "place", "says"),
    [
        ([], "/flags/0/layer", "not an object"),
        ({"from": 0, "to": 1}, "/flags/0/layer/name", "1 to 256"),
        ({"name": "x", "to": 1}, "/flags/0/layer/from", "missing"),
        ({"name": "x", "from": 0, "to": 101}, "/flags/0/layer/to", "percentage"),
        ({"name": "x", "from": 0, "to": 0.001}, "/flags/0/layer/to", "0.01"),
        ({"name": "x", "from": 5, "to": 5}, "/flags/0/layer/to", "not above"),
        ({"name": "x", "from": 0, "to": 5, "seed": "s"}, "/flags/0/layer/seed", "unknown"),
        ({"name": "x", "from": 0, "to": 5, "bucket_by": ""}, "/flags/0/layer/bucket_by", "1 to 256"),
    ],
)
def test_faults_have_their_place(layer: Any, place: str, says: str) -> None:
    [(at, fault)] = problems({"flags": [boolean("a", layer=layer)]})
    assert at == place
    assert says in fault


@pytest.mark.parametrize(
    ("ranges", "pairs"),
    [
        ([(0, 50), (50, 100)], []),
        ([(0, 50), (49.99, 100)], ["'f0' and 'f1'", "'f1' and 'f0'"]),
        ([(0, 90), (10, 20), (30, 40)], ["'f0' and 'f1'", "'f1' and 'f0'", "'f2' and 'f0'"]),
        ([(5, 10), (5, 10)], ["'f0' and 'f1'", "'f1' and 'f0'"]),
    ],
)
def test_ranges_that_overlap_are_refused_with_both_names(ranges: list[tuple[float, float]], pairs: list[str]) -> None:
    found = problems({"flags": [layered(f"f{n}", *ends) for n, ends in enumerate(ranges)]})
    assert [fault.partition(" overlap")[0].removeprefix("flags ") for _, fault in found] == pairs
    assert all(place.endswith("/layer") for place, _ in found)
    apart = [layered(f"f{n}", *ends, name=f"layer-{n}") for n, ends in enumerate(ranges)]
    assert problems({"flags": apart}) == []


def test_a_layer_has_one_attribute() -> None:
    [(place, fault)] = problems({"flags": [layered("a", 0, 50), layered("b", 50, 90, bucket_by="organization")]})
    assert place == "/flags/1/layer/bucket_by"
    assert "that of 'a' is 'targetingKey'" in fault


def test_earlier_edge_functions_refuse_the_entry() -> None:
    assert isinstance(snapshot_entry(layered("a", 0, 50))["rules"], dict)
