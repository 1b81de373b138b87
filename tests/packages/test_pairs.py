"""Real releases are compared, and the table in the docs is what was found."""

from __future__ import annotations

import subprocess

import pytest

from tests.packages.pairs import PAGE, Pair, check, page, pairs
from tests.packages.registry import fetched_each
from tests.support.pytest_plugins.tools import NODE

PAIRS = pairs()


@pytest.mark.nightly
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.name} {pair.new}")
def test_a_pair_is_compared_as_the_table_says(pair: Pair) -> None:
    NODE.require()
    try:
        tarballs = fetched_each(pair.pinned)
    except subprocess.SubprocessError as error:
        pytest.skip(f"the npm registry can't be reached: {error}")
    assert pair.checked(check(*(tarballs[pinned] for pinned in pair.pinned))) == pair


def test_the_table_is_wide_and_explains_itself() -> None:
    assert len({pair.name for pair in PAIRS}) >= 12
    assert {pair.declared for pair in PAIRS} == {"patch", "minor", "major"} == {pair.bump for pair in PAIRS}
    assert [pair.name for pair in PAIRS if (pair.declared != pair.bump) != bool(pair.why)] == []


def test_the_page_in_the_docs_has_the_table() -> None:
    """Write it again: python -m tests.packages.pairs."""
    assert PAGE.read_text() == page(PAIRS)
