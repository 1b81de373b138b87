"""Pinned, a page view is of one release, whatever happens while it is open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest.mark.structures import ParameterSet

from tests.browser.lab.conftest import Labs
from tests.browser.lab.outcome import Outcome
from tests.browser.lab.scenarios import KINDS, SCENARIOS, VIEWS, Scenario, views_of

pytestmark = pytest.mark.browser

QUICK = ("lazy import: after a move",)
"""On the reference site in every run; the local cloud and the others take minutes."""


def cases() -> Iterator[ParameterSet]:
    for scenario in SCENARIOS:
        cloud = (pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud"))
        yield pytest.param(scenario, "local cloud", marks=cloud, id=f"{scenario}-local cloud")
        quick = () if str(scenario) in QUICK else (pytest.mark.nightly,)
        yield pytest.param(
            scenario, "reference", marks=(*quick, pytest.mark.xdist_group("browser")), id=f"{scenario}-reference"
        )


@pytest.mark.parametrize(("scenario", "site"), list(cases()))
def test_no_page_view_is_mixed_or_broken_or_runs_its_entry_twice(scenario: Scenario, site: str, labs: Labs) -> None:
    outcomes = labs(site, "pin").run(scenario)
    assert [outcome for outcome in outcomes if outcome.mixed or outcome.broken or outcome.twice] == []
    assert {outcome.widget for outcome in outcomes} == set(scenario.widgets)
    if scenario.percent == 50:
        # Both versions were served: else nothing could have been mixed.
        assert len({version for outcome in outcomes for version in outcome.versions}) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_scenario_has_enough_page_views(kind: str) -> None:
    assert sum(views_of(scenario) for scenario in SCENARIOS if scenario.kind == kind) >= VIEWS


def test_what_an_outcome_says() -> None:
    def outcome(*parts: tuple[str, str | None], errors: tuple[str, ...] = ()) -> Outcome:
        return Outcome("widget", parts, errors, ())

    whole = outcome(("entry", "1.0.0"), ("chunk", "1.0.0"))
    assert (whole.mixed, whole.broken, whole.twice) == (False, False, False)
    assert outcome(("entry", "1.0.0"), ("chunk", "1.1.0")).mixed
    assert outcome(("entry", "1.0.0"), ("chunk", None)).broken
    assert outcome(("entry", "1.0.0"), errors=("it failed",)).broken
    assert outcome(("entry", "1.0.0"), ("entry", "1.0.0")).twice
