"""A process that handles previews may die at each write, and run again: what is left is the same."""

from __future__ import annotations

import pytest

from tests.support.crash.scenes.previews import SCENES
from tests.support.crash.search import dies_anywhere

pytestmark = pytest.mark.crash


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_a_crash_at_any_write_changes_nothing(name: str) -> None:
    assert dies_anywhere(SCENES[name]).writes
