from __future__ import annotations

from edgeship.application.status.read_overview import WidgetOverview
from edgeship.application.status.read_recent_events import WIDGETS_READ, ReadRecentEvents, last_change
from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import EventType, timestamp
from tests.support.world import AT_ONCE, MINUTE, World, just_live, rolling


def overviews(world: World) -> list[WidgetOverview]:
    return [WidgetOverview(each.name, tuple(world.state.channels(each.name)), ()) for each in world.state.widgets()]


def test_the_widgets_that_changed_last_are_read_and_the_environment() -> None:
    world = World(policy=AT_ONCE)
    for number in range(WIDGETS_READ + 5):
        world.now += MINUTE
        world.upload("1.0.0", f"widget-{number:02}")
    world.now += MINUTE
    world.freeze.set(None, world.now + MINUTE, world.occasion("ann", "holidays"))
    found = ReadRecentEvents(world.state)(overviews(world), 300)
    assert found[0].type is EventType.FREEZE_SET
    assert {event.widget for event in found} - {None} == {
        f"widget-{number:02}" for number in range(5, WIDGETS_READ + 5)
    }
    times = [event.occurred_at for event in found]
    assert times == sorted(times, reverse=True)
    assert len(ReadRecentEvents(world.state)(overviews(world), 7)) == 7


def test_of_one_widget() -> None:
    world = rolling()
    world.upload("1.0.0", "other")
    world.freeze.set(None, world.now + MINUTE, world.occasion("ann", "holidays"))
    found = ReadRecentEvents(world.state).of_widget("checkout", 100)
    assert {event.widget for event in found} == {"checkout", None}


def test_when_a_widget_changed_last() -> None:
    world = just_live()
    moved = world.channel().moved_at
    assert last_change([world.channel()]) == moved
    world.now += MINUTE
    world.roll_back("checkout", "latest", None, world.occasion())
    assert last_change([world.channel()]) == timestamp(world.now)
    world = rolling()
    world.now += MINUTE
    world.steer.pause("checkout", "latest", world.occasion())
    assert last_change([world.channel()]) == timestamp(world.now)
    assert last_change([Channel("checkout", "latest")]) is None
    assert last_change([]) is None
