"""A rollout is followed to its end, whatever that is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from edgeship.application.status.follow_rollout import FollowRollout, Seen
from edgeship.application.status.read_numbers import ReadNumbers
from edgeship.domain.errors import Refused
from edgeship.domain.status.outcome import Outcome
from edgeship.domain.version import Version
from tests.fakes.health import FakeComparisons, FakeHealthPages
from tests.support.world import World, rolling


def follow(world: World, happens: Callable[[int], None], timeout: timedelta | None = None) -> list[Seen]:
    """`happens` after each look, by its number."""
    looks = 0

    def sleep(seconds: float) -> None:
        nonlocal looks
        looks += 1
        world.now += timedelta(seconds=seconds)
        happens(looks)

    numbers = ReadNumbers(FakeHealthPages(), FakeComparisons())
    return list(FollowRollout(world.state, numbers, lambda: world.now, sleep)("checkout", "latest", 5, timeout))


def test_until_it_is_complete() -> None:
    world = rolling()

    def happens(look: int) -> None:
        if look == 2:
            world.steer.advance("checkout", "latest", world.occasion())
        if look == 3:
            world.promote("1.1.0")

    seen = follow(world, happens)
    assert [each.outcome for each in seen] == [None, None, None, Outcome.COMPLETED]
    assert seen[1].rollout.step < seen[2].rollout.step
    assert str(seen[-1].numbers.channel.version) == "1.1.0"


@pytest.mark.parametrize(
    ("act", "outcome"), [("abort", Outcome.ABORTED), ("cancel", Outcome.CANCELLED), ("pause", None), ("hold", None)]
)
def test_until_it_is_ended_otherwise(act: str, outcome: Outcome | None) -> None:
    world = rolling()

    def happens(look: int) -> None:
        if look == 1:
            getattr(world.steer, act)("checkout", "latest", world.occasion())

    if outcome is None:
        with pytest.raises(TimeoutError):
            follow(world, happens, timedelta(seconds=60))
        return
    seen = follow(world, happens)
    assert [each.outcome for each in seen] == [None, outcome]


def test_another_rollout_in_its_place() -> None:
    world = rolling()

    def happens(look: int) -> None:
        world.register("2.0.0")
        world.steer.cancel("checkout", "latest", world.occasion())
        world.start_rollout("checkout", Version(2, 0, 0), "latest", world.occasion())

    seen = follow(world, happens)
    assert seen[-1].outcome is Outcome.REPLACED
    assert str(seen[-1].rollout.candidate) == "1.1.0"


def test_one_that_has_ended_already_is_seen_once() -> None:
    world = rolling()
    world.promote("1.1.0")
    (seen,) = follow(world, lambda _: None)
    assert seen.outcome is Outcome.COMPLETED


def test_a_channel_without_one() -> None:
    world = World("1.0.0")
    world.promote("1.0.0")
    with pytest.raises(Refused) as refused:
        follow(world, lambda _: None)
    assert refused.value.code == "no_rollout"
