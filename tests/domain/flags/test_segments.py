"""Segments: what rules refer to, what refuses them, and which flags a change of one affects."""

from __future__ import annotations

from typing import Any

import pytest

from edgeship.domain.flags.evaluation.compile_flags import compile_flags
from edgeship.domain.flags.flags_snapshot import entries_of, writable_flags
from edgeship.domain.flags.records.flag_record import SEGMENTS_KEY, FlagRecord, changes
from edgeship.domain.flags.segments import with_affected
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.flags.validation.validate import problems
from tests.support.flags import boolean

PRO = {"attribute": "plan", "op": "eq", "values": ["pro"]}
OLD = {"attribute": "age", "op": "gte", "values": [18]}
STAFF = {"conditions": [PRO, OLD]}


def rule(**condition: Any) -> dict[str, Any]:
    return {"if": [{"segment": "staff", **condition}], "variant": "on"}


@pytest.mark.parametrize(
    ("context", "holds"),
    [({"plan": "pro", "age": 18}, True), ({"plan": "pro"}, False), ({"age": 18}, False), ({}, False)],
)
def test_a_segment_holds_where_all_its_conditions_do_and_its_negation_elsewhere(
    context: dict[str, Any], holds: bool
) -> None:
    for negate in (False, True):
        flag = boolean("a", rules=[rule(negate=negate)])
        flags = compile_flags(entries_of({"a": flag, SEGMENTS_KEY: {"segments": {"staff": STAFF}}}), "")
        assert flags.evaluate("a", context, 0).value is (holds is not negate)


def test_earlier_edge_functions_evaluate_a_segment_and_refuse_its_negation() -> None:
    [used] = snapshot_entry(boolean("a", rules=[rule()]), None, {"staff": STAFF})["rules"]
    assert used["if"] == [PRO, OLD]
    [negated] = snapshot_entry(boolean("a", rules=[rule(negate=True)]), None, {"staff": STAFF})["rules"]
    assert negated["if"] == [{"not": [PRO, OLD]}]
    assert "attribute" not in negated["if"][0]


@pytest.mark.parametrize(
    ("segments", "condition", "place", "says"),
    [
        ({}, {}, "/flags/0/rules/0/if/0/segment", "there is no segment 'staff'"),
        ({"staff": STAFF}, {"segment": 5}, "/flags/0/rules/0/if/0/segment", "there is no segment 5"),
        ({"staff": STAFF}, {"negate": 1}, "/flags/0/rules/0/if/0/negate", "true nor false"),
        ({"staff": STAFF}, {"op": "eq"}, "/flags/0/rules/0/if/0/op", "unknown field"),
        ({"staff": {**STAFF, "rules": []}}, {}, "/segments/staff/rules", "unknown field"),
        ({"staff": {"conditions": []}}, {}, "/segments/staff/conditions", "at least one"),
        ({"staff": {"conditions": [PRO] * 101}}, {}, "/segments/staff/conditions", "more than 100"),
        ({"staff": {"conditions": [{**PRO, "op": "is"}]}}, {}, "/segments/staff/conditions/0/op", "not one of"),
        ({"staff": {"conditions": [{"segment": "staff"}]}}, {}, "/segments/staff/conditions/0", "another one"),
        ({"staff": {**STAFF, "description": 5}}, {}, "/segments/staff/description", "string"),
        ({"staff": STAFF, "": STAFF}, {}, "/segments", "empty"),
        ({"staff": STAFF, "list": []}, {}, "/segments/list", "is an object"),
        (
            {"staff": {"conditions": [{**PRO, "values": ["x" * 99_990]}]}},
            {},
            "/flags/0/rules",
            "a flag takes 100,000",
        ),
    ],
)
def test_faults_have_their_place(segments: Any, condition: dict[str, Any], place: str, says: str) -> None:
    found = problems({"flags": [boolean("a", rules=[rule(**condition)])], "segments": segments})
    assert [at for at, fault in found if says in fault] == [place]


def test_segments_are_an_object() -> None:
    assert problems({"flags": {}, "segments": []}) == [("/segments", "is not an object")]


def test_a_change_names_the_flags_that_use_a_segment_which_is_another_one_now() -> None:
    before = {
        "a": boolean("a", rules=[rule()]),
        "b": boolean("b", rules=[{"if": [{"segment": "other"}], "variant": "on"}]),
        "c": boolean("c"),
        SEGMENTS_KEY: {"segments": {"staff": STAFF, "other": STAFF}},
    }
    after = {**before, SEGMENTS_KEY: {"segments": {"staff": {"conditions": [PRO]}, "other": STAFF}}}
    [change] = with_affected(changes(before, after), before, after)
    assert (change.key, change.affects) == (SEGMENTS_KEY, ("a",))


def test_a_flag_whose_segment_is_missing_is_left_out_alone() -> None:
    written = writable_flags([FlagRecord("a", boolean("a", rules=[rule()])), FlagRecord("b", boolean("b"))])
    assert list(written.entries) == ["b"]
    assert "there is no segment 'staff'" in written.left_out["a"]
