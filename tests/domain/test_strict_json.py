"""JSON that every reader understands in one way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgeship.domain.strict_json import MAX_LEVELS, NotJson, parse, value_problems


@pytest.mark.parametrize(
    "text",
    ["null", "1", "-0.0", "1e22", "5e-324", "1.7976931348623157e308", '"é😀"', r'"\ud83d\ude00"', "[[], {}]", "0e-999",
     '{"a": {"a": 1}}', str(2**53), "[" * MAX_LEVELS + "]" * MAX_LEVELS],
)  # fmt: skip
def test_takes_what_all_read_alike(text: str) -> None:
    assert parse(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('{"a": [1, NaN]}', "/a/1", "finite"),
        ('{"a": {"b": -Infinity}}', "/a/b", "finite"),
        ("1e999", "", "finite"),
        ("[1e-999]", "/0", "finite"),
        ("[" + "9" * 5_000 + "]", "/0", "finite"),
        ("[" + "9" * 310 + "]", "/0", "finite"),
        ("[9007199254740993]", "/0", "9007199254740992"),
        (r'{"a": "\ud800"}', "/a", "surrogate"),
        (r'{"a": {"x\udfff": 1}}', "/a", "surrogate"),
        ('{"a": {"b": 1, "b": 1}}', "/a", "'b' twice"),
        ('{"a": 1, "a": {"b": 1, "b": 2}}', "", "'a' twice"),
        ("[" * (MAX_LEVELS + 1) + "]" * (MAX_LEVELS + 1), "/0" * MAX_LEVELS, "levels"),
        ("[" * 100_000, "", "levels"),
        ('{"a": 1,}', ":1:9", "is not JSON"),
        ("{\n  1: 2}", ":2:3", "is not JSON"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_refuses_the_rest_with_its_place(text: str, place: str, says: str) -> None:
    with pytest.raises(NotJson) as refused:
        parse(text)
    found = refused.value.problems
    assert (place, True) in [(at, says in message) for at, message in found]
    str(refused.value).encode()


@pytest.mark.parametrize("value", [float("nan"), 10**400, {1: 2}, (1,), b"x", {"a": {2}}, "\ud800", {"\ud800": 1}])
def test_a_value_of_python_is_held_to_the_same(value: Any) -> None:
    [(_, message)] = value_problems("", value)
    assert message
