from __future__ import annotations

import pytest

from edgeship.domain.telemetry.custom_metrics import custom_metric_name, is_custom_metric
from edgeship.domain.telemetry.metrics import Metric


@pytest.mark.parametrize("name", ["a", "checkout_ms", "a1_", "z" * 32])
def test_names(name: str) -> None:
    assert is_custom_metric(name)
    assert custom_metric_name(name) == f"Custom.{name}"


@pytest.mark.parametrize("name", ["", "A", "_a", "1a", "a-b", "a.b", "a\n", "ä", "a" * 33])
def test_other_names_are_none(name: str) -> None:
    assert not is_custom_metric(name)


def test_no_metric_of_a_release_has_such_a_name() -> None:
    assert not any(metric.startswith(custom_metric_name("")) for metric in Metric)
