"""What every report of a widget counts whose policy asks for no token; `test_verify_beacon.py` has the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.application.telemetry.keep_errors import ATTEMPTS, WRITES_A_SECOND
from edgeship.domain.telemetry.beacon import Beacon, Refusal, ReportedError
from edgeship.domain.version import Version
from tests.fakes.clock import FakeClock
from tests.fakes.edge import FakeSnapshots
from tests.fakes.telemetry import FakeBeaconMetrics
from tests.support.recording import Recording

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
V1 = Version.parse("1.4.2")
SNAPSHOT = {
    "schema": 1,
    "revision": 1,
    "widgets": {"checkout": {"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {}, "any_report": True}},
}
FAILED = Beacon("checkout", V1, "9f86d081e5a1", 0, True, True, (ReportedError("boom", 3),), 123, 45.2)


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.snapshots = FakeSnapshots(SNAPSHOT)
        self.metrics = FakeBeaconMetrics()
        self.reported: list[tuple[str, Exception]] = []
        recording = Recording(self.clock, self.snapshots, self.metrics, self.report)
        self.books = recording.books
        self.record = recording.process()

    def report(self, what: str, fault: Exception) -> None:
        self.reported.append((what, fault))

    def counts(self) -> dict[str, int]:
        return {error.message: error.count for error in self.books.read("checkout", V1).errors}


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_beacon_adds_to_the_metrics_and_to_the_book(scene: Scene) -> None:
    assert scene.record(FAILED) is None
    values = {"Sessions": 1, "FailedSessions": 1, "Errors": 3, "LoadLatency": 123, "Memory": 45.2}
    assert scene.metrics.added == [("checkout", "1.4.2", values)]
    assert scene.counts() == {"boom": 3}
    assert scene.metrics.not_kept == 0


def test_values_of_the_custom_metric_that_the_policy_names_are_kept_and_no_others(scene: Scene) -> None:
    tracked = replace(FAILED, custom_metrics=(("checkout_ms", 2_310), ("items", 3), ("checkout_ms", 90)))
    scene.record(tracked)
    assert scene.metrics.custom_metrics == []
    named = {**SNAPSHOT["widgets"]["checkout"], "custom_metric": "checkout_ms"}  # type: ignore[index]
    scene.snapshots.content = {**SNAPSHOT, "widgets": {"checkout": named}}
    scene.snapshots.writes += 1
    scene.clock.now += timedelta(seconds=6)
    scene.record(tracked)
    scene.record(replace(tracked, version=Version.parse("9.9.9")))
    assert scene.metrics.custom_metrics == [
        ("checkout", "1.4.2", "checkout_ms", 2_310),
        ("checkout", "1.4.2", "checkout_ms", 90),
    ]


@pytest.mark.parametrize(
    ("channel", "other", "apart"),
    [("next", "1.4.2", True), ("next", "1.3.0", False), ("beta", "1.4.2", False), ("", "1.4.2", False)],
)
def test_what_comes_by_a_channel_is_kept_apart_while_the_version_is_in_two(
    scene: Scene, channel: str, other: str, apart: bool
) -> None:
    routes: dict[str, Any] = dict(SNAPSHOT["widgets"]["checkout"])  # type: ignore[index]
    routes["channels"] = {"latest": {"stable": other}, "next": {"stable": "1.3.0", "candidate": "1.4.2"}}
    scene.snapshots.content = {**SNAPSHOT, "widgets": {"checkout": routes}}
    scene.record(replace(FAILED, channel=channel))
    assert [name for name, _ in scene.metrics.by_channel] == (["next"] if apart else [])
    assert len(scene.metrics.added) == (0 if apart else 1)
    assert scene.counts() == {"boom": 3}


def test_a_beacon_without_errors_does_not_touch_the_table(scene: Scene) -> None:
    assert scene.record(replace(FAILED, errors=())) is None
    assert scene.books.stored == {}


def test_a_beacon_that_comes_again_is_in_the_book_once(scene: Scene) -> None:
    scene.record(FAILED)
    scene.record(FAILED)
    assert scene.counts() == {"boom": 3}
    assert scene.books.writes == 1


@pytest.mark.parametrize("reason", [Refusal.MISSING, Refusal.NOT_JSON, Refusal.INVALID, Refusal.TOO_LONG])
def test_a_refusal_is_counted(scene: Scene, reason: Refusal) -> None:
    assert scene.record(reason) is reason
    assert scene.metrics.refusals == [reason]
    assert scene.snapshots.reads == 0


@pytest.mark.parametrize("beacon", [replace(FAILED, widget="unknown"), replace(FAILED, version=Version.parse("1.4.3"))])
def test_a_release_that_no_path_leads_to_is_refused(scene: Scene, beacon: Beacon) -> None:
    assert scene.record(beacon) is Refusal.UNKNOWN_RELEASE
    assert scene.metrics.added == []
    assert scene.books.stored == {}


def test_without_a_registry_no_metric_is_added(scene: Scene) -> None:
    scene.snapshots.fault = OSError("no route")
    assert scene.record(FAILED) is Refusal.NO_REGISTRY
    assert scene.metrics.added == []
    assert [what for what, _ in scene.reported] == ["could not read the snapshot"]


def test_a_fault_of_the_table_is_reported_after_the_metrics_are_out(scene: Scene) -> None:
    scene.books.fault = OSError("no route")
    assert scene.record(FAILED) is None
    assert len(scene.metrics.added) == 1
    assert scene.metrics.not_kept == 3
    assert scene.reported == [("could not keep errors", scene.books.fault)]


def test_lost_races_are_run_again(scene: Scene) -> None:
    scene.books.rivals = ATTEMPTS - 1
    scene.record(FAILED)
    assert scene.counts() == {"boom": 3}
    assert scene.metrics.not_kept == 0


def test_after_three_lost_races_the_errors_are_given_up_and_counted(scene: Scene) -> None:
    scene.books.rivals = ATTEMPTS
    assert scene.record(FAILED) is None
    assert scene.books.writes == ATTEMPTS
    assert scene.counts() == {}
    assert scene.metrics.not_kept == 3
    assert scene.reported == []


def test_a_stampede_costs_no_more_than_five_writes_a_second(scene: Scene) -> None:
    for number in range(1_000):
        scene.record(replace(FAILED, number=number, starts_session=False, fails_session=False))
        scene.clock.sleep(0.01)
    assert scene.books.writes <= WRITES_A_SECOND * 11
    assert scene.counts()["boom"] + scene.metrics.not_kept == 3_000
    assert sum(values["Errors"] for _, _, values in scene.metrics.added) == 3_000


def test_lost_races_count_among_the_writes(scene: Scene) -> None:
    scene.books.rivals = 1_000
    for number in range(10):
        scene.record(replace(FAILED, number=number))
    assert scene.books.writes == WRITES_A_SECOND


def test_a_failure_is_counted_in_the_time_of_the_session_that_it_belongs_to(scene: Scene) -> None:
    """60 failures of sessions that began hours ago are not failures of the sessions that begin now."""
    late = replace(FAILED, number=3, starts_session=False, session_age=7_200, load_latency=None, memory=None)
    assert scene.record(late) is None
    assert scene.metrics.added == [("checkout", "1.4.2", {"Errors": 3})]
    assert scene.metrics.earlier == [(7_200, {"FailedSessions": 1})]
    assert scene.counts() == {"boom": 3}
