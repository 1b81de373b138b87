"""The table of gaps, held to its bounds."""

from __future__ import annotations

import pytest

from tests.bench.gaps import PATTERNS, found_after

TICK = {
    "each minute": 3,
    "failures in bursts, every 2 minutes": 5,
    "failures in bursts, every 3 minutes": 7,
    "failures in bursts, every 5 minutes": 11,
    "failures in bursts, every 15 minutes": 31,
    "datapoints late by 10 minutes": 11,
    "datapoints doubled": 3,
    "of the minute before": 3,
}
"""Minutes; all others are found in 4."""
ALARM = {
    "each minute": 3,
    "sessions in bursts, every 2 minutes": 5,
    "every third datapoint lost": 4,
    "datapoints late by 2 minutes": 5,
    "datapoints doubled": 3,
    "of the minute before": 3,
    "failures of the minute after": 4,
}
"""All others are found by the tick alone."""


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_of_datapoints_is_a_blind_spot(name: str) -> None:
    assert found_after(PATTERNS[name]) == (TICK.get(name, 4), ALARM.get(name))
