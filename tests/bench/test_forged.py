"""What forged beacons can do: the page has the figures that the code gives."""

from __future__ import annotations

import pytest

from tests.bench.forged import PAGE, row, shown, table


@pytest.mark.parametrize("traffic", [2])
def test_the_page_has_the_row_of_a_traffic(traffic: int) -> None:
    assert row(traffic) in shown(PAGE.read_text("utf-8")).splitlines()


@pytest.mark.nightly
def test_the_page_has_the_table() -> None:
    assert shown(PAGE.read_text("utf-8")) == table()
