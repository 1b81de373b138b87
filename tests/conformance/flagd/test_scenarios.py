"""flagd's evaluator scenarios: each passes, or is listed with its reason."""

from __future__ import annotations

import pytest

from tests.conformance.flagd.scenarios import DEFINITION, HERE, REASONS, Scenario, play, scenarios

EVERY = list(scenarios(HERE / "features"))


@pytest.mark.parametrize("scenario", [each for each in EVERY if each.name not in REASONS], ids=str)
def test_the_scenario_passes(scenario: Scenario) -> None:
    play(scenario, DEFINITION)


@pytest.mark.parametrize("scenario", [each for each in EVERY if each.name in REASONS], ids=str)
def test_what_is_listed_does_not_pass(scenario: Scenario) -> None:
    with pytest.raises(AssertionError):
        play(scenario, DEFINITION)
