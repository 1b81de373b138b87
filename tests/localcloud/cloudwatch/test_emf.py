"""Metrics in log lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from localcloud.cloudwatch.emf import Sample, samples

AT = datetime(2019, 11, 18, 20, 42, 12, 4_000, UTC)
NAMES = ("ns", "time", (("version", "7"),))


def document(changes: dict[str, Any] | None = None, **directive: Any) -> dict[str, Any]:
    metrics = {
        "Namespace": "ns",
        "Dimensions": [["version"]],
        "Metrics": [{"Name": "time", "Unit": "Milliseconds"}],
        **directive,
    }
    root = {
        "_aws": {"Timestamp": 1574109732004, "CloudWatchMetrics": [metrics]},
        "version": "7",
        "time": 100,
        "id": "x",
    }
    return {**root, **(changes or {})}


def read(root: object) -> tuple[Sample, ...]:
    return samples(json.dumps(root))


def test_the_example_of_the_specification() -> None:
    assert read(document()) == (Sample(*NAMES, (100.0,), AT, "Milliseconds"),)


def test_what_lambda_puts_before_it_is_read_past() -> None:
    line = f"2019-11-18T20:42:12.004Z\t989ffbf8-9ace-4817-a57c-e4dd734019ee\tINFO\t{json.dumps(document())}\n"
    assert samples(line) == read(document())


def test_several_dimension_sets_values_units_and_resolutions() -> None:
    root = document(
        {"time": [1, 2.5], "size": 3},
        Dimensions=[["version"], ["version", "id"], []],
        Metrics=[{"Name": "time", "StorageResolution": 1}, {"Name": "size", "Unit": "Bytes"}],
    )
    sets: tuple[tuple[tuple[str, str], ...], ...] = ((("version", "7"),), (("version", "7"), ("id", "x")), ())
    times = [Sample("ns", "time", dimensions, (1.0, 2.5), AT, "None", 1) for dimensions in sets]
    sizes = [Sample("ns", "size", dimensions, (3.0,), AT, "Bytes", 60) for dimensions in sets]
    assert read(root) == (*times, *sizes)


def test_several_directives() -> None:
    root = document()
    other = {"Namespace": "other", "Dimensions": [[]], "Metrics": [{"Name": "time"}]}
    root["_aws"]["CloudWatchMetrics"].append(other)
    assert [sample.namespace for sample in read(root)] == ["ns", "other"]


def test_as_much_as_is_allowed() -> None:
    names = [f"m{number}" for number in range(100)]
    dimensions = [f"d{number}" for number in range(30)]
    root = document(
        dict.fromkeys(names, [1] * 100) | dict.fromkeys(dimensions, "x"),
        Dimensions=[dimensions],
        Metrics=[{"Name": name} for name in names],
    )
    assert len(read(root)) == 100


@pytest.mark.parametrize(
    "line",
    [
        "",
        "START RequestId: 1 Version: $LATEST",
        '{"level": "INFO", "message": "tick"}',
        '{"message": "no CloudWatchMetrics here"}',
        '["CloudWatchMetrics"]',
        '{"_aws": {"CloudWatchMetrics": []}}',
        json.dumps(document())[:-1],
        json.dumps(document()) + "}",
        json.dumps(document({"time": float("nan")})),
        json.dumps(document({"_aws": {"CloudWatchMetrics": [], "Timestamp": 10**20}})),
        json.dumps(document({"_aws": {"CloudWatchMetrics": {}, "Timestamp": 1}})),
    ],
)
def test_other_lines_hold_none(line: str) -> None:
    assert samples(line) == ()


@pytest.mark.parametrize(
    "root",
    [
        document({"time": "100"}),
        document({"time": True}),
        document({"time": None}),
        document({"time": []}),
        document({"time": [1] * 101}),
        document({"time": {"a": 1}}),
        document({"version": 7}),
        document(Dimensions=[["unknown"]]),
        document(Dimensions=[]),
        document(Dimensions=["version"]),
        document(Dimensions=[["version"] * 31]),
        document(Metrics=[{"Name": "time"}] * 101),
        document(Metrics=[{"Unit": "Count"}]),
        document(Metrics=[{"Name": "time", "StorageResolution": 5}]),
        document(Namespace=""),
        document(Namespace=None),
    ],
)
def test_a_line_that_breaks_the_specification_holds_none(root: dict[str, Any]) -> None:
    assert read(root) == ()
