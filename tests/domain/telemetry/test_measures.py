from __future__ import annotations

import pytest

from edgeship.domain.telemetry.measures import is_measure_name, measure_of_metric, metric_of_measure
from edgeship.domain.telemetry.metrics import Metric


@pytest.mark.parametrize("name", ["a", "checkout_ms", "a1_", "z" * 32])
def test_a_measure_has_a_metric_of_its_name(name: str) -> None:
    assert is_measure_name(name)
    assert measure_of_metric(metric_of_measure(name)) == name


@pytest.mark.parametrize("name", ["", "A", "_a", "1a", "a-b", "a.b", "a\n", "ä", "a" * 33])
def test_other_names_are_none(name: str) -> None:
    assert not is_measure_name(name)
    assert measure_of_metric(metric_of_measure(name)) is None


def test_no_metric_of_a_release_is_a_measures() -> None:
    assert not any(measure_of_metric(metric) for metric in Metric)
