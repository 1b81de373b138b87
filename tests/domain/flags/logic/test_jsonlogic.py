"""Rules behave as in json-logic-js and flagd, and stay within their limits."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import mmh3
import pytest

from edgeship.domain.flags.logic.javascript import LogicError
from edgeship.domain.flags.logic.jsonlogic import MAX_DEPTH, MAX_NODES, compile_logic
from edgeship.domain.flags.logic.murmur3 import murmur3_32
from edgeship.domain.flags.logic.references import resolve_references
from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.work import MAX_STEPS, OutOfWork
from tests.domain.flags.logic.logic_corpus import VECTORS, generate, install, ours, spell, spelled, under_node
from tests.support.pytest_plugins.fuzz import examples
from tests.support.pytest_plugins.tools import NODE

FRESH_PAIRS = 5_000


def apply(rule: Any, data: Any = None) -> Any:
    return compile_logic(rule)(data)


def test_the_pinned_pairs_are_answered_as_by_json_logic_js() -> None:
    # repr, since == does not distinguish true from 1.
    different = [
        (rule, data)
        for rule, data, answer in json.loads(VECTORS.read_text())
        if repr(ours(rule, data)) != repr(spelled(answer))
    ]
    assert different == []


@pytest.mark.fuzz
@pytest.mark.skipif(NODE.is_missing, reason=NODE.reason)
def test_fresh_pairs_are_answered_as_by_json_logic_js(tmp_path: Path) -> None:
    try:
        install(tmp_path)
    except subprocess.SubprocessError:
        pytest.skip("the npm registry can't be reached")
    seed = Random().getrandbits(32)
    pairs = generate(seed, examples(FRESH_PAIRS, 100 * FRESH_PAIRS))
    different = [
        (pair, answer)
        for pair, answer in zip(pairs, under_node(pairs, tmp_path), strict=True)
        if repr(ours(*pair)) != repr(spelled(answer))
    ]
    assert different == [], f"seed {seed}"


@pytest.mark.parametrize(
    "rule",
    [{"nope": [1]}, {"if": [True, {"nope": 1}]}, {"": 1}, {"$ref": "shared"}, {"map": [[], {"__proto__": 1}]}],
)
def test_an_unknown_operator_is_refused_when_compiled(rule: Any) -> None:
    with pytest.raises(Malformed, match="is not an operator"):
        compile_logic(rule)


def test_arguments_beyond_an_operators_number_count_for_nothing() -> None:
    assert apply({"==": [5, 5, 1]}) is True
    assert apply({"var": ["a", 1, 2]}, {"a": 7}) == 7


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"-": [5, 2, 1]}, 2),
        ({"/": [12, 2, "3"]}, 2),
        ({"/": 4}, 0.25),
        ({"/": [6, 0, -1]}, -math.inf),
        ({"%": [17, 10, 4]}, 3),
        ({"??": [None, {"var": "none"}, {"and": []}, 0, {"*": []}]}, 0),
        ({"??": []}, None),
        ({"val": ["a.b", 0]}, 7),
        ({"val": {"var": "path"}}, 8),
        ({"val": ["a.b", 0, "none", "none"]}, None),
        ({"val": []}, {"a.b": [7, 8], "null": None, "path": ["a.b", 1]}),
        ({"exists": "null"}, True),
        ({"exists": ["a.b", 1]}, True),
        ({"exists": ["a.b", 2]}, False),
        ({"exists": ["null", "x"]}, False),
        ({"map": [{"val": "a.b"}, {"-": [{"val": []}, 1, 1]}]}, [5, 6]),
    ],
)
def test_operators_that_json_logic_js_has_not(rule: Any, expected: Any) -> None:
    assert spell(apply(rule, {"a.b": [7, 8], "null": None, "path": ["a.b", 1]})) == spell(expected)


@pytest.mark.parametrize("operator", ["val", "exists"])
def test_a_scope_outside_of_an_iteration_is_refused(operator: str) -> None:
    with pytest.raises(Malformed, match="outside of an iteration"):
        compile_logic({"map": [[1], {operator: [[2], "a"]}]})


def test_a_path_costs_what_it_is_long() -> None:
    with pytest.raises(OutOfWork):
        compile_logic({"val": {"var": "path"}})({"path": ["a"] * 20_000}, [MAX_STEPS])


def test_minus_zero_is_lost_where_a_number_is_read_from_a_text() -> None:
    assert apply({"/": [1, {"*": [0, -1]}]}) == -math.inf
    assert apply({"/": [1, {"*": [0, -1, 1]}]}) == math.inf


@pytest.mark.parametrize("operator", ["==", "!", "-", "substr", "var", "in", "val", "%"])
def test_arguments_beyond_an_operators_number_may_still_fail(operator: str) -> None:
    with pytest.raises(LogicError):
        apply({operator: ["a", 1, 1, {"*": []}]}, {"a": 7})


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"in": [{"var": "s.1"}, "😀"]}, True),
        ({"in": [{"var": "s.2"}, {"var": "s"}]}, True),
        ({"in": [{"var": "s.2"}, {"var": "s.2"}]}, True),
        ({"in": [{"var": "s.2"}, "x😁y"]}, False),
        ({"in": [{"cat": ["x", {"var": "s.1"}]}, {"var": "s"}]}, True),
        ({"in": [{"cat": ["y", {"var": "s.1"}]}, {"var": "s"}]}, False),
        ({"in": ["😀", {"var": "s"}]}, True),
        ({"==": [{"cat": [{"var": "s.1"}, {"var": "s.2"}]}, "😀"]}, True),
        ({"cat": ["x", {"var": "s.1"}, {"var": "s.2"}, "y"]}, "x😀y"),
        ({"substr": [{"cat": [{"var": "s.1"}, {"var": "s.2"}]}, 0, 2]}, "😀"),
    ],
)
def test_halves_of_a_character_are_texts_as_in_javascript(rule: Any, expected: Any) -> None:
    assert apply(rule, {"s": "x😀y"}) == expected


def test_members_that_objects_inherit_do_not_exist() -> None:
    assert [apply({"var": name}, {"a": {}}) for name in ("constructor", "a.toString", "__proto__", "a.length")] == [
        None
    ] * 4


def test_data_that_look_like_a_rule_are_not_evaluated() -> None:
    assert apply({"missing": {"var": "names"}}, {"names": [{"cat": ["a", "b"]}], "ab": 1}) == [{"cat": ["a", "b"]}]


def test_rules_that_are_too_deep_or_too_large_are_refused() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = {"!": [deep]}
    assert apply(deep) is True
    for rule in ({"!": [deep]}, {"cat": ["a"] * MAX_NODES}):
        with pytest.raises(Malformed, match="levels"):
            compile_logic(rule)


@pytest.mark.parametrize(
    "rule",
    [
        {"reduce": [{"var": "list"}, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "ab"]},
        {"reduce": [{"var": "list"}, {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]}, [1, 2]]},
        {"cat": [{"reduce": [{"var": "list"}, [{"var": "accumulator"}] * 2, 1]}]},
        {"all": [{"var": "nested"}, {"all": [{"var": ""}, {"all": [{"var": ""}, {"!": [False]}]}]}]},
    ],
)
def test_a_rule_that_grows_without_end_is_stopped(rule: Any) -> None:
    """Unstopped, none of them would end within a lifetime or this machine's memory, save the last: 216,000 elements."""
    work = [MAX_STEPS]
    with pytest.raises((LogicError, OutOfWork)):
        compile_logic(rule)({"list": list(range(500)), "nested": [[[1] * 60] * 60] * 60}, work)


