"""What each operator of a rule's conditions takes, and that it agrees with the obvious implementation."""

from __future__ import annotations

from typing import Any

import pytest

from edgeship.domain.flags.evaluation.conditions import OPS, compile_condition
from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.work import MAX_STEPS
from tests.support import reference_evaluator as reference

CASES: list[tuple[str, Any, list[Any], bool]] = [
    ("in", "pro", ["free", "pro"], True),
    ("in", "pro", ["Pro"], False),
    ("in", 1, [1.0], True),
    ("in", 1, ["1"], False),
    ("in", True, [1], False),
    ("in", 1, [True], False),
    ("in", True, [True], True),
    ("in", ["a", "b"], ["b"], True),
    ("in", {"a": 1}, ["a"], False),
    ("eq", "a", ["a", "b"], True),
    ("not_in", "pro", ["free"], True),
    ("not_in", "pro", ["free", "pro"], False),
    ("not_in", ["a", "b"], ["b"], False),
    ("not_in", None, ["b"], False),
    ("ne", "a", ["b"], True),
    ("ne", None, ["b"], False),
    ("lt", 1, [2], True),
    ("lt", 2, [2], False),
    ("lte", 2, [2], True),
    ("gt", 2, [5, 1], True),
    ("gte", 1.5, [2], False),
    ("gte", "3", [2], False),
    ("gt", True, [0], False),
    ("gt", [1, 5], [4], True),
    ("contains", "checkout", ["eck"], True),
    ("contains", "checkout", ["Eck"], False),
    ("contains", ["beta", "eu"], ["eu"], True),
    ("contains", ["beta", "eu"], ["e"], False),
    ("contains", 12, [1], False),
    ("starts_with", "a@b.c", ["x", "a@"], True),
    ("ends_with", "a@b.c", [".c"], True),
    ("ends_with", ["x.d", "a@b.c"], [".c"], True),
    ("matches", "build-42", ["[0-9]+$"], True),
    ("matches", "build-42", ["^[0-9]+$"], False),
    ("matches", "a" * 256, ["a"], True),
    ("matches", "a" * 257, ["a"], False),
    ("matches", 42, ["4"], False),
    ("semver_eq", "1.2", ["v1.2.0"], True),
    ("semver_ne", "1.2.1", ["1.2.0"], True),
    ("semver_ne", "1.2.0", ["1.1.0", "1.2.0"], False),
    ("semver_ne", "latest", ["1.2.0"], False),
    ("semver_ne", ["1.0.0", "1.2.0"], ["1.2.0"], False),
    ("semver_lt", "2.0.0-rc.1", ["2.0.0"], True),
    ("semver_lte", "2.0.0", ["2.0.0"], True),
    ("semver_gt", "1.10.0", ["1.9.0"], True),
    ("semver_gte", "latest", ["1.9.0"], False),
    ("semver_gte", 2, ["1.9.0"], False),
    ("eq_ignore_case", "STRASSE", ["straße"], True),
    ("eq_ignore_case", "pro", ["Pros"], False),
    ("eq_ignore_case", ["x", "PRO"], ["pro"], True),
    ("eq_ignore_case", 1, ["1"], False),
    ("ne_ignore_case", "Pro", ["free"], True),
    ("ne_ignore_case", ["x", "Pro"], ["pRO"], False),
    ("ne_ignore_case", None, ["pro"], False),
    ("contains_ignore_case", "CheckOut", ["Eck"], True),
    ("contains_ignore_case", ["my Beta", "eu"], ["BETA"], True),
    ("contains_ignore_case", "checkout", ["x"], False),
    ("starts_with_ignore_case", "Ann@b.c", ["x", "aNN@"], True),
    ("ends_with_ignore_case", "a@B.C", ["@b.c"], True),
    ("ends_with_ignore_case", "a@B.C.d", ["@b.c"], False),
    ("date_before", "2026-11-01T09:00:00+01:00", ["2026-11-01T08:00:01Z"], True),
    ("date_before", "2026-11-01T09:00:00+01:00", ["2026-11-01T08:00:00Z"], False),
    ("date_before", "2026-11-01T09:00:00", ["2027-11-01T08:00:00Z"], False),
    ("date_before", "2026-02-30T09:00:00Z", ["2027-11-01T08:00:00Z"], False),
    ("date_before", "0000-01-01T00:00:00Z", ["2027-11-01T08:00:00Z"], False),
    ("date_before", "0001-01-01T00:00:00+23:59", ["2027-11-01T08:00:00Z"], True),
    ("date_before", "2026-11-01t08:00:00.123456789z", ["2026-11-01T08:00:00.2Z"], True),
    ("date_before", 5, ["2026-11-01T08:00:00Z"], False),
    ("date_before", "2026-11-01T08:00:00." + "1" * 30 + "Z", ["2027-11-01T08:00:00Z"], False),
    ("date_after", "9999-12-31T23:59:59-23:59", ["2026-11-01T08:00:00Z"], True),
    ("date_after", ["2020-01-01T00:00:00Z", "2026-11-01T08:00:01Z"], ["2026-11-01T08:00:00Z"], True),
    ("date_after", "2026-11-01T08:00:00Z", ["2026-11-01T08:00:00Z", "2026-10-01T08:00:00Z"], True),
    ("number_eq", "18", [18], True),
    ("number_eq", "1.80e1", ["18"], True),
    ("number_eq", " 18", [18], False),
    ("number_eq", "018", [18], False),
    ("number_eq", "1e999", [18], False),
    ("number_eq", "9" * 65, [18], False),
    ("number_eq", True, [1], False),
    ("number_eq", "\uff11\uff18", [18], False),
    ("number_ne", "17", [18], True),
    ("number_ne", 18, [18], False),
    ("number_ne", "x", [18], False),
    ("number_ne", ["17", 18], [18], False),
    ("number_ne", None, [18], False),
    ("number_lt", "-1.5", [0], True),
    ("number_lte", "18", [18, 3], True),
    ("number_gt", ["2", "19"], [18], True),
    ("number_gte", 18, ["18"], True),
    ("number_gte", "", [0], False),
    ("exists", 0, [], True),
    ("exists", False, [True], True),
    ("exists", None, [True], False),
    ("exists", None, [False], True),
    ("exists", "", [False], False),
]


