"""The lines that CloudWatch reads, with the variables that the template sets for Powertools."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.adapters.cloudwatch.emf_metrics import EmfMetrics
from edgeship.domain.telemetry.beacon import Refusal
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.version import Version


@pytest.fixture(autouse=True)
def powertools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "telemetry")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "elsewhere")


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        assert isinstance(line["_aws"].pop("Timestamp"), int)
    return lines


def test_each_value_of_a_custom_metric_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    EmfMetrics("test").add_custom(("checkout", Version.parse("1.4.2")), "checkout_ms", [2_310, -0.5])
    lines = printed(capsys)
    assert [line["Custom.checkout_ms"] for line in lines] == [[2_310.0], [-0.5]]
    (directive,) = lines[0]["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["environment", "widget", "version"]]
    assert directive["Metrics"] == [{"Name": "Custom.checkout_ms", "Unit": "None"}]


def test_a_release_has_three_dimensions_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    fixed = [metric for metric in Metric if metric is not Metric.CUSTOM]
    everything = dict(zip(fixed, (1.0, 1.0, 3.0, 1.0, 1.0, 123.0, 45.2, 1.0, 1.0), strict=True))
    EmfMetrics("test").add(("checkout", Version.parse("1.4.2")), everything)
    assert printed(capsys) == [
        {
            "_aws": {
                "CloudWatchMetrics": [
                    {
                        "Namespace": "Edgeship",
                        "Dimensions": [["environment", "widget", "version"]],
                        "Metrics": [
                            {"Name": "Sessions", "Unit": "Count"},
                            {"Name": "FailedSessions", "Unit": "Count"},
                            {"Name": "Errors", "Unit": "Count"},
                            {"Name": "ChunkFailures", "Unit": "Count"},
                            {"Name": "ChunkFailedSessions", "Unit": "Count"},
                            {"Name": "LoadLatency", "Unit": "Milliseconds"},
                            {"Name": "Memory", "Unit": "Megabytes"},
                            {"Name": "UnverifiedSessions", "Unit": "Count"},
                            {"Name": "UnverifiedFailedSessions", "Unit": "Count"},
                        ],
                    }
                ],
            },
            "environment": "test",
            "widget": "checkout",
            "version": "1.4.2",
            "Sessions": [1.0],
            "FailedSessions": [1.0],
            "Errors": [3.0],
            "ChunkFailures": [1.0],
            "ChunkFailedSessions": [1.0],
            "LoadLatency": [123.0],
            "Memory": [45.2],
            "UnverifiedSessions": [1.0],
            "UnverifiedFailedSessions": [1.0],
        }
    ]


def test_what_came_by_a_channel_has_a_fourth(capsys: pytest.CaptureFixture[str]) -> None:
    EmfMetrics("test").add(("checkout", Version.parse("1.4.2"), "next"), {Metric.SESSIONS: 1})
    (line,) = printed(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["environment", "widget", "version", "channel"]]
    assert (line["version"], line["channel"], line["Sessions"]) == ("1.4.2", "next", [1.0])


def test_nothing_to_add_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    EmfMetrics("test").add(("checkout", Version.parse("1.4.2")), {})
    assert printed(capsys) == []


def test_releases_are_kept_apart(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics("test")
    metrics.add(("checkout", Version.parse("1.0.0")), {Metric.SESSIONS: 1})
    metrics.add(("button", Version.parse("2.0.0")), {Metric.ERRORS: 2})
    first, second = printed(capsys)
    assert (first["widget"], first["Sessions"], "Errors" in first) == ("checkout", [1.0], False)
    assert (second["widget"], second["Errors"], "Sessions" in second) == ("button", [2.0], False)


def test_what_was_lost_has_the_environment_alone(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics("test")
    metrics.refused(Refusal.TOO_LONG)
    metrics.errors_not_kept(7)
    refused, not_kept = printed(capsys)
    for line in (refused, not_kept):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["environment"]]
        assert [metric["Unit"] for metric in directive["Metrics"]] == ["Count"]
    assert refused | {"_aws": 0} == {"_aws": 0, "environment": "test", "reason": "too_long", "BeaconsRefused": [1.0]}
    assert not_kept | {"_aws": 0} == {"_aws": 0, "environment": "test", "ErrorsNotKept": [7.0]}


def test_what_is_not_printed_is_not_kept_either(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = EmfMetrics("test")
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    for _ in range(200):
        metrics.add(("checkout", Version.parse("1.0.0")), {Metric.SESSIONS: 1})
    assert printed(capsys) == []
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    metrics.refused(Refusal.INVALID)
    (line,) = printed(capsys)
    assert set(line) == {"_aws", "environment", "reason", "BeaconsRefused"}


def test_what_belongs_to_an_earlier_time_is_printed_with_that_time_and_the_next_line_is_of_now(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    metrics = EmfMetrics("test", lambda: now)
    metrics.add(("checkout", Version.parse("1.4.2")), {Metric.FAILED_SESSIONS: 1}, 7_200)
    metrics.add(("checkout", Version.parse("1.4.2")), {Metric.SESSIONS: 1})
    earlier, current = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert earlier["_aws"]["Timestamp"] == 1_000 * (int(now.timestamp()) - 7_200)
    assert abs(current["_aws"]["Timestamp"] - 1_000 * now.timestamp()) < 60_000
