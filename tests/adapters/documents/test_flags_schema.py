"""The JSON Schema of flags files, against the validator that decides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from edgeship.adapters.documents.flags_file import json_schema
from edgeship.domain.flags.validation.validate import problems
from tests.domain.flags.evaluation.test_evaluation_property import flags
from tests.domain.flags.validation.test_validate import BAD_FIELDS
from tests.support.flags import EVERYTHING, boolean

SCHEMA = Draft202012Validator(json_schema())
ELSEWHERE = {
    "'..'",
    "letters",  # for the name '..' of a set
    "on: boolean, off: string",
    "one type",
    "finite",
    "'grey'",
    "not one of the variants",
    "but the default",
    "not after",
    "either",
    "add up to 0",
    "add up to 90",
    "finer",
    "has none",
    "off from off",
    "on from off from on",
    "list",  # of an operator that has to have values
    "number",
    "version",
    "escape",
    "left out",
    "with a zone",
    "string",
    "'nope'",
    "'x/y'",
    "deep",
    "no evaluator 'none'",
    "missing",
    "steps of 0.01",
}
"""Faults between two fields, of a JsonLogic rule, or of what an operator takes: no schema says them."""


def test_a_file_with_every_field_is_accepted() -> None:
    segments = {"staff": {"conditions": [{"attribute": "a", "op": "exists"}]}}
    using = boolean("b", rules=[{"if": [{"segment": "staff", "negate": True}], "variant": "on"}], requires={"a": "on"})
    document = {"$schema": "x", "flags": [EVERYTHING, using], "segments": segments, "evaluators": {"e": {"!": True}}}
    assert problems(document) == []
    assert SCHEMA.is_valid(document)


@given(st.lists(flags(), max_size=2, unique_by=lambda flag: flag["key"]))
def test_the_schema_accepts_what_the_validator_accepts(drawn: list[dict[str, Any]]) -> None:
    document = {"flags": drawn}
    assert problems(document) or SCHEMA.is_valid(document)


@given(st.integers(0, 10_000).map(lambda number: number / 100))
def test_the_schema_accepts_every_percentage(percentage: float) -> None:
    document = {"flags": [boolean(rollout={"variant": "on", "percentage": percentage})]}
    assert problems(document) == []
    assert SCHEMA.is_valid(document)


@pytest.mark.parametrize(("fields", "place", "says"), BAD_FIELDS)
def test_the_schema_refuses_what_a_schema_can_tell(fields: dict[str, Any], place: str, says: str) -> None:
    assert not SCHEMA.is_valid({"flags": [boolean(**fields)]}) or says in ELSEWHERE, place
