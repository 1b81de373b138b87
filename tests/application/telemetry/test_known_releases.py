from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.application.telemetry.known_releases import KnownReleases
from edgeship.domain.version import Version
from tests.fakes.clock import FakeClock
from tests.fakes.edge import FakeSnapshots

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
V1, V2, V9 = (Version.parse(text) for text in ("1.0.0", "2.0.0", "9.9.9"))


def snapshot(revision: int, **latest: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "revision": revision,
        "widgets": {"checkout": {"channels": {"latest": latest}, "ranges": {}}},
    }


class Scene:
    def __init__(self, content: dict[str, Any] | None) -> None:
        self.snapshots = FakeSnapshots(content)
        self.clock = FakeClock(NOW)
        self.reported: list[tuple[str, Exception]] = []
        self.known = KnownReleases(self.snapshots, self.clock, lambda what, fault: self.reported.append((what, fault)))

    def has(self, version: Version) -> bool | None:
        return self.known.has("checkout", version)


def test_it_is_read_once_in_five_seconds() -> None:
    scene = Scene(snapshot(1, stable="1.0.0"))
    for _ in range(49):
        assert scene.has(V1)
        scene.clock.sleep(0.1)
    assert scene.snapshots.reads == 1
    scene.snapshots.content = snapshot(2, stable="2.0.0")
    scene.clock.sleep(0.1)
    assert not scene.has(V1)
    assert scene.has(V2)
    assert scene.snapshots.reads == 2


def test_a_candidate_that_was_just_started_is_known_a_second_after_the_last_read() -> None:
    scene = Scene(snapshot(1, stable="1.0.0"))
    assert scene.has(V1)
    scene.snapshots.content = snapshot(2, stable="1.0.0", candidate="2.0.0")
    scene.clock.sleep(0.9)
    assert not scene.has(V2)
    scene.clock.sleep(0.1)
    assert scene.has(V2)


def test_made_up_names_are_read_once_a_second_at_most() -> None:
    scene = Scene(snapshot(1, stable="1.0.0"))
    for _ in range(100):
        assert not scene.has(V9)
        scene.clock.sleep(0.1)
    assert scene.snapshots.reads == 10


def test_the_last_good_one_stands_while_it_cannot_be_read() -> None:
    scene = Scene(snapshot(1, stable="1.0.0"))
    assert scene.has(V1)
    scene.snapshots.fault = OSError("no route")
    scene.clock.sleep(5)
    for _ in range(20):
        assert scene.has(V1)
        assert scene.has(V9) is False
        scene.clock.sleep(0.1)
    assert scene.snapshots.reads == 3
    assert [what for what, _ in scene.reported] == ["could not read the snapshot"] * 2
    scene.snapshots.fault, scene.snapshots.content = None, snapshot(2, stable="2.0.0")
    assert scene.has(V2)


@pytest.mark.parametrize("corrupt", [False, True])
def test_the_last_good_one_stands_while_it_is_gone_or_malformed(corrupt: bool) -> None:
    scene = Scene(snapshot(1, stable="1.0.0"))
    assert scene.has(V1)
    scene.snapshots.content, scene.snapshots.corrupt = None, corrupt
    for _ in range(4):
        scene.clock.sleep(5)
        assert scene.has(V1)
        assert scene.has(V9) is False
    assert bool(scene.reported) == corrupt
    scene.snapshots.content, scene.snapshots.corrupt = snapshot(2, stable="2.0.0"), False
    scene.clock.sleep(5)
    assert scene.has(V2)
    assert not scene.has(V1)


def test_nothing_is_known_of_a_malformed_one_until_there_is_a_good_one() -> None:
    scene = Scene(None)
    scene.snapshots.corrupt = True
    assert scene.has(V1) is None
    scene.snapshots.content, scene.snapshots.corrupt = snapshot(1, stable="1.0.0"), False
    scene.clock.sleep(1)
    assert scene.has(V1) is True


def test_nothing_is_known_until_it_was_read() -> None:
    scene = Scene(snapshot(1, stable="1.0.0"))
    scene.snapshots.fault = OSError("no route")
    assert scene.has(V1) is None
    scene.clock.sleep(1)
    scene.snapshots.fault = None
    assert scene.has(V1) is True


def test_an_environment_without_a_snapshot_knows_no_release() -> None:
    scene = Scene(None)
    assert scene.has(V1) is False
    scene.snapshots.content = snapshot(1, stable="1.0.0")
    scene.clock.sleep(1)
    assert scene.has(V1) is True


def test_a_clock_that_goes_backwards_makes_it_read_again() -> None:
    scene = Scene(snapshot(1, stable="1.0.0"))
    assert scene.has(V1)
    scene.clock.sleep(-3600)
    assert scene.has(V1)
    assert scene.snapshots.reads == 2
