"""What operators do to rollouts, and what alarms do to channels: through the table, with races."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeship.application.status.read_edge import ReadEdge
from edgeship.application.status.read_status import ReadStatus
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.rollout import Step
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType
from edgeship.domain.health.breach import Breach
from edgeship.domain.version import Version
from tests.fakes.edge import FakeSnapshots
from tests.fakes.notifications import FakeDeliveries
from tests.fakes.route_store import FakeRouteStore
from tests.fakes.state import FakeState
from tests.support.world import AT_ONCE, POLICY, World, versions


def start(world: World, version: str, channel: str = "latest", steps: tuple[Step, ...] | None = None) -> None:
    world.start_rollout("checkout", Version.parse(version), channel, world.occasion(), steps)


def rolling(state: FakeState | None = None) -> World:
    world = World("1.0.0", "1.1.0", "2.0.0", state=state)
    world.promote("1.0.0")
    start(world, "1.1.0")
    return world


def code_of(do: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        do()
    assert refused.value.remedy
    return refused.value.code


def breach(world: World, version: str) -> Breach:
    return Breach("checkout", Version.parse(version), world.now, "too slow", {})


# Starting


def test_an_operator_starts_a_rollout_of_any_release_with_its_alarms() -> None:
    world = rolling()
    assert (world.live, world.percent) == ("1.0.0", 1)
    assert "1.1.0" in world.watched_versions()
    world.steer.abort("checkout", "latest", world.occasion())
    assert world.channel().lock is not None
    start(world, "2.0.0", steps=(Step(20, 60), Step(100, 0)))
    assert (str(world.channel().candidate), world.percent) == ("2.0.0", 20)


@pytest.mark.parametrize("policy", [POLICY, AT_ONCE])
def test_where_there_is_nothing_to_roll_out_from_or_no_step_the_channel_moves_at_once(policy: object) -> None:
    world = World("1.0.0", "1.1.0", policy=policy)  # type: ignore[arg-type]
    start(world, "1.0.0", "next")
    assert str(world.channel("next").version) == "1.0.0"
    start(world, "1.1.0", "next", (Step(100, 0),))
    assert str(world.channel("next").version) == "1.1.0"
    assert world.events_of(EventType.ROLLOUT_STARTED) == []
    assert world.watched_versions() == ["1.0.0", "1.1.0"]


@pytest.mark.parametrize(
    ("version", "steps", "code"),
    [
        ("9.9.9", None, "not_registered"),
        ("1.0.0", None, "already_live"),
        ("1.1.0", None, "rollout_running"),
        ("2.0.0", None, "rollout_running"),
        ("2.0.0", (Step(100, 0),), "rollout_running"),
        ("2.0.0", (Step(50, 0),), "steps_invalid"),
    ],
)
def test_what_cant_be_started_changes_nothing(version: str, steps: tuple[Step, ...] | None, code: str) -> None:
    world = rolling()
    before, alarms = dict(world.state.records), dict(world.alarms.alarms)
    assert code_of(lambda: start(world, version, steps=steps)) == code
    assert (world.state.records, world.alarms.alarms) == (before, alarms)


# Steering


def test_a_rollout_is_steered_to_its_end() -> None:
    world = rolling()
    world.steer.pause("checkout", "latest", world.occasion())
    assert world.phase == "paused"
    assert code_of(lambda: world.steer.advance("checkout", "latest", world.occasion())) == "phase_invalid"
    world.steer.resume("checkout", "latest", world.occasion())
    assert world.steer.advance("checkout", "latest", world.occasion()).candidate is not None
    assert world.percent == 50
    assert str(world.steer.advance("checkout", "latest", world.occasion()).version) == "1.1.0"
    assert world.phase == "completed"
    for act in (world.steer.pause, world.steer.resume, world.steer.advance, world.steer.abort):
        assert code_of(lambda act=act: act("checkout", "latest", world.occasion())) == "phase_invalid"  # type: ignore[misc]
        assert code_of(lambda act=act: act("checkout", "next", world.occasion())) == "no_rollout"  # type: ignore[misc]


def test_what_gives_a_candidate_to_users_has_its_alarms_with_the_limits_of_now() -> None:
    world = rolling()
    world.steer.pause("checkout", "latest", world.occasion())
    world.alarms.alarms.clear()
    world.change_policy(
        "checkout", lambda p: replace(p, thresholds=replace(p.thresholds, error_rate=3)), world.occasion()
    )
    world.steer.resume("checkout", "latest", world.occasion())
    assert world.watched_versions() == ["1.1.0"]
    assert 3 in {each.alarm.limit for each in world.alarms.standing() if each.alarm}


def test_a_candidate_that_was_quarantined_elsewhere_gains_nobody() -> None:
    world = rolling()
    world.promote("1.0.0", "next")
    world.promote("1.1.0", "next")
    world.roll_back("checkout", "next", None, world.occasion())
    assert code_of(lambda: world.steer.advance("checkout", "latest", world.occasion())) == "quarantined"
    world.steer.pause("checkout", "latest", world.occasion())
    assert code_of(lambda: world.steer.resume("checkout", "latest", world.occasion())) == "quarantined"
    world.steer.abort("checkout", "latest", world.occasion())
    assert world.phase == "aborted"


class Racing(FakeState):
    """`between` happens once, between the next read of a channel's rollout and its write."""

    between: Callable[[], object] | None = None

    def commit(self, transaction: Transaction) -> None:
        between, self.between = self.between, None
        if between is not None:
            between()
        super().commit(transaction)


