"""What the monitor reads and when: log lines, rates, speeds."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.cloudwatch.default_bus import rate_seconds
from localcloud.cloudwatch.local_cloudwatch import LocalCloudWatch
from localcloud.cloudwatch.log_feed import LogFeed
from localcloud.cloudwatch.periods import real_seconds
from localcloud.sandbox import SandboxSession


def test_lines_are_read_once_however_late_they_come() -> None:
    logs = FakeLogs()
    feed = LogFeed(logs)
    logs.put("s1", 1_000, "CloudWatchMetrics a", "CloudWatchMetrics a")
    assert feed.read(2.0) == ["CloudWatchMetrics a"] * 2
    assert feed.read(2.5) == []
    logs.put("s2", 900, "CloudWatchMetrics late")
    logs.put("s1", 1_000, "CloudWatchMetrics a")
    assert feed.read(3.0) == ["CloudWatchMetrics late", "CloudWatchMetrics a"]
    logs.put("s3", 20_000, *(f"CloudWatchMetrics {number}" for number in range(25_000)))
    logs.put("s4", 20_001, "CloudWatchMetrics last")
    assert len(feed.read(20.0)) == 10_001, "more of one millisecond than the emulator gives is out of reach"
    logs.put("s5", 21_000, *(f"CloudWatchMetrics {number}" for number in range(9_000)))
    logs.put("s6", 21_500, *(f"CloudWatchMetrics {number}" for number in range(9_000)))
    assert len(feed.read(22.0)) == 18_000


class FakeLogs:
    """FilterLogEvents as the emulator has it: at most 10,000 events, and no token."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def put(self, stream: str, timestamp: int, *messages: str) -> None:
        self.events += [{"logStreamName": stream, "timestamp": timestamp, "message": text} for text in messages]

    def get_paginator(self, _: str) -> FakeLogs:
        return self

    def paginate(self, **_: object) -> list[dict[str, Any]]:
        return [{"logGroups": [{"logGroupName": "/aws/lambda/x"}]}]

    def filter_log_events(self, *, startTime: int, limit: int, **_: object) -> dict[str, Any]:  # noqa: N803
        found = sorted((e for e in self.events if e["timestamp"] >= startTime), key=lambda event: event["timestamp"])
        return {"events": found[:limit]}


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(5 minutes)", 300),
        ("rate(1 hour)", 3_600),
        ("rate(2 days)", 172_800),
        ("cron(0 12 * * ? *)", None),
        ("", None),
    ],
)
def test_rates(expression: str, seconds: int | None) -> None:
    assert rate_seconds(expression) == seconds


@pytest.mark.parametrize("speed", [0, 0.5, -1, 61, float("nan")])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="use 1"):
        LocalCloudWatch(SandboxSession("http://127.0.0.1:1"), speed)


@pytest.mark.parametrize(
    ("period", "speed", "seconds"), [(60, 1, 60), (60, 30, 2), (300, 30, 10), (60, 60, 1), (10, 60, 1), (60, 7, 8)]
)
def test_periods(period: int, speed: float, seconds: int) -> None:
    assert real_seconds(period, speed) == seconds
