from __future__ import annotations

from typing import Any

import pytest

from edgeship.domain.flags.records.flag_record import FlagChange
from edgeship.domain.flags.records.type_change import type_change
from edgeship.domain.flags.validation.validate import problems


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": True}, {"a": False, "b": True}, None),
        ({"a": True}, {"a": "yes"}, ("boolean", "string")),
        ({"a": 1}, {"a": 1.5}, None),
        ({"a": True}, {"a": 1}, ("boolean", "number")),
        ({"a": {}}, {"a": "x"}, ("object", "string")),
        ({"a": True, "b": "x"}, {"a": "x"}, None),
        ({"a": [1]}, {"a": "x"}, None),
        ({}, {"a": "x"}, None),
    ],
)
def test_another_type_is_told(old: Any, new: Any, expected: tuple[str, str] | None) -> None:
    assert type_change(FlagChange("k", {"variants": old}, {"variants": new})) == expected


def test_a_new_flag_and_a_deleted_one_change_no_type() -> None:
    assert type_change(FlagChange("k", None, {"variants": {"a": 1}})) is None
    assert type_change(FlagChange("k", {"variants": 7}, {"variants": {"a": 1}})) is None
    assert type_change(FlagChange("k", {"variants": {"a": 1}}, None)) is None


@pytest.mark.parametrize("field", ["default_variant", "off_variant"])
def test_a_default_of_another_type_is_refused_with_the_kinds(field: str) -> None:
    flag = {"key": "k", "variants": {"on": True, "off": False, "odd": "x"}, "default_variant": "off", field: "odd"}
    assert problems({"flags": [flag]}) == [
        ("/flags/0/variants", "all variants have one type; these are on: boolean, off: boolean, odd: string")
    ]
