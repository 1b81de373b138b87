"""Live versions after their rollback window, releases that another channel quarantined, and incidents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edgeship.domain.channels.incidents.turns import TURNS, turn_of
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.events import Event, EventType
from edgeship.domain.severity import Severity, severity_of
from edgeship.domain.version import Version
from tests.support.world import AT_ONCE, POLICY, WIDGET, World

UNHEALTHY, RECOVERED = EventType.RELEASE_UNHEALTHY, EventType.RELEASE_RECOVERED
BAD: dict[str, Any] = {"sessions": 50, "failed": 25}
GOOD: dict[str, Any] = {"sessions": 50}


def at_rest() -> World:
    """1.0.0 is live, and its window is closed."""
    world = World()
    world.upload("1.0.0")
    world.minutes(61)
    assert world.state.watched() == []
    return world


def go_on(world: World, minutes: int, **reports: dict[str, Any]) -> list[Event]:
    before = len(world.state.log)
    for _ in range(minutes):
        for version, report in reports.items():
            world.report(version.removeprefix("v").replace("_", "."), **report)
        world.minutes(1)
    return world.state.log[before:]


def criticals(events: list[Event]) -> list[EventType]:
    return [event.type for event in events if severity_of(event) is Severity.CRITICAL]


def test_a_live_version_is_checked_in_its_turn_for_ever() -> None:
    world = at_rest()
    events = go_on(world, TURNS + 4, v1_0_0=BAD)
    assert [event.type for event in events] == [UNHEALTHY]
    assert world.live == "1.0.0"
    assert world.channel().lock is None
    assert world.watched_versions() == []  # it has no alarms: they cost more than the checks


def test_one_incident_is_notified_once_and_its_end_once() -> None:
    world = at_rest()
    world.minutes(24 * 60, tick=False)
    assert criticals(go_on(world, 120, v1_0_0=BAD)) == [UNHEALTHY]
    assert [event.type for event in go_on(world, 100, v1_0_0=GOOD)] == [RECOVERED]
    assert criticals(go_on(world, 60, v1_0_0=BAD)) == [UNHEALTHY]
    opened, over, again = [e for e in world.state.log if e.type in (UNHEALTHY, RECOVERED)]
    assert (over.new or {})["incident"] == (opened.new or {})["incident"] == opened.event_id
    assert (again.new or {})["incident"] == again.event_id != opened.event_id


def test_without_sessions_nobody_says_that_it_is_healthy_again() -> None:
    world = at_rest()
    go_on(world, 30, v1_0_0=BAD)
    assert go_on(world, 120) == []
    assert world.channel().alert is not None


def test_one_bad_minute_in_an_hour_is_no_incident() -> None:
    world = at_rest()
    for _ in range(3):
        world.report("1.0.0", **BAD)
        assert go_on(world, 1) + go_on(world, 40, v1_0_0=GOOD) == []


def test_the_stable_version_of_a_rollout_is_checked_each_minute_after_its_window() -> None:
    world = at_rest()
    world.upload("1.1.0")
    events = go_on(world, 5, v1_0_0=BAD, v1_1_0=GOOD)
    assert criticals(events) == [UNHEALTHY]
    assert world.live == "1.0.0"


def test_an_outage_of_both_after_the_window_pauses_and_is_one_incident() -> None:
    world = at_rest()
    world.upload("1.1.0")
    go_on(world, 5, v1_0_0=GOOD, v1_1_0=GOOD)
    events = go_on(world, 15, v1_0_0=BAD, v1_1_0=BAD)
    assert criticals(events) == [EventType.ROLLOUT_PAUSED]
    assert world.channel().rollout is not None
    events = go_on(world, 90, v1_0_0=GOOD)
    assert [event.type for event in events] == [RECOVERED]
    assert world.channel().incident is not None  # the rollout waits for a person
    world.steer.resume(WIDGET, "latest", world.occasion())
    assert world.channel().incident is None


def test_an_unlock_ends_the_incident_of_a_rollback() -> None:
    world = World(policy=AT_ONCE)
    world.upload("1.0.0")
    world.upload("1.1.0")
    events = go_on(world, 5, v1_1_0=BAD)
    assert criticals(events) == [EventType.POINTER_MOVED]
    incident = events[0].event_id
    assert {(event.new or {})["incident"] for event in events} == {incident}
    assert world.channel().incident == incident
    world.unlock(WIDGET, "latest", world.occasion())
    assert (world.state.log[-1].new or {})["incident"] == incident
    assert world.channel().incident is None


# Two channels


def in_two(window: int = 3600) -> World:
    """1.1.0 is live in `next`, and a candidate in `latest`; 1.0.0 was live in both."""
    world = World(policy=replace(POLICY, rollback_window_seconds=window))
    world.upload("1.0.0")
    world.promote("1.0.0", "next")
    world.register("1.1.0")
    world.promote("1.1.0", "next")
    world.start_rollout(WIDGET, Version(1, 1, 0), "latest", world.occasion(), POLICY.steps)
    assert world.channel().candidate == world.channel("next").version == Version(1, 1, 0)
    return world


@pytest.mark.parametrize("by", ["tick", "alarm"])
def test_what_is_unhealthy_is_taken_from_both_channels_with_one_critical_notice(by: str) -> None:
    world = in_two()
    if by == "alarm":
        for _ in range(3):
            world.report("1.1.0", **BAD)
            world.minutes(1, tick=False)
        before = len(world.state.log)
        world.sound("1.1.0")
        go_on(world, 1)
        events = world.state.log[before:]
    else:
        events = go_on(world, 6, v1_1_0=BAD, v1_0_0=GOOD)
    assert len(criticals(events)) == 1
    assert world.channel("next").version == Version(1, 0, 0)
    rollout = world.channel().rollout
    assert rollout is not None
    assert rollout.phase is Phase.ABORTED


def test_a_person_who_aborts_in_one_channel_takes_it_from_the_other() -> None:
    world = in_two()
    world.steer.abort(WIDGET, "latest", world.occasion())
    events = go_on(world, 1)
    assert world.channel("next").version == Version(1, 0, 0)
    assert criticals(events) == []
    moved = next(event for event in events if event.type is EventType.POINTER_MOVED)
    assert "1.1.0 is quarantined: by hand" in moved.cause


def test_a_person_who_rolls_back_ends_the_rollout_of_the_other_channel_paused_or_not() -> None:
    world = in_two()
    world.steer.pause(WIDGET, "latest", world.occasion())
    world.roll_back(WIDGET, "next", None, world.occasion())
    go_on(world, 1)
    rollout = world.channel().rollout
    assert rollout is not None
    assert rollout.phase is Phase.ABORTED
    assert world.channel().lock is not None


def test_after_its_window_a_quarantined_version_stays_and_people_are_told_once() -> None:
    world = in_two(window=60)
    world.minutes(10)
    world.steer.abort(WIDGET, "latest", world.occasion())
    events = go_on(world, 3 * TURNS)
    told = [event for event in events if event.type is UNHEALTHY]
    assert [severity_of(event) for event in told] == [Severity.WARNING]
    assert world.channel("next").version == Version(1, 1, 0)
    # Good sessions don't release it from quarantine.
    assert go_on(world, 4 * TURNS, v1_1_0=GOOD) == []


def test_turns_are_even() -> None:
    turns = [turn_of(f"widget-{n}", "latest") for n in range(3_000)]
    counts = [turns.count(turn) for turn in range(TURNS)]
    assert 150 < min(counts) <= max(counts) < 250
    assert turn_of("checkout", "latest") == 1  # stored in the table: it never changes