def test_a_long_number_takes_no_time_to_refuse() -> None:
    started = perf_counter()
    assert apply({"==": [{"var": "a"}, 1]}, {"a": "1" * 40_000 + "x"}) is False
    assert apply({"+": [{"var": "a"}, 0]}, {"a": "1e" + "9" * 40_000}) == float("inf")
    assert perf_counter() - started < 1


def test_murmur3_is_murmur3() -> None:
    # The last two are widely published vectors.
    assert [murmur3_32(data) for data in (b"", b"\xff" * 4, b"hello, world")] == [0, 0x76293B50, 0x149BBB7F]
    random = Random(0)
    for length in range(70):
        data, seed = random.randbytes(length), random.getrandbits(32)
        assert murmur3_32(data, seed) == mmh3.hash(data, seed, signed=False)


def shares(counted: dict[Any, int]) -> list[float]:
    return [round(count / sum(counted.values()), 2) for _, count in sorted(counted.items())]


def test_fractional_splits_by_weight_and_stays_with_it() -> None:
    rule = compile_logic(
        {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "email"}]}, ["red", 50], ["blue", 150]]}
    )
    counted = {"red": 0, "blue": 0}
    for n in range(10_000):
        data = {"email": f"{n}@example.com", "$flagd": {"flagKey": "color"}}
        variant = rule(data)
        assert variant == rule(data)
        counted[variant] += 1
    assert shares(counted) == [0.75, 0.25]


