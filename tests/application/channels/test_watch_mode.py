"""In mode watch, people are notified once an incident, and health decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeship.application.channels.reacting.react_to_failed_deployment import ReactToFailedDeployment
from edgeship.domain.channels.policy import Mode, OnInconclusive
from edgeship.domain.events import EventType
from edgeship.domain.health.breach import Breach
from edgeship.domain.notifications.event_text import describe
from edgeship.domain.version import Version
from tests.support.world import AT_ONCE, POLICY, World

V = Version.parse
WATCH = replace(POLICY, mode="watch")
STOPS = (
    EventType.ROLLOUT_ABORTED,
    EventType.ROLLOUT_PAUSED,
    EventType.ROLLOUT_HELD,
    EventType.CHANNEL_FROZEN,
    EventType.RELEASE_QUARANTINED,
)


def rolling() -> World:
    world = World(policy=WATCH)
    world.upload("1.0.0")
    world.minutes(61)
    assert world.upload("1.1.0") == "roll_out"
    return world


def minutes(world: World, count: int, *, tick: bool = True, **candidate: int) -> None:
    for _ in range(count):
        world.report("1.0.0", sessions=60)
        if candidate:
            world.report("1.1.0", **candidate)
        world.minutes(1, tick=tick)


def unhealthy(world: World) -> list[str]:
    return [describe(event) for event in world.events_of(EventType.RELEASE_UNHEALTHY)]


def set_mode(world: World, mode: Mode) -> None:
    world.change_policy("checkout", lambda p: replace(p, mode=mode), world.occasion())


def test_an_unhealthy_candidate_is_notified_once_and_goes_on_by_its_schedule() -> None:
    world = rolling()
    minutes(world, 8, sessions=60, failed=30)
    (notice,) = unhealthy(world)
    assert notice.startswith("latest: the candidate 1.1.0 is unhealthy, and its rollout goes on (mode watch) (")
    assert world.percent == 1
    minutes(world, 22, sessions=60, failed=30)
    assert world.live == "1.1.0"
    assert len(unhealthy(world)) == 1
    # Live, it is the same incident.
    assert world.channel().alert is not None
    minutes(world, 5, sessions=60, failed=30)
    assert (len(unhealthy(world)), world.events_of(*STOPS), world.channel().lock) == (1, [], None)


def test_degraded_then_unhealthy_are_two_notifications() -> None:
    world = rolling()
    minutes(world, 4, sessions=50, failed=3)
    assert [text.split(" (")[0] for text in unhealthy(world)] == [
        "latest: the candidate 1.1.0 is degraded, and its rollout goes on"
    ]
    minutes(world, 4, sessions=60, failed=40)
    assert len(unhealthy(world)) == 2
    assert world.events_of(*STOPS) == []


def test_a_live_version_that_was_degraded_as_a_candidate_is_not_called_unhealthy() -> None:
    world = rolling()
    minutes(world, 4, sessions=50, failed=3)
    world.steer.advance("checkout", "latest", world.occasion())
    world.steer.advance("checkout", "latest", world.occasion())
    assert (world.live, world.channel().alert) == ("1.1.0", None)


@pytest.mark.parametrize("on_inconclusive", ["hold", "pass", "fail"])
def test_too_few_sessions_hold_nothing(on_inconclusive: OnInconclusive) -> None:
    world = rolling()
    if on_inconclusive != "hold":
        world.change_policy("checkout", lambda p: replace(p, on_inconclusive=on_inconclusive), world.occasion())
    minutes(world, 11)
    assert (world.percent, world.events_of(*STOPS)) == (50, [])


def test_what_a_person_holds_or_pauses_stays() -> None:
    world = rolling()
    world.steer.hold("checkout", "latest", world.occasion())
    minutes(world, 30, sessions=60, failed=30)
    assert (world.percent, len(unhealthy(world))) == (1, 1)
    world.steer.pause("checkout", "latest", world.occasion())
    minutes(world, 30)
    assert world.phase == "paused"


def breach(world: World, version: str) -> None:
    for _ in range(2):
        world.react(Breach("checkout", V(version), world.now, "too slow", {}), world.occasion("edgeship:rollback"))


def test_an_alarm_notifies_of_a_candidate_and_of_a_live_version_once() -> None:
    world = rolling()
    world.minutes(1)
    breach(world, "1.1.0")
    assert (world.phase, len(unhealthy(world))) == ("running", 1)
    world = World(policy=replace(AT_ONCE, mode="watch"))
    for version in ("1.0.0", "1.1.0"):
        world.upload(version)
        world.minutes(1)
    breach(world, "1.1.0")
    assert (world.live, unhealthy(world)) == ("1.1.0", ["latest: 1.1.0 is unhealthy and stays live"])
    assert world.events_of(*STOPS) == []


def test_nothing_is_frozen_where_there_is_nothing_to_roll_back_to() -> None:
    world = World(policy=WATCH)
    world.upload("1.0.0")
    world.minutes(1)
    breach(world, "1.0.0")
    assert (world.channel().lock, len(unhealthy(world)), world.events_of(*STOPS)) == (None, 1, [])


def test_a_failed_verification_moves_nothing() -> None:
    world = World(policy=replace(AT_ONCE, mode="watch", on_failed_verification="rollback"))
    for version in ("1.0.0", "1.1.0"):
        world.upload(version)
    count = len(world.state.log)
    react = ReactToFailedDeployment(world.state, world.files, lambda _: None)
    reaction = react("checkout", "latest", world.channel().sequence, world.occasion())
    assert (reaction.event, world.live, len(world.state.log)) == (None, "1.1.0", count)
    assert "mode watch" in reaction.reason


def test_back_in_mode_act_the_next_minute_acts() -> None:
    world = rolling()
    minutes(world, 5, sessions=60, failed=30)
    set_mode(world, "act")
    minutes(world, 1, sessions=60, failed=30)
    assert (world.phase, world.is_quarantined("1.1.0")) == ("aborted", True)


def test_a_live_version_is_rolled_back_once_the_mode_is_act_again() -> None:
    world = World(policy=replace(AT_ONCE, mode="watch"))
    for version in ("1.0.0", "1.1.0"):
        world.upload(version)
        world.minutes(1)
    minutes(world, 5, sessions=60, failed=30)
    assert (world.live, len(unhealthy(world))) == ("1.1.0", 1)
    set_mode(world, "act")
    minutes(world, 1, sessions=60, failed=30)
    assert world.live == "1.0.0"


BY_A_PERSON: list[Callable[[World], object]] = [
    lambda w: w.steer.abort("checkout", "latest", w.occasion()),
    lambda w: w.roll_back("checkout", "latest", None, w.occasion()),
]


@pytest.mark.parametrize("act", BY_A_PERSON)
def test_a_person_acts_as_always(act: Callable[[World], object]) -> None:
    world = rolling()
    act(world)
    assert (world.phase, world.is_quarantined("1.1.0")) == ("aborted", True)


def test_a_candidate_that_a_person_quarantined_elsewhere_is_given_to_nobody() -> None:
    world = rolling()
    for version in ("1.0.0", "1.1.0"):
        world.promote(version, "next")
    world.roll_back("checkout", "next", None, world.occasion())
    minutes(world, 11, sessions=60)
    assert world.phase == "aborted"


def test_the_pages_say_the_mode_and_the_incident() -> None:
    world = rolling()
    minutes(world, 5, sessions=60, failed=30)
    page = world.pages.read("checkout", V("1.1.0"))
    assert page is not None
    (channel,) = page["channels"]
    assert (channel["mode"], channel["role"], page["status"]) == ("watch", "candidate", "unhealthy")
    assert channel["alert"] is not None
