"""No channel moves to a release whose files are gone: a person is refused, and what is automatic passes over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeship.application.channels.reacting.react_to_failed_deployment import ReactToFailedDeployment
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType
from edgeship.domain.health.breach import Breach
from edgeship.domain.version import Version
from tests.support.world import AT_ONCE, World, rolling

V = Version.parse


def live_after(*versions: str) -> World:
    """The last is live, the others were before; its window is open."""
    world = World(policy=AT_ONCE)
    for version in versions:
        world.upload(version)
        world.minutes(1)
    assert world.live == versions[-1]
    return world


def refused(do: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as raised:
        do()
    return raised.value


def by_alarm(world: World) -> None:
    world.react(Breach("checkout", V(world.live), world.now, "too slow", {}), world.occasion())


def by_tick(world: World) -> None:
    for _ in range(4):
        world.report(world.live, sessions=50, failed=25)
        world.minutes(1)


def by_failed_verification(world: World) -> None:
    world.change_policy("checkout", lambda p: replace(p, on_failed_verification="rollback"), world.occasion())
    react = ReactToFailedDeployment(world.state, world.files, lambda _: None)
    react("checkout", "latest", world.channel().sequence, world.occasion("edgeship:rollback", "a mismatch"))


AUTOMATIC = [by_alarm, by_tick, by_failed_verification]


@pytest.mark.parametrize("how", AUTOMATIC)
def test_an_automatic_rollback_passes_over_what_is_gone(how: Callable[[World], None]) -> None:
    world = live_after("1.0.0", "1.1.0", "1.2.0", "1.3.0")
    world.files.gone = {"1.2.0", "1.1.0"}
    how(world)
    assert world.live == "1.0.0"
    assert world.is_quarantined("1.3.0")
    move = world.events_of(EventType.POINTER_MOVED)[-1]
    assert move.cause.endswith("; not to 1.2.0 (its files are gone), 1.1.0 (its files are gone)")


@pytest.mark.parametrize("how", AUTOMATIC)
def test_where_all_are_gone_the_channel_is_frozen(how: Callable[[World], None]) -> None:
    world = live_after("1.0.0", "1.1.0")
    world.files.gone = {"1.0.0"}
    how(world)
    assert world.live == "1.1.0"
    assert world.channel().lock is not None
    assert len(world.events_of(EventType.CHANNEL_FROZEN)) == 1


def test_a_person_is_refused_and_the_next_good_version_is_named() -> None:
    world = live_after("1.0.0", "1.1.0", "1.2.0")
    world.files.gone = {"1.1.0"}
    records = dict(world.state.records)
    for to in (None, V("1.1.0")):
        why = refused(lambda to=to: world.roll_back("checkout", "latest", to, world.occasion()))  # type: ignore[misc]
        assert (why.code, world.state.records) == ("files_gone", records)
        assert "The files of checkout 1.1.0 are not in the site bucket any more" in why.reason
        assert "1.0.0" in why.remedy
        assert "1.1.0" not in why.remedy
    world.roll_back("checkout", "latest", V("1.0.0"), world.occasion())
    assert world.live == "1.0.0"


def test_a_person_is_refused_where_nothing_is_left() -> None:
    world = live_after("1.0.0", "1.1.0")
    world.files.gone = {"1.0.0"}
    assert refused(lambda: world.roll_back("checkout", "latest", None, world.occasion())).code == "no_good_version"


def test_a_rollout_is_aborted_whatever_files_are_there() -> None:
    world = rolling()
    world.files.gone = {"1.0.0", "1.1.0"}
    world.roll_back("checkout", "latest", None, world.occasion())
    assert (world.live, world.phase) == ("1.0.0", "aborted")


def test_what_is_gone_is_not_promoted() -> None:
    world = live_after("1.0.0")
    world.register("2.0.0")
    world.files.gone = {"2.0.0"}
    records, alarms = dict(world.state.records), dict(world.alarms.alarms)
    for act in (
        lambda: world.promote("2.0.0"),
        lambda: world.start_rollout("checkout", V("2.0.0"), "latest", world.occasion()),
    ):
        why = refused(act)
        assert (why.code, world.state.records, world.alarms.alarms) == ("files_gone", records, alarms)
        assert "2.0.0" in why.reason


def test_what_is_gone_does_not_start_automatically_and_the_next_that_waits_does() -> None:
    world = rolling()
    for version in ("1.2.0", "1.3.0"):
        assert world.upload(version) == "leave"
    world.steer.cancel("checkout", "latest", world.occasion())
    world.files.gone = {"1.3.0"}
    decision = world.promote_upload("checkout", V("1.3.0"), world.occasion())
    assert (decision.action.value, "not in the site bucket" in decision.reason) == ("leave", True)
    world.promote_upload.promote_waiting("checkout", world.occasion())
    assert str(world.channel().candidate) == "1.2.0"
    world.files.gone = {"1.3.0", "1.2.0"}
    world.steer.cancel("checkout", "latest", world.occasion())
    assert world.promote_upload.promote_waiting("checkout", world.occasion()).reason == "no release waits"