def test_fractional_is_flagds_integer_arithmetic() -> None:
    context = {"targetingKey": "user-1", "$flagd": {"flagKey": "color"}}
    place = mmh3.hash("coloruser-1", signed=False) * 3 >> 32
    assert apply({"fractional": [["a", 1], ["b"], ["c", None]]}, context) == "abc"[place]
    assert apply({"fractional": [{"var": "none"}, ["a", 1], ["b"], ["c"]]}, context) == "abc"[place]
    assert apply({"fractional": ["coloruser-1", ["a"], ["b"], ["c"]]}) == "abc"[place]


@pytest.mark.parametrize(
    "args",
    [
        [],
        [["a"], ["b"]],
        ["by"],
        ["by", "a"],
        ["by", []],
        ["by", ["a", "1"]],
        ["by", ["a", 0.5]],
        ["by", ["a", True]],
        ["by", ["a", 0], ["b", -5]],
        ["by", ["a", 2**31 - 1], ["b", 1]],
        ["by", [[1], 1]],
        [7, ["a", 1]],
    ],
)
def test_fractional_answers_null_to_what_it_cannot_split(args: list[Any]) -> None:
    assert apply({"fractional": args}, {"targetingKey": ""}) is None


def test_fractional_takes_weights_that_change_with_time() -> None:
    rule = {"fractional": ["by", ["on", {"-": [{"var": "now"}, 100]}], ["off", {"-": [200, {"var": "now"}]}]]}
    assert [apply(rule, {"now": now}) for now in (0, 100, 200, 300)] == ["off", "off", "on", "on"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"starts_with": ["192.168.0.1", "192.168"]}, True),
        ({"starts_with": ["10.0.0.1", "192.168"]}, False),
        ({"ends_with": ["noreply@example.com", "@example.com"]}, True),
        ({"ends_with": ["noreply@example.com", "@test.com"]}, False),
        ({"starts_with": [{"var": "none"}, "a"]}, None),
        ({"ends_with": ["a", 1]}, None),
        ({"starts_with": "a"}, None),
        ({"sem_ver": ["1.1.2", ">=", "1.0.0"]}, True),
        ({"sem_ver": ["1.0.0-rc.2", "<", "1.0.0-rc.10"]}, True),
        ({"sem_ver": ["1.0.0-rc.1", "<", "1.0.0"]}, True),
        ({"sem_ver": ["1.0.0-alpha", "<", "1.0.0-1"]}, False),
        ({"sem_ver": ["1.0.0+a", "=", "1.0.0+b"]}, True),
        ({"sem_ver": ["v1.2", "=", "1.2.0"]}, True),
        ({"sem_ver": ["V2", "!=", "2.0.0"]}, False),
        ({"sem_ver": [2, "=", "2.0.0"]}, True),
        ({"sem_ver": ["1.9.0", "^", "1.0.0"]}, True),
        ({"sem_ver": ["2.0.0", "^", "1.0.0"]}, False),
        ({"sem_ver": ["1.2.9", "~", "1.2.0"]}, True),
        ({"sem_ver": ["1.3.0", "~", "1.2.0"]}, False),
        ({"sem_ver": ["01.2.3", "=", "1.2.3"]}, None),
        ({"sem_ver": ["1.2.3", "==", "1.2.3"]}, None),
        ({"sem_ver": ["1.2.3", "="]}, None),
        ({"sem_ver": ["1" * 5_000, ">", "1.0.0"]}, None),
        ({"sem_ver": [{"var": "none"}, "=", "1.0.0"]}, None),
    ],
)
def test_flagds_comparisons(rule: Any, expected: bool | None) -> None:
    assert apply(rule, {}) is expected


def test_shared_rules_are_put_in_for_their_references() -> None:
    shared = {"internal": {"ends_with": [{"var": "email"}, "@example.com"]}}
    rule = resolve_references({"if": [{"$ref": "internal"}, "on", "off"]}, shared)
    assert [apply(rule, {"email": email}) for email in ("a@example.com", "a@test.com")] == ["on", "off"]
    with pytest.raises(Malformed, match="'external'"):
        resolve_references({"!": [{"$ref": "external"}]}, shared)
