"""Served in place, open pages get parts of two releases, or none: this is why moving paths are pinned.

Each request is decided by itself, and a lazily loaded file is requested long after the entry.
"""

from __future__ import annotations

import pytest

from tests.browser.lab.conftest import Labs
from tests.browser.lab.scenarios import SCENARIOS, Scenario

pytestmark = [pytest.mark.browser, pytest.mark.nightly]

SITES = (
    pytest.param("reference", marks=pytest.mark.xdist_group("browser")),
    pytest.param("local cloud", marks=[pytest.mark.nightly, pytest.mark.cloud, pytest.mark.xdist_group("cloud")]),
)
BASELINE = {str(scenario): scenario for scenario in SCENARIOS}


@pytest.mark.parametrize("site", SITES)
def test_a_move_breaks_every_open_page(site: str, labs: Labs) -> None:
    outcomes = labs(site, "in_place").run(BASELINE["lazy import: after a move"])
    assert [outcome for outcome in outcomes if not (outcome.mixed or outcome.broken)] == []
    assert any(outcome.mixed for outcome in outcomes)
    assert any(outcome.broken for outcome in outcomes)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(
    "scenario",
    [BASELINE["another address: with each request"], BASELINE["warm cache: a reload after a move"]],
    ids=str,
)
def test_it_breaks_page_views(scenario: Scenario, site: str, labs: Labs) -> None:
    outcomes = labs(site, "in_place").run(scenario)
    assert any(outcome.mixed for outcome in outcomes)
    assert any(outcome.broken for outcome in outcomes)
