"""A version that is in two channels: each is analysed by the sessions that came by it, and has its own alarms."""

from __future__ import annotations

from typing import Any

import pytest

from edgeship.application.channels.watching.fix_alarms import ALARM_GRACE
from edgeship.domain.channels.rollout import Step
from edgeship.domain.events import EventType
from edgeship.domain.health.breach import Breach
from edgeship.domain.version import Version
from tests.support.world import MINUTE, WIDGET, World

NEW = Version.parse("1.1.0")
LATEST, NEXT = "latest", "next"


@pytest.fixture
def world() -> World:
    """1.1.0 is live in `next`, whose rollback window is over, and is being rolled out in `latest`."""
    world = World("1.0.0", "1.1.0")
    world.promote("1.0.0")
    world.promote("1.0.0", NEXT)
    world.promote("1.1.0", NEXT)
    world.minutes(61)
    steps = (Step(10, 1_200), Step(100, 0))
    world.start_rollout(WIDGET, NEW, LATEST, world.occasion(), steps)
    world.minutes(1)
    return world


def minutes(world: World, count: int, by_latest: dict[str, Any], by_next: dict[str, Any]) -> list[tuple[str, str]]:
    """The channels that changed, and by what."""
    changed: list[tuple[str, str]] = []
    for _ in range(count):
        world.report("1.0.0", channel="")
        world.report("1.1.0", channel=LATEST, **by_latest)
        world.report("1.1.0", channel=NEXT, **by_next)
        (tick,) = world.minutes(1)
        assert tick.faults == []
        changed += [(change.channel, change.event.value) for change in tick.changes if change.event is not None]
    return changed


def test_a_candidate_is_not_hidden_by_the_good_sessions_of_another_channel(world: World) -> None:
    changed = minutes(world, 4, {"sessions": 30, "failed": 12}, {"sessions": 5_000})
    assert (LATEST, EventType.ROLLOUT_ABORTED.value) in changed
    (aborted,) = world.events_of(EventType.ROLLOUT_ABORTED)
    assert "error rate 40 %" in aborted.cause


def test_a_candidate_is_not_blamed_for_the_pages_of_another_channel(world: World) -> None:
    changed = minutes(world, 15, {"sessions": 300}, {"sessions": 30, "failed": 12})
    assert changed == [(NEXT, EventType.RELEASE_UNHEALTHY.value)]
    assert not world.is_quarantined("1.1.0")
    assert world.phase == "running"


def test_a_whole_step_is_the_channels_own(world: World) -> None:
    changed = minutes(world, 20, {"sessions": 6, "latency": 300}, {"sessions": 50, "latency": 5_000})
    assert changed[-1] == (LATEST, EventType.POINTER_MOVED.value)
    assert [event for name, event in changed if name == NEXT] == [EventType.RELEASE_UNHEALTHY.value]
    assert world.live == "1.1.0"


def test_sessions_that_name_no_channel_count_in_both(world: World) -> None:
    for _ in range(4):
        world.report("1.0.0")
        world.report("1.1.0", sessions=30, failed=12)
        world.minutes(1)
    assert world.is_quarantined("1.1.0")


def test_each_channel_has_its_alarms_while_the_version_is_in_two(world: World) -> None:
    names = {each.alarm.channel for each in world.alarms.standing() if each.alarm is not None}
    assert names == {"", LATEST}, "next is not watched any more"
    world.steer.cancel(WIDGET, LATEST, world.occasion())
    world.now += ALARM_GRACE
    world.minutes(2)
    assert not any(each.alarm is not None and each.alarm.channel for each in world.alarms.standing())


def test_an_alarm_of_one_channel_touches_no_other(world: World) -> None:
    (alarm,) = (
        each
        for each in world.alarms.standing()
        if each.alarm is not None and each.alarm.channel == LATEST and each.alarm.check == "error-rate"
    )
    assert alarm.alarm is not None
    world.now += 3 * MINUTE
    breach = Breach.by_alarm(
        alarm.alarm.subject, alarm.alarm.check, alarm.alarm.limit, alarm.name, "3 datapoints", world.now, channel=LATEST
    )
    reactions = world.react(breach, world.occasion("edgeship:rollback", "event"))
    assert [(each.channel, each.event) for each in reactions] == [(LATEST, EventType.ROLLOUT_ABORTED)]


def test_by_the_state_of_an_alarm_only_its_channel_reacts(world: World) -> None:
    world.promote("1.0.0", NEXT)
    world.promote("1.1.0", NEXT)
    world.minutes(2)
    of_next = next(each.name for each in world.alarms.standing() if "@next-v1.1.0-error-rate" in each.name)
    world.minutes(6)
    world.alarms.set_state(of_next, in_alarm=True)
    (tick,) = world.minutes(1)
    assert (NEXT, EventType.POINTER_MOVED) in [(change.channel, change.event) for change in tick.changes]
    assert [event.new for event in world.events_of(EventType.ROLLOUT_ABORTED) if "alarm" in event.cause] == []


def test_nobody_knows_the_channels_of_a_version(world: World) -> None:
    """Then all sessions count, and no alarm of a channel goes."""
    before = {each.name for each in world.alarms.standing()}
    world.registry.fault = OSError("no route")
    world.now += ALARM_GRACE
    ticks = world.minutes(2)
    assert [name for tick in ticks for name, _ in tick.faults] == ["channels of versions"] * 2
    assert {each.name for each in world.alarms.standing()} == before
