"""Whatever the validator accepts gets through every later stage, unchanged; the rest is refused with its place."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.application.flags.change_flags import FlagsFile
from edgeship.application.flags.check_set import FlagsRefused
from tests.edge.journey.flag_journey import travel
from tests.edge.journey.mutated_flags import mutated
from tests.support.pytest_plugins.fuzz import examples


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flags") / "flags.json"


@pytest.mark.fuzz
@settings(max_examples=examples(250, 20_000))
@given(seed=st.integers(0, 2**48))
def test_a_mutated_file_is_refused_with_its_place_or_answered(path: Path, seed: int) -> None:
    path.write_text(mutated(random.Random(seed)), "utf-8")
    outcome = travel(path)
    if isinstance(outcome, FlagsRefused):
        assert outcome.problems


def test_enough_of_them_are_accepted_and_enough_refused(path: Path) -> None:
    found: Counter[str] = Counter()
    for seed in range(150):
        path.write_text(mutated(random.Random(seed)), "utf-8")
        found["accepted" if isinstance(travel(path), FlagsFile) else "refused"] += 1
    assert min(found["accepted"], found["refused"]) > 30, found
