"""What counts of a beacon, by its token, its network and what its page view has reported before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.telemetry.views import VIEWS_A_MINUTE, Viewer
from edgeship.domain.version import Version
from tests.fakes.clock import FakeClock
from tests.fakes.edge import FakeSnapshots
from tests.fakes.telemetry import FakeBeaconMetrics
from tests.support.recording import Recording
from tests.support.tokens import VIEWER, a_token

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
V1 = Version.parse("1.4.2")
SNAPSHOT = {
    "schema": 1,
    "revision": 1,
    "widgets": {"checkout": {"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {}}},
}
FIRST = Beacon("checkout", V1, "9f86d081e5a1", 0, starts_session=True, load_latency=123, token=a_token(NOW))
FAILED = replace(FIRST, number=1, starts_session=False, fails_session=True, errors=(ReportedError("boom", 3),))
FAILED = replace(FAILED, load_latency=None)
SESSION = {"Sessions": 1, "LoadLatency": 123}
FAILURE = {"FailedSessions": 1, "Errors": 3}


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.metrics = FakeBeaconMetrics()
        self.reported: list[tuple[str, Exception]] = []
        self.all = Recording(self.clock, FakeSnapshots(SNAPSHOT), self.metrics, self.report)
        self.record = self.all.process()

    def report(self, what: str, fault: Exception) -> None:
        self.reported.append((what, fault))

    def send(self, *beacons: Beacon, viewer: Viewer = VIEWER) -> list[dict[str, float]]:
        """What these add to the metrics."""
        before = len(self.metrics.added)
        for beacon in beacons:
            assert self.record(beacon, viewer) is None
        return [values for _, _, values in self.metrics.added[before:]]

    @property
    def messages(self) -> list[str]:
        return [error.message for error in self.all.books.read("checkout", V1).errors]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_view_with_its_token_counts(scene: Scene) -> None:
    assert scene.send(FIRST, FAILED) == [SESSION, FAILURE]
    assert scene.messages == ["boom"]
    assert scene.reported == []


def test_a_view_that_fails_with_its_first_beacon_counts(scene: Scene) -> None:
    both = replace(FAILED, number=0, starts_session=True)
    assert scene.send(both, both) == [{"Sessions": 1, **FAILURE}]
    assert scene.send(replace(FAILED, number=4)) == []


def test_replays_count_nothing(scene: Scene) -> None:
    scene.send(FIRST, FAILED)
    again = [FIRST, FAILED, replace(FIRST, number=7), replace(FAILED, number=2), replace(FIRST, page_view="ffffffff")]
    assert scene.send(*again * 3) == []
    assert scene.messages == ["boom"]
    assert scene.metrics.not_kept == 0


def test_latency_counts_once(scene: Scene) -> None:
    scene.send(FIRST)
    assert scene.send(replace(FIRST, number=1, starts_session=False, load_latency=600_000)) == []


def test_more_errors_of_a_view_count(scene: Scene) -> None:
    more = replace(FAILED, number=2, fails_session=False, errors=(ReportedError("bang", 1),))
    assert scene.send(FIRST, FAILED, more, more) == [SESSION, FAILURE, {"Errors": 1}]


@pytest.mark.parametrize(
    "changed",
    [
        {"token": None},
        {"token": "x"},
        {"token": a_token(NOW, version="1.4.3")},
        {"token": a_token(NOW, widget="button")},
        {"token": a_token(NOW, address="198.51.100.7")},
        {"token": a_token(NOW, master="another")},
        {"token": a_token(NOW - timedelta(days=1))},
        {"token": a_token(NOW + timedelta(minutes=3))},
        {"number": 20},
    ],
)
def test_without_a_valid_token_a_view_is_counted_apart(scene: Scene, changed: dict[str, object]) -> None:
    first, failed = (replace(beacon, **changed) for beacon in (FIRST, FAILED))  # type: ignore[arg-type]
    assert scene.send(first, failed) == [{"UnverifiedSessions": 1}, {"UnverifiedFailedSessions": 1}]
    assert scene.messages == []
    assert scene.metrics.not_kept == 0
    assert scene.all.witnesses.stored == {}


@pytest.mark.parametrize("address", ["", "nonsense", "198.51.100.7", "2001:db8::1"])
def test_the_first_beacon_comes_from_the_network_of_the_token(scene: Scene, address: str) -> None:
    assert scene.send(FIRST, viewer=Viewer(address)) == [{"UnverifiedSessions": 1}]


def test_later_beacons_come_from_any(scene: Scene) -> None:
    scene.send(FIRST)
    assert scene.send(FAILED, viewer=Viewer("2001:db8::1")) == [FAILURE]


def test_a_network_has_its_share(scene: Scene) -> None:
    """Sessions and failures of a view are in or out together."""
    views = [
        (replace(FIRST, token=a_token(NOW, number)), replace(FAILED, token=a_token(NOW, number)))
        for number in range(VIEWS_A_MINUTE + 5)
    ]
    added = [scene.send(*view) for view in views]
    assert added[:VIEWS_A_MINUTE] == [[SESSION, FAILURE]] * VIEWS_A_MINUTE
    assert added[VIEWS_A_MINUTE:] == [[{"UnverifiedSessions": 1}, {"UnverifiedFailedSessions": 1}]] * 5
    other = replace(FIRST, token=a_token(NOW, 99, address="198.51.100.7"))
    assert scene.send(other, viewer=Viewer("198.51.100.200")) == [SESSION]


def test_tokens_that_were_saved_up_are_no_larger_share(scene: Scene) -> None:
    saved = [replace(FIRST, token=a_token(NOW + timedelta(minutes=minute))) for minute in range(60)]
    scene.clock.now += timedelta(hours=1)
    assert scene.send(*saved).count(SESSION) == VIEWS_A_MINUTE


def test_a_late_failure_counts_in_the_time_of_its_session(scene: Scene) -> None:
    scene.send(FIRST)
    scene.clock.now += timedelta(hours=2)
    assert scene.send(replace(FAILED, session_age=7_200)) == [{"Errors": 3}]
    assert scene.metrics.earlier == [(7_200, {"FailedSessions": 1})]


def test_a_table_that_fails_leaves_beacons_unverified(scene: Scene) -> None:
    scene.all.views.fault = OSError("no route")
    assert scene.send(FIRST, FAILED) == [{"UnverifiedSessions": 1}, {"UnverifiedFailedSessions": 1}]
    assert [what for what, _ in scene.reported] == ["could not verify a beacon"] * 2


def test_a_key_that_cannot_be_read_leaves_beacons_unverified(scene: Scene) -> None:
    scene.all.keys.fault = OSError("no route")
    assert scene.send(FIRST) == [{"UnverifiedSessions": 1}]
    assert [what for what, _ in scene.reported] == ["could not verify a beacon"]


def test_failing_views_are_witnesses(scene: Scene) -> None:
    scene.send(FIRST, FAILED)
    book = scene.all.witnesses.read("checkout", V1)
    (failing,) = book.of([Metric.FAILED_SESSIONS], 1, NOW)
    (slow,) = book.of([Metric.LOAD_LATENCY], 123, NOW)
    assert failing.network == slow.network
    assert "192" not in failing.network
    assert len(failing.agents) == 1
    assert "Browser" not in failing.agents[0]


def test_witnesses_that_are_known_cost_no_call(scene: Scene) -> None:
    for number in range(VIEWS_A_MINUTE):
        scene.send(replace(FIRST, token=a_token(NOW, number)))
        scene.clock.now += timedelta(seconds=1)
    assert scene.all.witnesses.writes == 1
    assert scene.all.witnesses.reads == 1


def test_a_stampede_of_witnesses_costs_two_writes_a_second(scene: Scene) -> None:
    for number in range(1_000):
        address = f"10.{number // 250}.{number % 250}.1"
        scene.send(
            replace(FIRST, token=a_token(NOW, address=address), load_latency=number), viewer=Viewer(address, "x")
        )
        scene.clock.sleep(0.01)
    assert scene.all.witnesses.writes <= 22


def test_a_race_for_the_witnesses_is_run_again(scene: Scene) -> None:
    scene.all.witnesses.rivals = 1
    scene.send(FIRST)
    assert scene.all.witnesses.read("checkout", V1).of([Metric.LOAD_LATENCY], 123, NOW)


def test_a_table_of_witnesses_that_fails_is_reported(scene: Scene) -> None:
    scene.all.witnesses.fault = OSError("no route")
    assert scene.send(FIRST) == [SESSION]
    assert [what for what, _ in scene.reported] == ["could not keep a witness"]