@pytest.mark.parametrize(("op", "value", "values", "expected"), CASES)
def test_an_operator(op: str, value: Any, values: list[Any], expected: bool) -> None:
    condition = {"attribute": "x", "op": op, "values": values}
    assert compile_condition(condition)({"x": value}, [MAX_STEPS]) is expected
    assert reference.condition_holds(condition, {"x": value}) is expected


def test_every_operator_has_a_case() -> None:
    assert {op for op, *_ in CASES} == set(OPS)


@pytest.mark.parametrize("op", [op for op in OPS if op != "exists"])
def test_a_missing_attribute_meets_no_condition(op: str) -> None:
    holds = compile_condition({"attribute": "x.y", "op": op, "values": ["1.0.0", 1]})
    assert [
        holds(context, [MAX_STEPS]) for context in ({}, {"x": None}, {"x": {}}, {"x": {"y": None}}, {"x": "y"})
    ] == [False] * 5


def test_an_attribute_may_lie_in_an_object() -> None:
    holds = compile_condition({"attribute": "user.plan", "op": "eq", "values": ["pro"]})
    assert holds({"user": {"plan": "pro"}}, [MAX_STEPS])
    assert holds({"user.plan": "pro", "user": {"plan": "free"}}, [MAX_STEPS])
    assert not holds({"user.plan": "free", "user": {"plan": "pro"}}, [MAX_STEPS])


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {},
        {"attribute": "a", "op": "like", "values": []},
        {"attribute": 1, "op": "in"},
        {"attribute": "a", "op": "in", "values": 1},
    ],
)
def test_what_is_no_condition_is_refused(condition: Any) -> None:
    with pytest.raises(Malformed):
        compile_condition(condition)