def test_a_rollout_that_went_on_meanwhile_is_not_steered_unseen() -> None:
    state = Racing()
    world = rolling(state)
    state.between = lambda: world.steer.advance("checkout", "latest", world.occasion())
    assert code_of(lambda: world.steer.advance("checkout", "latest", world.occasion())) == "moved_meanwhile"
    assert world.percent == 50
    state.between = lambda: world.react(breach(world, "1.1.0"), world.occasion())
    assert code_of(lambda: world.steer.advance("checkout", "latest", world.occasion())) == "moved_meanwhile"
    assert world.phase == "aborted"


def test_a_change_that_leaves_the_rollout_as_it_is_does_not_stop_an_operator() -> None:
    state = Racing()
    world = rolling(state)
    state.between = lambda: state.commit(Transaction(puts=(replace(world.channel(), flag="ab"),), events=()))
    world.steer.advance("checkout", "latest", world.occasion())
    assert (world.percent, world.channel().flag) == (50, "ab")


# Going back


def test_a_rollback_during_a_rollout_takes_the_candidate_back_and_leaves_the_stable_version() -> None:
    for to in (None, Version.parse("1.0.0")):
        world = rolling()
        moved = world.roll_back("checkout", "latest", to, world.occasion())
        assert moved.events[0].type is EventType.ROLLOUT_ABORTED
        assert (world.live, world.phase) == ("1.0.0", "aborted")
        assert world.is_quarantined("1.1.0")
        assert world.channel().lock is not None


def test_a_rollback_that_loses_a_race_changes_nothing() -> None:
    state = Racing()
    world = rolling(state)
    state.between = lambda: world.steer.advance("checkout", "latest", world.occasion())
    assert code_of(lambda: world.roll_back("checkout", "latest", None, world.occasion())) == "moved_meanwhile"
    assert (world.phase, world.percent) == ("running", 50)
    assert not world.is_quarantined("1.1.0")


def test_a_rollback_elsewhere_during_a_rollout_goes_there() -> None:
    world = World("1.0.0", "1.0.1", "1.1.0")
    world.promote("1.0.0")
    world.promote("1.0.1")
    start(world, "1.1.0")
    world.roll_back("checkout", "latest", Version.parse("1.0.0"), world.occasion())
    assert (world.live, world.phase) == ("1.0.0", "aborted")
    assert world.is_quarantined("1.0.1")
    assert not world.is_quarantined("1.1.0")


# Alarms


def test_an_unhealthy_release_is_rolled_back_in_every_channel_that_exposes_it() -> None:
    world = World("1.0.0", "1.1.0")
    for channel in ("latest", "next", "beta", "old"):
        world.promote("1.0.0", channel)
    world.promote("1.1.0", "next")
    start(world, "1.1.0", "latest")
    start(world, "1.1.0", "beta")
    world.steer.pause("checkout", "beta", world.occasion())
    reactions = world.react(breach(world, "1.1.0"), world.occasion("edgeship:rollback", "event"))
    assert [(r.channel, r.event) for r in reactions] == [
        ("beta", EventType.ROLLOUT_ABORTED),
        ("latest", EventType.ROLLOUT_ABORTED),
        ("next", EventType.POINTER_MOVED),
    ]
    assert versions(world.channel(name).version for name in ("beta", "latest", "next", "old")) == ["1.0.0"] * 4
    assert len(world.events_of(EventType.RELEASE_QUARANTINED)) == 1
    records, count = dict(world.state.records), len(world.state.log)
    assert world.react(breach(world, "1.1.0"), world.occasion()) == []
    assert (world.state.records, len(world.state.log)) == (records, count)


def test_an_alarm_that_loses_a_race_decides_again_from_what_is_there() -> None:
    """The rollout completes while its alarm is handled: the release is live by then, and is rolled back."""
    state = Racing()
    world = rolling(state)
    world.steer.advance("checkout", "latest", world.occasion())
    state.between = lambda: world.steer.advance("checkout", "latest", world.occasion())
    (reaction,) = world.react(breach(world, "1.1.0"), world.occasion())
    assert reaction.event is EventType.POINTER_MOVED
    assert (world.live, world.phase) == ("1.0.0", "rolled_back")
    assert world.is_quarantined("1.1.0")


def test_an_alarm_of_an_earlier_release_never_touches_a_later_one() -> None:
    world = rolling()
    late = breach(world, "1.1.0")
    world.steer.abort("checkout", "latest", world.occasion())
    world.minutes(1)
    start(world, "2.0.0")
    before = world.channel()
    assert world.react(late, world.occasion()) == []
    assert world.channel() == before


# What operators see


def read_status(world: World) -> ReadStatus:
    edge = ReadEdge(FakeSnapshots(), FakeRouteStore())
    return ReadStatus(world.state, FakeDeliveries(), lambda: world.now, edge, "test")


def test_the_candidate_does_not_wait_and_what_waits_for_it_does() -> None:
    world = rolling()
    world.register("1.2.0")
    (widget,) = read_status(world)("checkout").widgets
    assert {str(w.version): w.reason for w in widget.waiting} == {
        "2.0.0": "policy: a major release waits for approval",
        "1.2.0": "waits until the rollout of 1.1.0 has ended",
    }
    world.steer.abort("checkout", "latest", world.occasion())
    (widget,) = read_status(world)("checkout").widgets
    assert versions(r.version for r in widget.quarantined) == ["1.1.0"]
    assert all("is locked by" in w.reason or "is quarantined" in w.reason for w in widget.waiting)
