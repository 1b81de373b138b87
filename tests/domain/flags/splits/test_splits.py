"""Which users an edit of a split moves: those of the variants that it names, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.bucketing import BUCKETS, share_ends
from edgeship.domain.flags.evaluation.compile_flags import compile_flags
from edgeship.domain.flags.records.flag_record import changes
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.flags.splits.moves import Move, moves
from edgeship.domain.flags.splits.positions import by_position
from edgeship.domain.flags.validation.validate import problems

Split = dict[str, Any]


def flag(split: Split, values: dict[str, str] | None = None, **rule: Any) -> dict[str, Any]:
    variants = values or {name: name for name in split}
    rules = [{"if": [], "split": split, **rule}]
    found = {"key": "ab", "variants": variants, "default_variant": next(iter(variants)), "rules": rules}
    assert problems({"flags": [found]}) == []
    return found


def holders(split: Split) -> list[str]:
    """The variant of each bucket."""
    weights = by_position(split)
    found: list[str] = []
    for end, (variant, _) in zip(share_ends(weight for _, weight in weights), weights, strict=True):
        found += [variant] * (end - len(found))
    return found


GOLDEN = {
    "user-1": "a",
    "user-2": "c",
    "user-3": "b",
    "user-5": "b",
    "user-8": "c",
    "ann": "a",
    "Ärger": "b",
    "😀": "c",
}
"""Of `{"a": 40, "b": 50, "c": {"percent": 10, "from": "a"}}` in the flag `ab`."""


def test_users_are_pinned() -> None:
    flags = compile_flags({"ab": snapshot_entry(flag({"a": 40, "b": 50, "c": {"percent": 10, "from": "a"}}))}, "")
    assert {user: flags.evaluate("ab", {"targetingKey": user}, 0).variant for user in GOLDEN} == GOLDEN


BEFORE: Split = {"a": 40, "b": 50, "c": {"percent": 10, "from": "a"}}
EDITS: list[tuple[str, Split, set[tuple[str, str]]]] = [
    ("a share takes more", {**BEFORE, "a": 30, "c": {"percent": 20, "from": "a"}}, {("a", "c")}),
    ("another one takes from it too", {**BEFORE, "a": 35, "d": {"percent": 5, "from": "a"}}, {("a", "d")}),
    ("a taker gives", {**BEFORE, "c": {"percent": 4, "from": "a"}, "d": {"percent": 6, "from": "c"}}, {("c", "d")}),
    ("the taker ends", {"a": 50, "b": 50}, {("c", "a")}),
    ("the taker gets a range of its own in its place", {"a": 40, "c": 10, "b": 50}, set()),
    ("two neighbours shift their border", {**BEFORE, "b": 45, "e": 5}, {("b", "e")}),
    ("a variant at 0 is added", {**BEFORE, "e": 0}, set()),
    ("the first one ends in favour of its taker", {"a": 0, "b": 50, "c": {"percent": 50, "from": "a"}}, {("a", "c")}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "after", "expected"), EDITS, ids=[edit[0] for edit in EDITS])
def test_an_edit_moves_those_whom_it_names(what: str, after: Split, expected: set[tuple[str, str]]) -> None:
    pairs = list(zip(holders(BEFORE), holders(after), strict=True))
    assert {pair for pair in pairs if pair[0] != pair[1]} == expected, what
    moved = sum(before != now for before, now in pairs) / 100
    assert moves("ab", flag(BEFORE), flag(after)) == ([Move("/rules/0", moved)] if moved else [])


@st.composite
def percentages(draw: st.DrawFn) -> Split:
    """Two to five variants; those after the first may take from an earlier one."""
    names = draw(st.permutations("abcde"))[: draw(st.integers(2, 5))]
    cuts = sorted(draw(st.lists(st.integers(0, BUCKETS), min_size=len(names) - 1, max_size=len(names) - 1)))
    found: Split = {}
    for start, end, name in zip([0, *cuts], [*cuts, BUCKETS], names, strict=True):
        source = draw(st.sampled_from([None, *found]))
        share = (end - start) / 100
        found[name] = share if source is None else {"percent": share, "from": source}
    return found


@given(percentages(), st.data())
def test_a_variant_that_takes_moves_nobody_but_the_users_of_the_one_it_names(split: Split, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(list(split)))
    own = split[source]["percent"] if isinstance(split[source], dict) else split[source]
    taken = data.draw(st.integers(0, round(own * 100))) / 100
    left = round(own - taken, 2)
    after = {**split, source: {**split[source], "percent": left} if isinstance(split[source], dict) else left}
    after["new"] = {"percent": taken, "from": source}
    flag(after)
    pairs = list(zip(holders(split), holders(after), strict=True))
    assert {pair for pair in pairs if pair[0] != pair[1]} <= {(source, "new")}
    assert sum(before != now for before, now in pairs) == round(taken * 100)


@given(percentages(), st.permutations("vwxyz"))
def test_renamed_variants_keep_their_users(split: Split, names: list[str]) -> None:
    renamed = dict(zip("abcde", names, strict=True))
    after = {
        renamed[name]: {**share, "from": renamed[share["from"]]} if isinstance(share, dict) else share
        for name, share in split.items()
    }
    assert [renamed[name] for name in holders(split)] == holders(after)
    old = flag(split, {name: f"value of {name}" for name in split})
    assert moves("ab", old, flag(after, {renamed[name]: f"value of {name}" for name in split})) == []


@given(percentages())
def test_everybody_has_a_variant_and_each_its_share(split: Split) -> None:
    counted = holders(split)
    shares = {name: share["percent"] if isinstance(share, dict) else share for name, share in split.items()}
    assert {name: counted.count(name) / 100 for name in split} == shares


def test_another_order_is_a_change_and_another_spelling_is_none() -> None:
    one, two = flag({"a": 50, "b": 50}), flag({"b": 50, "a": 50}, {"a": "a", "b": "b"})
    assert len(changes({"ab": one}, {"ab": two})) == 1
    assert moves("ab", one, two) == [Move("/rules/0", 100)]
    assert changes({"ab": one}, {"ab": dict(reversed(one.items()))}) == []


def test_a_growing_rollout_counts_and_a_scheduled_one_does_not() -> None:
    off = {"key": "ab", "variants": {"on": True, "off": False}, "default_variant": "off"}
    at_5, at_25 = ({**off, "rollout": {"variant": "on", "percentage": percent}} for percent in (5, 25.5))
    assert moves("ab", at_5, at_25) == [Move("/rollout", 20.5)]
    assert moves("ab", off, at_25) == []
    assert moves("ab", {"variants": 1, "rules": [7]}, at_25) == []


def test_an_entry_in_the_order_of_names_is_as_earlier_versions_read_it() -> None:
    assert snapshot_entry(flag({"a": 1, "b": 2}))["rules"] == [{"if": [], "split": {"a": 1, "b": 2}}]
    assert snapshot_entry(flag({"b": 2, "a": 1}))["rules"] == [{"if": [], "split": [["b", 2], ["a", 1]]}]
    entry = {"variants": {"a": 1, "b": 2}, "default_variant": "a", "rules": [{"if": [], "split": {"b": 50, "a": 50}}]}
    by_name = compile_flags({"ab": entry}, "")
    assert by_name.evaluate("ab", {"targetingKey": "user-1"}, 0).variant == "a"


def variants(part: dict[str, Any], contexts: list[dict[str, Any]], key: str = "ab") -> list[str | None]:
    document = {"key": key, "variants": {"on": True, "off": False}, "default_variant": "off", **part}
    assert problems({"flags": [document]}) == []
    flags = compile_flags({key: snapshot_entry(document)}, "")
    assert flags.malformed == {}
    answers = [flags.evaluate(key, context, 0) for context in contexts]
    assert [answer.variant for answer in answers] == [flags.evaluate_all(c, 0)[0].variant for c in contexts]
    return [answer.variant for answer in answers]


ORGANIZATIONS: list[tuple[Any, bool | None]] = [
    ("user-1", True), ("user-2", True), ("user-3", False), ("ann", True), ("Ärger", False), ("😀", True),
    (42, False), (42.0, False), ("42", False),
    ("", None), (True, None), (None, None), (4.5, None), (2**53, None), (10**400, None), (["ann"], None), ({}, None),
]  # fmt: skip
"""Attributes, and whether half of their values by the salt `ab` include them; None for no bucket."""


@pytest.mark.parametrize(
    "part",
    [
        {"rules": [{"if": [], "split": {"on": 50, "off": 50}, "bucket_by": "org.id", "seed": "ab"}]},
        {"rollout": {"variant": "on", "percentage": 50, "bucket_by": "org.id", "seed": "ab"}},
    ],
)
def test_an_attribute_has_the_bucket_that_a_user_of_its_name_would(part: dict[str, Any]) -> None:
    """Pinned; without a bucket, the rule does not hold."""
    contexts = [{"org": {"id": value}} for value, _ in ORGANIZATIONS]
    expected = ["on" if included else "off" for _, included in ORGANIZATIONS]
    assert variants(part, contexts, "another-key") == expected


def test_a_rule_without_its_attribute_is_passed_over() -> None:
    rule = {"if": [], "split": {"off": 1}, "bucket_by": "org"}
    assert variants({"rules": [rule, {"if": [], "variant": "on"}]}, [{}, {"org": "a"}]) == ["on", "off"]
    rollout = {"variant": "on", "percentage": 100, "bucket_by": "org"}
    assert variants({"rollout": rollout}, [{"targetingKey": "ann"}, {"org": "a"}]) == ["off", "on"]


def test_flags_with_one_seed_have_the_same_users() -> None:
    users = [{"targetingKey": f"user-{n}"} for n in range(200)]
    rollout = {"variant": "on", "percentage": 30}
    one, two = (variants({"rollout": {**rollout, "seed": "summer"}}, users, key) for key in ("one", "two"))
    assert one == two != variants({"rollout": rollout}, users, "two")
    assert one == variants({"rules": [{"if": [], "split": {"on": 30, "off": 70}, "seed": "summer"}]}, users, "three")


def test_an_earlier_version_never_gives_other_users_the_variant() -> None:
    """What it needs of a rollout, and what it refuses in a split, as it read them."""
    rollout = {"rollout": {"variant": "on", "percentage": 30, "seed": "summer"}}
    split = {"rules": [{"if": [], "split": {"off": 70, "on": 30}, "bucket_by": "org"}]}
    off = {"key": "ab", "variants": {"on": True, "off": False}, "default_variant": "off"}
    assert "variant" not in snapshot_entry({**off, **rollout})["rollout"]
    assert isinstance(snapshot_entry({**off, **split})["rules"][0]["split"], list)


def test_other_buckets_move_as_many_as_chance_does() -> None:
    old, new = flag({"a": 40, "b": 60}), flag({"a": 40, "b": 60}, seed="s")
    assert moves("ab", old, new) == [Move("/rules/0", 48)]
    assert moves("ab", old, flag({"a": 40, "b": 60}, seed="ab", bucket_by="targetingKey")) == []


def ranged(start: float, end: float, **fields: Any) -> dict[str, Any]:
    on_off = {"key": "ab", "variants": {"on": True, "off": False}, "default_variant": "off"}
    return {**on_off, "layer": {"name": "checkout", "from": start, "to": end, **fields}}


LAYERS: list[tuple[dict[str, Any], dict[str, Any], float]] = [
    (ranged(0, 45), ranged(0, 50), 5),
    (ranged(0, 45), ranged(10, 55.05), 20.05),
    (ranged(0, 20), ranged(50, 90), 60),
    (ranged(0, 45), ranged(0, 45), 0),
    (ranged(0, 45), ranged(0, 45, bucket_by="targetingKey"), 0),
    # Other buckets: 40 % of each side are on the other one's.
    (ranged(0, 40), ranged(0, 40, name="search"), 48),
    (ranged(0, 40), ranged(0, 40, bucket_by="organization"), 48),
    ({**ranged(0, 40), "layer": None}, ranged(0, 40), 60),
    (ranged(0, 40), {**ranged(0, 40), "layer": None}, 60),
    ({**ranged(0, 40), "layer": {"name": 5}}, ranged(0, 40), 0),
]


@pytest.mark.parametrize(("old", "new", "percent"), LAYERS)
def test_a_changed_layer_counts_those_who_come_into_the_range_or_leave_it(
    old: dict[str, Any], new: dict[str, Any], percent: float
) -> None:
    assert moves("ab", old, new) == ([Move("/layer", percent)] if percent else [])


@given(*[st.lists(st.integers(0, BUCKETS), min_size=2, max_size=2, unique=True).map(sorted)] * 2)
def test_the_share_that_a_layer_moves_is_that_of_the_buckets(before: list[int], after: list[int]) -> None:
    old, new = (ranged(*(end / 100 for end in ends)) for ends in (before, after))
    moved = set(range(*before)) ^ set(range(*after))
    assert [move.percent for move in moves("ab", old, new)] == ([len(moved) / 100] if moved else [])
