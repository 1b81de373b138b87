"""A tick gives a candidate more users only once its alarms stand with the policy's limits of now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeship.domain.version import Version
from tests.support.world import World, rolling


def baked() -> World:
    """1.1.0 is healthy, and its bake at 1 % ends with the next tick."""
    world = rolling()
    for _ in range(8):
        world.report("1.1.0")
        world.report("1.0.0")
        world.minutes(1)
        if world.percent > 1:
            raise AssertionError("the bake is over")
    world.report("1.1.0")
    world.report("1.0.0")
    return world


def other_limits(world: World) -> None:
    world.change_policy(
        "checkout",
        lambda policy: replace(policy, thresholds=replace(policy.thresholds, latency_ms=1_500)),
        world.occasion(),
    )


def removed_by_hand(world: World) -> None:
    world.alarms.remove([each.name for each in world.alarms.standing()])


def changed_by_hand(world: World) -> None:
    for each in world.alarms.standing():
        world.alarms.spoil(each.name)


@pytest.mark.parametrize("befall", [other_limits, removed_by_hand, changed_by_hand])
def test_a_step_waits_for_the_minute_that_makes_them(befall: Callable[[World], None]) -> None:
    world = baked()
    befall(world)
    (tick,) = world.minutes(1)
    assert (tick.faults, world.percent) == ([], 1)
    assert tick.alarms_made >= 1
    world.report("1.1.0")
    world.report("1.0.0")
    world.minutes(1)
    assert world.percent == 50


def test_with_its_alarms_it_goes_on_at_once() -> None:
    world = baked()
    world.minutes(1)
    assert world.percent == 50


def test_where_nobody_can_read_the_alarms_the_metrics_alone_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    world = baked()

    def unreadable() -> list[object]:
        raise OSError("CloudWatch is away")

    monkeypatch.setattr(world.alarms, "standing", unreadable)
    (tick,) = world.minutes(1)
    assert [what for what, _ in tick.faults] == ["alarms"]
    assert world.percent == 50


def test_an_alarm_of_another_version_is_none_of_its_own() -> None:
    world = baked()
    world.alarms.remove(
        [each.name for each in world.alarms.standing() if each.alarm and each.alarm.version == Version(1, 1, 0)]
    )
    world.minutes(1)
    assert world.percent == 1
