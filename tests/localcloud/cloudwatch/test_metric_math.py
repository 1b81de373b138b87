"""Metric math, by the examples of its documentation where it has some."""

from __future__ import annotations

import pytest

from localcloud.cloudwatch.metric_math import Series, Unsupported, evaluate

Values = list[float | None]
_: None = None
METRICS: dict[str, Values] = {
    # "Comparison and logical operators"
    "metric1": [30, 20, 0, 0, _],
    "metric2": [20, _, 20, _, _],
    # "Using IF expressions"
    "when": [1, 1, 0, 0, _],
    "then": [30, _, 0, 0, 30],
    "else3": [0, 0, 20, _, 20],
    "sessions": [40, 10, _, 20, 30],
    "failed": [4, 10, _, _, 3],
    "empty": [_, _, _, _, _],
}


def series(values: Values) -> Series:
    return {at * 60: value for at, value in enumerate(values) if value is not None}


def value(expression: str, **more: str) -> Values:
    metrics = {name: series(values) for name, values in METRICS.items()}
    periods = [at * 60 for at in range(5)]
    result = evaluate("e1", {"e1": expression, **more}, metrics, periods)
    return [result.get(at) for at in periods]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("metric1 < metric2", [0, 0, 1, 0, _]),
        ("metric1 >= 30", [1, 0, 0, 0, _]),
        ("metric1 > 15 AND metric2 > 15", [1, 0, 0, 0, _]),
        ("metric1 > 15 && metric2 > 15", [1, 0, 0, 0, _]),
        ("metric1 > 15 OR metric2 > 15", [1, 1, 1, 0, _]),
        ("metric1 > 15 || metric2 > 15", [1, 1, 1, 0, _]),
        ("IF(when, then, else3)", [30, 0, 20, _, _]),
        ("IF(when, 5, else3)", [5, 5, 20, _, _]),
        ("IF(when, then, 5)", [30, 0, 5, 5, _]),
        ("IF(when, then)", [30, 0, _, _, _]),
        ("IF(1, then, else3)", [30, _, 0, 0, 30]),
        ("IF(0, then, else3)", [0, 0, 20, _, 20]),
        ("IF(0, then)", [_, _, _, _, _]),
        ("IF(metric1 - 30, 10, 2)", [2, 10, 10, 10, _]),
        ("metric1 == 0", [0, 0, 1, 1, _]),
        ("metric1 != 0", [1, 1, 0, 0, _]),
        ("metric1 <= 20", [0, 1, 1, 1, _]),
        # Missing values count as 0; what divides by zero is dropped.
        ("metric1 + metric2", [50, 20, 20, 0, _]),
        ("metric1 - metric2", [10, 20, -20, 0, _]),
        ("metric1 * metric2", [600, 0, 0, 0, _]),
        ("metric1 / metric2", [1.5, _, 0, _, _]),
        ("metric2 / metric1", [20 / 30, 0, _, _, _]),
        ("100 / metric1", [100 / 30, 5, _, _, _]),
        ("metric1 / (1 - 1)", [_, _, _, _, _]),
        ("-metric1", [-30, -20, 0, 0, _]),
        ("--metric1", [30, 20, 0, 0, _]),
        ("-5 * metric1 + .5", [-149.5, -99.5, 0.5, 0.5, _]),
        ("10 - metric1 / 10 - 1", [6, 7, 9, 9, _]),
        ("(10 - metric1) / 10", [-2, -1, 1, 1, _]),
        ("1 + 2 * 3 > 6 AND metric1 > 1 + 2", [1, 1, 0, 0, _]),
        # Every period of the request is filled, the newest included.
        ("FILL(metric2, 0)", [20, 0, 20, 0, 0]),
        ("FILL(empty, -1)", [-1, -1, -1, -1, -1]),
        ("FILL(metric1 / metric2, 7)", [1.5, 7, 0, 7, 7]),
        ("IF(sessions >= 20, 100 * FILL(failed, 0) / sessions, 0)", [10, 0, _, 0, 10]),
        ("IF(sessions >= 20, empty, 0)", [0, 0, _, 0, 0]),
        ("metric1", [30, 20, 0, 0, _]),
    ],
)
def test_values(expression: str, expected: Values) -> None:
    assert value(expression) == expected


def test_an_expression_may_use_another() -> None:
    assert value("rate > 5", rate="100 * failed / sessions") == [1, 1, _, 0, 1]


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("5 * 2", "gives a number"),
        ("metric1 ^ 2", "'^'"),
        ("SUM(METRICS())", "function SUM"),
        ("[metric1, metric2]", "'['"),
        ("FILL(metric1, REPEAT)", "FILL with REPEAT"),
        ("FILL(metric1, metric2)", "FILL of anything but"),
        ("FILL(metric1)", "FILL with 1 arguments"),
        ("IF(metric1)", "IF with 1 arguments"),
        ("IF(metric1, 1, 2, 3)", "IF with 4 arguments"),
        ("nowhere + 1", "nowhere"),
        ("e1 + 1", "refers to itself"),
        ("metric1 +", "ends too early"),
        ("metric1 metric2", "'metric2'"),
        ("(metric1", "ends too early"),
        ("IF(metric1, 1; 2)", "';'"),
        ("NOT metric1", "'NOT'"),
        ("", "ends too early"),
    ],
)
def test_what_is_not_supported_is_named(expression: str, named: str) -> None:
    with pytest.raises(Unsupported) as refused:
        value(expression)
    assert named in str(refused.value)
