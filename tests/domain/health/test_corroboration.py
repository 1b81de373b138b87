from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edgeship.domain.health.analysis import Health
from edgeship.domain.health.corroboration import Corroboration, analyse_unverified, corroborate
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.thresholds import Check, Thresholds
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.telemetry.witnesses import WitnessBook
from edgeship.domain.version import Version

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SINCE = NOW - timedelta(hours=1)
LIMITS = Thresholds()
EMPTY = WitnessBook("checkout", Version.parse("1.4.2"))


def book(*views: tuple[str, str], metric: Metric = Metric.FAILED_SESSIONS, value: float = 1) -> WitnessBook:
    found = EMPTY
    for network, agent in views:
        found = found.with_view({metric: value}, network, agent, NOW)
    return found


@pytest.mark.parametrize(
    ("views", "enough"),
    [
        ([], False),
        ([("n1", "a1")], False),
        ([("n1", "a1"), ("n1", "a2"), ("n1", "a3")], False),
        ([("n1", "a1"), ("n2", "a2")], False),
        ([("n1", "a1"), ("n2", "a1"), ("n3", "a1")], False),
        ([("n1", "a1"), ("n2", "a1"), ("n3", "a2")], True),
    ],
)
@pytest.mark.parametrize("check", [Check.ERROR_RATE, Check.ERROR_RATE_OVER_STABLE])
def test_three_networks_and_two_agents_are_needed(views: list[tuple[str, str]], enough: bool, check: Check) -> None:
    assert corroborate(book(*views), check, 5, SINCE, LIMITS, NOW).is_enough is enough


def test_the_policy_says_how_many() -> None:
    one = book(("n1", "a1"), ("n1", "a2"))
    assert corroborate(one, Check.ERROR_RATE, 5, SINCE, replace(LIMITS, networks=1), NOW).is_enough
    assert corroborate(EMPTY, Check.ERROR_RATE, 5, SINCE, replace(LIMITS, networks=0), NOW).is_enough


def test_what_was_before_the_exposure_or_a_day_ago_is_no_witness() -> None:
    views = book(("n1", "a1"), ("n2", "a2"), ("n3", "a3"))
    assert not corroborate(views, Check.ERROR_RATE, 5, NOW + timedelta(seconds=1), LIMITS, NOW).is_enough
    later = NOW + timedelta(hours=24, seconds=1)
    assert not corroborate(views, Check.ERROR_RATE, 5, SINCE, LIMITS, later).is_enough


@pytest.mark.parametrize(("check", "metric"), [(Check.LATENCY, Metric.LOAD_LATENCY), (Check.MEMORY, Metric.MEMORY)])
def test_slow_views_are_the_witnesses_of_latency_and_memory(check: Check, metric: Metric) -> None:
    views = [("n1", "a1"), ("n2", "a2"), ("n3", "a3")]
    assert corroborate(book(*views, metric=metric, value=2_000), check, 2_000, SINCE, LIMITS, NOW).is_enough
    assert not corroborate(book(*views, metric=metric, value=1_999), check, 2_000, SINCE, LIMITS, NOW).is_enough
    assert not corroborate(book(*views), check, 2_000, SINCE, LIMITS, NOW).is_enough


def test_chunks_are_witnesses_where_they_count() -> None:
    views = book(("n1", "a1"), ("n2", "a2"), ("n3", "a3"), metric=Metric.CHUNK_FAILED_SESSIONS)
    assert corroborate(views, Check.ERROR_RATE, 5, SINCE, LIMITS, NOW).is_enough
    ignored = replace(LIMITS, count_chunk_failures=False)
    assert not corroborate(views, Check.ERROR_RATE, 5, SINCE, ignored, NOW).is_enough


def test_a_fault_is_not_enough() -> None:
    unknown = Corroboration(9, 9, 3, "ClientError")
    assert not unknown.is_enough
    assert unknown.reason == "where its reports come from could not be read (ClientError)"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Corroboration(1, 1, 3), "reports from 1 network (3 needed to roll back)"),
        (Corroboration(0, 0, 3), "reports from 0 networks (3 needed to roll back)"),
        (Corroboration(5, 1, 3), "reports from 1 user agent (2 needed to roll back)"),
    ],
)
def test_the_reason_names_what_is_missing(found: Corroboration, reason: str) -> None:
    assert found.reason == reason


def minutes(count: int, **values: int) -> list[Datapoint]:
    return [Datapoint(NOW - timedelta(minutes=count - n), 60, **values) for n in range(count)]  # type: ignore[arg-type]


def test_reports_without_a_token_are_degraded_at_the_limit_among_all_sessions() -> None:
    over = minutes(3, sessions=100, unverified_sessions=100, unverified_failed_sessions=10)
    found = analyse_unverified(over, LIMITS, SINCE, NOW)
    assert found is not None
    assert found.health is Health.DEGRADED
    assert found.reason.startswith("reports without a valid token: error rate 5 %")
    below = minutes(3, sessions=1_000, unverified_sessions=100, unverified_failed_sessions=10)
    assert analyse_unverified(below, LIMITS, SINCE, NOW) is None


def test_failures_without_sessions_count_against_those_there_are() -> None:
    only = minutes(3, sessions=200, unverified_failed_sessions=50)
    assert analyse_unverified(only, LIMITS, SINCE, NOW) is not None


def test_verified_failures_are_no_part_of_it() -> None:
    assert analyse_unverified(minutes(3, sessions=200, failed_sessions=100), LIMITS, SINCE, NOW) is None


def test_a_policy_that_counts_any_report_knows_no_others() -> None:
    over = minutes(3, unverified_sessions=500, unverified_failed_sessions=500)
    assert analyse_unverified(over, replace(LIMITS, networks=0), SINCE, NOW) is None
