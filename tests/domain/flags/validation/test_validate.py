"""A flags file's problems: all of them, each at its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgeship.domain.flags.answer import bulk_text
from edgeship.domain.flags.bulk_size import bulk_size
from edgeship.domain.flags.evaluation.compile_flags import compile_flags
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.flags.validation.validate import flag_documents, problems
from tests.support.flags import EVERYTHING, T0, boolean

NESTED: dict[str, Any] = {}
for _ in range(60):
    NESTED = {"in": NESTED}


def of_flag(**fields: Any) -> list[tuple[str, str]]:
    return problems({"flags": [boolean(**fields)]})


def test_a_good_file_has_no_problems() -> None:
    shared = {"internal": {"ends_with": [{"var": "email"}, "@example.com"]}}
    targeting = {"if": [{"$ref": "internal"}, "on", {"fractional": [["on", 1], ["off", 9]]}]}
    flags = [
        EVERYTHING,
        boolean("b", targeting=targeting, metadata={"owner": "team"}, description="x", target_users=["u"]),
    ]
    assert problems({"$schema": "x", "flags": flags, "evaluators": shared}) == []
    by_key = {flag["key"]: {name: value for name, value in flag.items() if name != "key"} for flag in flags}
    assert problems({"flags": by_key, "evaluators": shared}) == []
    assert [flag["key"] for flag in flag_documents({"flags": by_key})] == ["checkout", "b"]
    assert flag_documents({"flags": flags}) == flags


BAD_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"colour": 1}, "/colour", "unknown field"),
    ({"key": "a b"}, "/key", "letters"),
    ({"key": ".."}, "/key", "'..'"),
    ({"key": ""}, "/key", "letters"),
    ({"enabled": "yes"}, "/enabled", "true nor false"),
    ({"public": 0}, "/public", "true nor false"),
    ({"description": 1}, "/description", "string"),
    ({"flag_set": "a/b"}, "/flag_set", "letters"),
    ({"flag_set": ".."}, "/flag_set", "letters"),
    ({"flag_set": 5}, "/flag_set", "letters"),
    ({"variants": {}, "default_variant": "off"}, "/variants", "at least one"),
    ({"variants": {"on": True, "off": "false"}}, "/variants", "on: boolean, off: string"),
    ({"variants": {"on": 1, "off": False}}, "/variants", "one type"),
    ({"variants": {"on": [1], "off": {}}}, "/variants/on", "a boolean"),
    ({"variants": {"on": None, "off": {}}}, "/variants/on", "a boolean"),
    ({"variants": {"on": {"a": [float("nan")]}, "off": {}}}, "/variants/on/a/0", "finite"),
    ({"variants": {"": 1, "off": 2}}, "/variants", "empty"),
    ({"default_variant": "grey"}, "/default_variant", "'grey'"),
    ({"off_variant": "grey"}, "/off_variant", "'grey'"),
    ({"off_variant": 5}, "/off_variant", "not a variant's name"),
    ({"environments": "production"}, "/environments", "list"),
    ({"environments": [""]}, "/environments/0", "string"),
    ({"target_users": ["a", 5]}, "/target_users/1", "string"),
    ({"target_variant": "grey"}, "/target_variant", "'grey'"),
    ({"variants": {"off": 1}, "target_users": ["a"]}, "/target_users", "but the default"),
    ({"starts_at": "2026-11-01"}, "/starts_at", "with a zone"),
    ({"starts_at": "2026-11-01T09:00:00"}, "/starts_at", "with a zone"),
    ({"ends_at": 5}, "/ends_at", "with a zone"),
    ({"starts_at": "2026-11-02T00:00:00Z", "ends_at": "2026-11-02T01:00:00+02:00"}, "/ends_at", "not after"),
    ({"rules": {}}, "/rules", "list"),
    ({"rules": [5]}, "/rules/0", "object"),
    ({"rules": [{"if": []}]}, "/rules/0", "either"),
    ({"rules": [{"if": [], "variant": "on", "split": {"on": 1}}]}, "/rules/0", "either"),
    ({"rules": [{"variant": "on"}]}, "/rules/0/if", "list of conditions"),
    ({"rules": [{"if": [], "variant": "grey"}]}, "/rules/0/variant", "'grey'"),
    ({"rules": [{"if": [], "then": "on", "variant": "on"}]}, "/rules/0/then", "unknown"),
    ({"rules": [{"if": [], "split": {"grey": 1}}]}, "/rules/0/split/grey", "'grey'"),
    ({"rules": [{"if": [], "split": {"on": -1, "off": 2}}]}, "/rules/0/split/on", "weight"),
    ({"rules": [{"if": [], "split": {"on": 0}}]}, "/rules/0/split", "add up to 0"),
    ({"rules": [{"if": [], "split": {"on": 1}, "seed": ""}]}, "/rules/0/seed", "1 to 256"),
    ({"rules": [{"if": [], "variant": "on", "bucket_by": "org"}]}, "/rules/0/bucket_by", "has none"),
    ({"rollout": {"variant": "on", "percentage": 5, "seed": 7}}, "/rollout/seed", "1 to 256"),
    *(
        ({"rules": [{"if": [], "split": split}]}, f"/rules/0/split{place}", message)
        for split, place, message in [
            ({"on": 60, "off": {"percent": 30, "from": "on"}}, "", "add up to 90"),
            ({"on": 99.995, "off": {"percent": 0.005, "from": "on"}}, "/on", "finer"),
            ({"on": 60, "off": {"percent": 40, "from": "grey"}}, "/off/from", "'grey'"),
            ({"on": 60, "off": {"percent": 40, "from": ["on"]}}, "/off/from", "not one of the variants"),
            ({"on": 60, "off": {"percent": 40}}, "/off", '"from"'),
            ({"on": 60, "off": {"percent": True, "from": "on"}}, "/off", "weight"),
            ({"on": 60, "off": {"percent": 40, "from": "off"}}, "/off/from", "off from off"),
            (
                {"on": {"percent": 50, "from": "off"}, "off": {"percent": 50, "from": "on"}},
                "/on/from",
                "on from off from on",
            ),
        ]
    ),
    (
        {"rules": [{"if": [{"attribute": "a", "op": "like", "values": ["x"]}], "variant": "on"}]},
        "/rules/0/if/0/op",
        "'like'",
    ),
    ({"rules": [{"if": [{"attribute": "a", "op": "in"}], "variant": "on"}]}, "/rules/0/if/0/values", "list"),
    ({"rules": [{"if": [{"op": "exists"}], "variant": "on"}]}, "/rules/0/if/0/attribute", "name"),
    (
        {"rules": [{"if": [{"attribute": "a", "op": "gt", "values": [1, "2"]}], "variant": "on"}]},
        "/rules/0/if/0/values/1",
        "number",
    ),
    (
        {"rules": [{"if": [{"attribute": "a", "op": "semver_gt", "values": ["x"]}], "variant": "on"}]},
        "/rules/0/if/0/values/0",
        "version",
    ),
    (
        {"rules": [{"if": [{"attribute": "a", "op": "matches", "values": ["(a+)\\1"]}], "variant": "on"}]},
        "/rules/0/if/0/values/0",
        "escape",
    ),
    (
        {"rules": [{"if": [{"attribute": "a", "op": "exists", "values": ["x"]}], "variant": "on"}]},
        "/rules/0/if/0/values",
        "left out",
    ),
    *(
        (
            {"rules": [{"if": [{"attribute": "a", "op": op, "values": [value]}], "variant": "on"}]},
            "/rules/0/if/0/values/0",
            message,
        )
        for op, value, message in [
            ("date_after", "2026-11-01", "with a zone"),
            ("date_before", 5, "with a zone"),
            ("number_lt", "1,000", "number"),
            ("number_ne", True, "number"),
            ("eq_ignore_case", 1, "string"),
            ("ne_ignore_case", None, "string"),
        ]
    ),
    ({"targeting": {"if": [{"nope": 1}, "on"]}}, "/targeting/if/0/nope", "'nope'"),
    ({"targeting": {"!": {"var": [{"x/y": 1}]}}}, "/targeting/!/var/0/x~1y", "'x/y'"),
    ({"targeting": "on"}, "/targeting", "object"),
    ({"variants": {"on": NESTED, "off": {}}}, "/variants/on", "deep"),
    ({"targeting": {"$ref": "none"}}, "/targeting", "no evaluator 'none'"),
    ({"rollout": 5}, "/rollout", "object"),
    ({"rollout": {"variant": "on"}}, "/rollout/percentage", "missing"),
    ({"rollout": {"percentage": 5}}, "/rollout/variant", "missing"),
    ({"rollout": {"variant": "on", "percentage": 101}}, "/rollout/percentage", "0 to 100"),
    ({"rollout": {"variant": "on", "percentage": 0.005}}, "/rollout/percentage", "steps of 0.01"),
    ({"rollout": {"variant": "on", "percentage": 5, "step": 1}}, "/rollout/step", "unknown"),
    ({"rollout": {"variant": "on", "percentage": 5, "schedule": {}}}, "/rollout/schedule", "not a list"),
    ({"metadata": {"a": []}}, "/metadata/a", "booleans"),
    ({"metadata": 5}, "/metadata", "object"),
]


@pytest.mark.parametrize(("fields", "place", "says"), BAD_FIELDS)
def test_a_problem_is_found_at_its_place(fields: dict[str, Any], place: str, says: str) -> None:
    found = of_flag(**fields)
    assert [(at, says in message) for at, message in found] == [(f"/flags/0{place}", True)]


def test_a_default_variant_is_named_or_null() -> None:
    nameless = {name: value for name, value in boolean().items() if name != "default_variant"}
    assert problems({"flags": [nameless]}) == [("/flags/0/default_variant", "is missing")]
    assert of_flag(default_variant=None, off_variant=None) == []


def test_a_schedule_goes_forward_in_time() -> None:
    steps = [
        {"at": "2026-11-02T00:00:00Z", "percentage": 5},
        {"at": "2026-11-02T00:00:00Z", "percentage": 500},
        {"at": "soon"},
    ]
    found = of_flag(rollout={"variant": "on", "schedule": steps})
    assert [place for place, _ in found] == [
        "/flags/0/rollout/schedule/1/percentage",
        "/flags/0/rollout/schedule/1/at",
        "/flags/0/rollout/schedule/2",
    ]


def test_all_problems_of_a_file_are_listed_at_once() -> None:
    flags = [boolean("a", enabled=1), 5, boolean("a"), boolean("b", rollout={"variant": "grey", "percentage": -1})]
    found = problems({"flags": flags, "evaluators": {"x": {"$ref": "y"}, "y": {"nope": 1}}, "flag": []})
    assert [place for place, _ in found] == [
        "/flag",
        "/evaluators/x",
        "/evaluators/y/nope",
        "/flags/0/enabled",
        "/flags/1",
        "/flags/2/key",
        "/flags/3/rollout/variant",
        "/flags/3/rollout/percentage",
    ]


@pytest.mark.parametrize("document", [None, [], 5, {}, {"flags": 5}, {"flags": None}, {"flags": [], "evaluators": 5}])
def test_what_is_no_flags_file_is_a_problem_too(document: Any) -> None:
    assert len(problems(document)) == 1


def test_a_key_that_differs_from_its_name_is_a_problem() -> None:
    assert [place for place, _ in problems({"flags": {"a/b": boolean("x")}})] == ["/flags/a~1b/key", "/flags/a~1b/key"]


def test_rules_that_are_too_deep_are_a_problem_with_references_put_in() -> None:
    deep: Any = True
    for _ in range(40):
        deep = {"!": deep}
    shared = {"deep": deep}
    assert problems({"flags": [boolean(targeting={"$ref": "deep"})], "evaluators": shared}) == []
    deeper: Any = {"$ref": "deep"}
    for _ in range(20):
        deeper = {"!": deeper}
    [(place, message)] = problems({"flags": [boolean(targeting=deeper)], "evaluators": shared})
    assert (place, "levels" in message) == ("/flags/0/targeting", True)
    [(_, message)] = of_flag(targeting={"cat": ["x"] * 2_001})
    assert "parts" in message


def test_what_is_accepted_compiles() -> None:
    deep: Any = True
    for _ in range(50):
        deep = {"!": [deep]}
    assert of_flag(targeting=deep) == []
    assert compile_flags({"checkout": snapshot_entry(boolean(targeting=deep))}, "production").malformed == {}


def test_the_bulk_size_is_a_bound_and_not_far_off() -> None:
    flags = [
        EVERYTHING,
        boolean("big", variants={"on": {"text": "ü" * 300}, "off": {}}, rollout={"variant": "on", "percentage": 50}),
        boolean("float", variants={"on": 1.5, "off": 2}),
        boolean("secret", public=False, metadata={"x": "y" * 10_000}),
    ]
    size = bulk_size({flag["key"]: flag for flag in flags})
    compiled = compile_flags({flag["key"]: snapshot_entry(flag) for flag in flags}, "production")
    bodies = [bulk_text(compiled.evaluate_all({"targetingKey": f"user-{n}"}, T0)) for n in range(50)]
    bodies.append(bulk_text(compiled.evaluate_all({}, T0)))
    assert size.total - 300 < max(map(len, bodies)) <= size.total
    assert list(size.flags) == ["big", "float", "checkout"] or list(size.flags) == ["big", "checkout", "float"]
    assert json.loads(bodies[0])["metadata"] == {}
    assert bulk_size({}).total == len(bulk_text([]))
