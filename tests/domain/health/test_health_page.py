"""What a release's health page says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Lock
from edgeship.domain.channels.exposure import exposure_of
from edgeship.domain.channels.rollout import RolloutEvent, transition
from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.health_page import (
    MAX_ERRORS,
    METRICS_UNAVAILABLE,
    NOT_WATCHED,
    ROLLED_BACK,
    Finding,
    fresh_page,
    last_page,
    most_severe,
    stale_page,
)
from edgeship.domain.health.thresholds import Check
from edgeship.domain.releases.release import Quarantine
from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from tests.support.health_pages import LIMITS, LIVE, NO_ERRORS, NOW, ROLLING, SINCE, V1, V2, found, page, periods
from tests.support.releases import a_release


def test_a_healthy_release() -> None:
    assert page(periods(400, 400, 400, failed=4, latency=812.5, memory=31.25)) == {
        "schema": 2,
        "widget": "checkout",
        "version": "1.1.0",
        "environment": "production",
        "watched": True,
        "stale": False,
        "stale_because": None,
        "status": "healthy",
        "measured_from": "2026-11-23T10:07:00.000Z",
        "measured_at": "2026-11-23T10:10:00.000Z",
        "fresh_until": "2026-11-23T10:17:00.000Z",
        "analysis": {
            "reason": "no limit reached, 1200 sessions",
            "health": "healthy",
            "check": None,
            "value": None,
            "limit": None,
            "sample": 1200,
        },
        "metrics": {
            "error_rate": {"value": 1.0, "unit": "%", "limit": 5, "within_limit": True, "sample": 1200},
            "latency_p95": {"value": 812.5, "unit": "ms", "limit": 2_000, "within_limit": True, "sample": 1200},
            "memory_p95": {"value": 31.25, "unit": "MB", "limit": 100, "within_limit": True, "sample": 1200},
            "sessions": {"value": 1200, "unit": "sessions", "limit": None, "within_limit": None, "sample": 1200},
            "chunk_failures": {"value": 0, "unit": "failures", "limit": None, "within_limit": None, "sample": 1200},
            "chunk_failure_rate": {"value": 0.0, "unit": "%", "limit": None, "within_limit": None, "sample": 1200},
        },
        "top_errors": [],
        "channels": [
            {
                "name": "latest",
                "role": "stable",
                "percent": 100,
                "phase": None,
                "held_by": None,
                "locked": False,
                "alert": None,
                "mode": "act",
            }
        ],
    }


def test_an_unhealthy_release_names_the_limit() -> None:
    unhealthy = page(periods(400, 200, 400, failed=40, latency=500))
    assert (unhealthy["status"], unhealthy["analysis"]["check"], unhealthy["analysis"]["value"]) == (
        "unhealthy",
        "error-rate",
        10,
    )
    assert unhealthy["metrics"]["error_rate"]["value"] == 12
    assert unhealthy["metrics"]["error_rate"]["within_limit"] is False
    assert unhealthy["metrics"]["latency_p95"]["within_limit"] is True


def test_one_period_over_a_limit_is_not_enough() -> None:
    datapoints = periods(400, 400, 400)
    datapoints[1] = replace(datapoints[1], failed_sessions=200)
    spiked = page(datapoints)
    assert (spiked["status"], spiked["metrics"]["error_rate"]["value"]) == ("healthy", 16.67)
    assert spiked["metrics"]["error_rate"]["within_limit"] is False


def test_thin_traffic_is_shown_over_the_hour_of_its_analysis() -> None:
    thin = page(periods(3, 0, 4, 2, 3, failed=2))
    assert thin["status"] == "unhealthy"
    assert "in the last hour" in thin["analysis"]["reason"]
    assert thin["measured_from"] == "2026-11-23T10:05:00.000Z"
    assert thin["metrics"]["sessions"]["value"] == thin["analysis"]["sample"] == 12


def test_where_nothing_was_reported_there_are_no_numbers() -> None:
    nothing = page([])
    assert (nothing["status"], nothing["measured_from"]) == ("inconclusive", None)
    assert nothing["measured_at"] == "2026-11-23T10:10:00.000Z"
    assert [metric["value"] for metric in nothing["metrics"].values()] == [None, None, None, 0, 0, None]
    assert {metric["within_limit"] for metric in nothing["metrics"].values()} == {None}


@pytest.mark.parametrize("status", ["healthy", "degraded", "unhealthy", "inconclusive"])
def test_the_status_is_that_of_the_analysis(status: str) -> None:
    finding = Finding(AnalysisResult(Health(status), "because", sample=7), LIMITS, (), NOW)
    shown = fresh_page("production", ("checkout", V2), (exposure_of(LIVE, V2),), finding, NO_ERRORS, 60)
    assert (shown["status"], shown["analysis"]["reason"]) == (status, "because")


DATAPOINTS = st.lists(
    st.builds(
        lambda sessions, failed, latency, memory: (sessions, min(sessions, failed), latency, memory),
        st.integers(0, 300),
        st.integers(0, 300),
        st.none() | st.floats(0, 5_000),
        st.none() | st.floats(0, 300),
    ),
    max_size=10,
)


@given(DATAPOINTS)
def test_a_limit_that_makes_a_release_unhealthy_is_never_shown_as_kept(reported: list[tuple[Any, ...]]) -> None:
    start_at = NOW - timedelta(minutes=len(reported))
    datapoints = [Datapoint(start_at + timedelta(minutes=n), 60, *each) for n, each in enumerate(reported)]
    shown = page(datapoints)
    names = {"error-rate": "error_rate", "latency": "latency_p95", "memory": "memory_p95"}
    if shown["analysis"]["health"] == "unhealthy":
        assert shown["metrics"][names[shown["analysis"]["check"]]]["within_limit"] is False
    assert json.loads(json.dumps(shown)) == shown


def test_where_channels_differ_the_most_severe_counts() -> None:
    healthy, unhealthy, thin = (found(periods(400, 400, 400, failed=n)) for n in (0, 80, 0))
    thin = replace(thin, analysis=AnalysisResult(Health.INCONCLUSIVE, "too few"))
    assert most_severe([healthy, unhealthy, thin]) is unhealthy
    assert most_severe([thin, healthy]) is healthy
    assert most_severe([healthy, replace(healthy, at=SINCE)]) is healthy


def test_the_channels_that_expose_it_are_named_with_what_is_under_way() -> None:
    paused = replace(ROLLING, name="beta", rollout=transition(ROLLING.rollout, RolloutEvent.PAUSE, NOW, "checkout"))  # type: ignore[arg-type]
    unhealthy = replace(
        LIVE, lock=Lock("2026-11-23T09:00:00.000Z", "ann", "secret"), alert=Alert("2026-11-23T10:01:00.000Z", "x")
    )
    shown = page([], unhealthy, ROLLING, paused)
    assert shown["channels"] == [
        {
            "name": "beta",
            "role": "candidate",
            "percent": 0,
            "phase": "paused",
            "held_by": None,
            "locked": False,
            "alert": None,
            "mode": "act",
        },
        {
            "name": "latest",
            "role": "stable",
            "percent": 100,
            "phase": None,
            "held_by": None,
            "locked": True,
            "alert": "2026-11-23T10:01:00.000Z",
            "mode": "act",
        },
        {
            "name": "next",
            "role": "candidate",
            "percent": 12.5,
            "phase": "running",
            "held_by": None,
            "locked": False,
            "alert": None,
            "mode": "act",
        },
    ]
    assert "secret" not in json.dumps(shown)


def test_the_stable_version_of_a_rollout_has_the_rest_of_the_users() -> None:
    rolling = replace(ROLLING, version=V2, rollout=replace(ROLLING.rollout, candidate=V1), watch=LIVE.watch)  # type: ignore[type-var]
    (entry,) = page([], rolling)["channels"]
    assert (entry["role"], entry["percent"], entry["phase"]) == ("stable", 87.5, "running")


def test_the_errors_that_came_most_often() -> None:
    book = NO_ERRORS
    for number in range(7):
        error = ReportedError(f"error {'x' * number}", number + 1)
        book = book.with_beacon(Beacon("checkout", V2, "9f86d081e5a1", number, errors=(error,)), NOW)
    errors = page([], errors=book)["top_errors"]
    assert [error["count"] for error in errors] == [7, 6, 5, 4, 3]
    assert errors[0] == {"message": "error xxxxxx", "count": 7, "at": None}
    assert len(errors) == MAX_ERRORS


FIELDS = ("status", "measured_from", "measured_at", "fresh_until", "analysis", "metrics")


def test_without_metrics_the_old_numbers_keep_their_time() -> None:
    before = page(periods(400, 400, 400, failed=80))
    stale = stale_page("production", ("checkout", V2), (exposure_of(ROLLING, V2),), before, NO_ERRORS)
    assert {name: stale[name] for name in FIELDS} == {name: before[name] for name in FIELDS}
    assert (stale["stale"], stale["stale_because"], stale["watched"]) == (True, METRICS_UNAVAILABLE, True)
    assert [channel["name"] for channel in stale["channels"]] == ["next"]
    assert stale_page("production", ("checkout", V2), (exposure_of(ROLLING, V2),), stale, NO_ERRORS) == stale


def test_without_metrics_and_without_a_page_there_are_no_numbers() -> None:
    stale = stale_page("production", ("checkout", V2), (exposure_of(LIVE, V2),), None, NO_ERRORS)
    assert [stale[name] for name in FIELDS] == ["inconclusive", None, None, None, None, None]
    assert stale["stale"] is True


def test_the_last_page_is_what_it_is_made_from() -> None:
    before = page(periods(400, 400, 400), errors=NO_ERRORS)
    last = last_page("production", ("checkout", V2), before, a_release("1.1.0"))
    assert (last["watched"], last["stale"], last["stale_because"], last["channels"]) == (False, True, NOT_WATCHED, [])
    assert {name: last[name] for name in FIELDS} == {name: before[name] for name in FIELDS}
    assert last_page("production", ("checkout", V2), last, a_release("1.1.0")) == last
    assert last_page("production", ("checkout", V2), None, None)["status"] == "inconclusive"


def test_the_last_page_of_a_rolled_back_release_is_not_that_of_a_healthy_one() -> None:
    before = page(periods(400, 400, 400))
    quarantined = replace(a_release("1.1.0"), quarantine=Quarantine("2026-11-23T10:10:00.000Z", "ann", "secret"))
    last = last_page("production", ("checkout", V2), before, quarantined)
    assert (last["status"], last["stale_because"]) == ("unhealthy", ROLLED_BACK)
    assert last["metrics"] == before["metrics"]
    assert "secret" not in json.dumps(last)


def test_every_hard_limit_has_its_metric() -> None:
    assert {check for check, _ in LIMITS.hard()} == {Check.ERROR_RATE, Check.LATENCY, Check.MEMORY}
    assert page([])["metrics"].keys() == {
        *("error_rate", "latency_p95", "memory_p95", "sessions", "chunk_failures", "chunk_failure_rate")
    }


def test_the_numbers_of_a_page_of_another_schema_are_not_repeated() -> None:
    """A page that an earlier edgeship wrote has other fields."""
    before = {"schema": 1, "status": "unknown", "verdict": None, "metrics": None, "top_errors": []}
    last = last_page("production", ("checkout", V2), before, None)
    assert (last["schema"], last["status"], last["analysis"]) == (2, "inconclusive", None)
