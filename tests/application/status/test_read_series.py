from __future__ import annotations

from datetime import timedelta

from edgeship.application.status.read_series import ReadSeries
from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import EventType
from tests.screens import scenes
from tests.support.world import World, rolling


def read(world: World) -> ReadSeries:
    return ReadSeries(world.state, world.metrics, lambda: world.now)


def test_the_candidate_beside_the_stable_version() -> None:
    world = scenes.climbing()
    (series,) = read(world)([world.channel()], 60)
    assert [(version.role, str(version.version)) for version in series.versions] == [
        ("candidate", "1.5.0"),
        ("stable", "1.4.2"),
    ]
    candidate, stable = (version.datapoints for version in series.versions)
    assert len(candidate) == len(stable) > 5
    assert {datapoint.latency_ms for datapoint in candidate} == {812}
    assert series.limits.error_rate == 10
    assert series.until - series.since == timedelta(hours=1)
    assert all(series.since <= datapoint.start < series.until for datapoint in (*candidate, *stable))


def test_what_happened_meanwhile_is_marked() -> None:
    world = scenes.climbing()
    (series,) = read(world)([world.channel()], 60)
    assert [event.type for event in series.marks] == [EventType.ROLLOUT_ADVANCED, EventType.ROLLBACK_WINDOW_CLOSED]
    world.now += timedelta(hours=2)
    (later,) = read(world)([world.channel()], 60)
    assert later.marks == ()
    assert all(version.datapoints == () for version in later.versions)


def test_a_channel_has_its_own_sessions_of_a_version_that_is_in_two() -> None:
    world = rolling()
    world.report("1.1.0", sessions=10, channel="latest")
    world.report("1.1.0", sessions=5)
    world.report("1.1.0", sessions=100, channel="next")
    world.minutes(1, tick=False)
    (series,) = read(world)([world.channel()], 60)
    assert [datapoint.sessions for datapoint in series.versions[0].datapoints] == [15]


def test_a_candidate_that_was_aborted_is_shown_while_it_has_datapoints() -> None:
    world = scenes.rescued()
    (series,) = read(world)([world.channel()], 60)
    assert [(version.role, str(version.version)) for version in series.versions] == [
        ("aborted", "1.5.0"),
        ("stable", "1.4.2"),
    ]
    assert max(datapoint.error_rate or 0 for datapoint in series.versions[0].datapoints) == 40
    world.now += timedelta(hours=2)
    (later,) = read(world)([world.channel()], 60)
    assert [version.role for version in later.versions] == ["stable"]


def test_a_rollout_that_completed_is_the_stable_version() -> None:
    world = rolling()
    world.promote("1.1.0")
    (series,) = read(world)([world.channel()], 60)
    assert [(version.role, str(version.version)) for version in series.versions] == [("stable", "1.1.0")]


def test_without_a_live_version_nothing_is_read() -> None:
    world = World()
    assert read(world)([Channel("checkout", "latest")], 60) == []
    assert read(world)([], 60) == []
