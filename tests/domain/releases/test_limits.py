"""Limits: what one choice allows, every stage can carry."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.releases.limits import DEFAULT_LIMITS, MAX_FILE_MIB, MAX_FILES, MIB, Limits

CHOSEN = st.builds(Limits.chosen, st.integers(1, MAX_FILES), st.integers(1, MAX_FILE_MIB))


def test_the_defaults() -> None:
    assert Limits.chosen(5_000, 100) == DEFAULT_LIMITS
    assert DEFAULT_LIMITS.total_bytes == 500 * MIB
    assert DEFAULT_LIMITS.declaration_bytes == 5 * MIB


@given(CHOSEN)
def test_they_are_read_as_they_are_said(limits: Limits) -> None:
    said = json.loads(json.dumps(limits.to_dict()))
    assert Limits.from_dict(said) == limits
    assert Limits.from_dict({**said, "a_later_field": [1]}) == limits


@pytest.mark.parametrize(
    "said", [None, [], {}, {**DEFAULT_LIMITS.to_dict(), "files": 0}, {**DEFAULT_LIMITS.to_dict(), "ratio": True}]
)
def test_what_is_no_limit_is_an_error(said: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        Limits.from_dict(said)
