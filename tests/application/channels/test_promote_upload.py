"""The order and number of `Release Registered` events make no difference to what is live."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from edgeship.application.channels.promote_release import PromoteRelease
from edgeship.application.channels.promote_upload import PromoteUpload
from edgeship.application.channels.roll_back import RollBack
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import Policy, PolicyRecord, UploadAction
from edgeship.domain.channels.rollout import Step
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.releases.release import Release, register
from edgeship.domain.version import Version
from tests.fakes.health import FakeAlarms
from tests.fakes.releases import FakeReleaseFiles
from tests.fakes.state import FakeState
from tests.support.releases import a_release
from tests.support.world import AT_ONCE, POLICY, World

WHO = Occasion("test", "aws:123456789012", "upload", datetime(2026, 11, 23, 10, tzinfo=UTC))


def state_with(*versions: str) -> FakeState:
    """A widget whose releases go live at once."""
    state = FakeState()
    at_once = PolicyRecord("checkout", Policy(steps=(Step(100, 0),)))
    state.commit(Transaction(puts=(at_once,), events=()))
    for version in versions:
        release = replace(a_release(version), revision=0)
        state.commit(Transaction(puts=(release,), events=(), registers=release))
    return state


def uploads(state: FakeState) -> PromoteUpload:
    return PromoteUpload(state, FakeAlarms(lambda: WHO.at), FakeReleaseFiles(), pause=lambda _: None)


def operator(state: FakeState) -> PromoteRelease:
    return PromoteRelease(state, FakeAlarms(lambda: WHO.at), FakeReleaseFiles(), pause=lambda _: None)


def live(state: FakeState) -> str:
    return str(state.channel("checkout", "latest").version)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (("1.0.0", "1.0.1", "1.1.0"), "1.1.0"),
        (("1.0.0", "2.0.0", "1.1.0"), "1.1.0"),
        (("1.0.0", "1.1.0", "1.0.1"), "1.1.0"),
        (("1.0.0", "1.1.0-rc.1", "1.0.1"), "1.0.1"),
    ],
)
def test_any_order_of_events_ends_the_same(versions: tuple[str, ...], expected: str) -> None:
    for order in permutations(versions):
        state = state_with(*versions)
        promote = uploads(state)
        for version in (*order, *order):
            promote("checkout", Version.parse(version), WHO)
        assert live(state) == expected, order


def test_says_why_it_leaves_latest_alone() -> None:
    state = state_with("1.0.0", "2.0.0")
    promote = uploads(state)
    assert promote("checkout", Version.parse("1.0.0"), WHO).reason == "first release of the widget"
    assert "waits for approval" in promote("checkout", Version.parse("2.0.0"), WHO).reason
    assert "not registered" in promote("checkout", Version.parse("9.9.9"), WHO).reason
    assert "no registered release" in promote("ghost", Version.parse("1.0.0"), WHO).reason


def test_a_rollback_is_not_undone_by_a_late_event_or_the_next_upload() -> None:
    state = state_with("1.0.0", "1.1.0", "1.1.1")
    promote = uploads(state)
    for version in ("1.0.0", "1.1.0"):
        promote("checkout", Version.parse(version), WHO)
    RollBack(state, FakeReleaseFiles(), lambda _: None)("checkout", "latest", None, WHO)
    for version in ("1.1.0", "1.1.1"):
        assert promote("checkout", Version.parse(version), WHO).action is UploadAction.LEAVE
    assert live(state) == "1.0.0"


def test_fifty_promotions_at_once_leave_a_linear_history() -> None:
    versions = [f"1.0.{n}" for n in range(51)]
    state = state_with(*versions)
    promote = operator(state)
    promote("checkout", Version.parse("1.0.0"), "latest", WHO)
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda v: promote("checkout", Version.parse(v), "latest", WHO), versions[1:]))
    moves = [e for e in state.log if e.type is EventType.POINTER_MOVED]
    assert len(moves) == 51
    for number, move in enumerate(moves, start=1):
        assert move.old is not None
        assert move.new is not None
        assert move.new["sequence"] == number
        assert move.old["version"] == (moves[number - 2].new or {}).get("version" if number > 1 else "")
    assert live(state) == (moves[-1].new or {})["version"]


def test_promotes_to_any_channel_what_is_registered() -> None:
    state = state_with("1.0.0", "2.0.0-beta.1")
    promote = operator(state)
    assert promote("checkout", Version.parse("2.0.0-beta.1"), "next", WHO).name == "next"
    assert state.channel("checkout", "next").version == Version.parse("2.0.0-beta.1")
    with pytest.raises(Refused) as refused:
        promote("checkout", Version.parse("3.0.0"), "latest", WHO)
    assert refused.value.remedy == "Registered are: 2.0.0-beta.1, 1.0.0."
    with pytest.raises(Refused, match="publish one first"):
        promote("ghost", Version.parse("3.0.0"), "latest", WHO)


def test_a_release_quarantined_meanwhile_is_not_promoted() -> None:
    state = state_with("1.0.0", "1.1.0")
    promote = operator(state)
    promote("checkout", Version.parse("1.0.0"), "latest", WHO)
    promote("checkout", Version.parse("1.1.0"), "latest", WHO)

    class Late(FakeState):
        """Another operator rolls back between this one's read and write."""

        def release(self, widget: str, version: Version) -> Release | None:
            found = state.release(widget, version)
            if version == Version.parse("1.1.0") and found and found.quarantine is None:
                RollBack(state, FakeReleaseFiles(), lambda _: None)("checkout", "latest", None, WHO)
            return found

        def __getattribute__(self, name: str) -> object:
            return object.__getattribute__(self, name) if name == "release" else getattr(state, name)

    with pytest.raises(Refused) as refused:
        operator(Late())("checkout", Version.parse("1.1.0"), "next", WHO)
    assert refused.value.code == "quarantined"
    assert state.channel("checkout", "next").version is None


def test_registering_makes_the_same_event_each_time() -> None:
    manifest = pytest.importorskip("tests.domain.releases.test_manifest").MANIFEST
    assert register(manifest, WHO)[1].event_id == register(manifest, WHO)[1].event_id


# By steps


def waits(world: World) -> str:
    """Let the rollout's end be delivered; the action."""
    return world.promote_upload.promote_waiting("checkout", world.occasion("edgeship:rollout", "event")).action.value


def test_an_upload_is_rolled_out_by_the_steps_of_its_policy_with_its_alarms() -> None:
    world = World()
    assert world.upload("1.0.0") == "promote"
    assert world.upload("1.1.0") == "roll_out"
    rollout = world.channel().rollout
    assert rollout is not None
    assert (str(rollout.candidate), rollout.steps, rollout.step) == ("1.1.0", POLICY.steps, 0)
    assert world.live == "1.0.0"
    assert world.watched_versions() == ["1.0.0", "1.1.0"]
    assert world.events_of(EventType.ROLLOUT_STARTED)[0].cause == "policy: a minor release is rolled out automatically"


@pytest.mark.parametrize("repeats", [1, 3])
def test_events_that_come_again_or_late_change_nothing(repeats: int) -> None:
    for order in permutations(("1.0.0", "1.1.0", "1.2.0")):
        world = World("1.0.0", "1.1.0", "1.2.0")
        for version in order * repeats:
            world.promote_upload("checkout", Version.parse(version), world.occasion())
        assert world.live == "1.0.0"
        first_other = next(version for version in order if version != "1.0.0")
        assert str(world.channel().candidate) == first_other
        assert len(world.events_of(EventType.ROLLOUT_STARTED)) == 1


def test_what_waited_for_a_rollout_follows_it_the_newest_alone() -> None:
    world = World()
    for version, action in {"1.0.0": "promote", "1.1.0": "roll_out", "1.1.1": "leave", "1.1.2": "leave"}.items():
        assert world.upload(version) == action
    assert world.upload("2.0.0") == "leave"
    assert waits(world) == "leave"
    world.promote("1.1.0")
    assert [waits(world), waits(world), waits(world)] == ["roll_out", "leave", "leave"]
    assert str(world.channel().candidate) == "1.1.2"
    world.promote("1.1.2")
    assert waits(world) == "leave"
    assert world.promote_upload.promote_waiting("ghost", world.occasion()).action is UploadAction.LEAVE


def test_what_waited_does_not_follow_a_rollout_that_failed() -> None:
    world = World()
    for version in ("1.0.0", "1.1.0", "1.1.1"):
        world.upload(version)
    world.steer.abort("checkout", "latest", world.occasion())
    assert waits(world) == "leave"
    assert world.upload("1.1.2") == "leave"
    assert world.channel().candidate is None


@pytest.mark.parametrize(("policy", "live_then"), [(POLICY, "1.0.0"), (AT_ONCE, "1.2.0")])
def test_a_policy_may_let_a_newer_upload_replace_a_rollout(policy: Policy, live_then: str) -> None:
    world = World()
    world.upload("1.0.0")
    world.upload("1.1.0")
    world.change_policy("checkout", lambda _: replace(policy, during_rollout="replace"), world.occasion())
    assert world.upload("1.2.0") == "replace"
    assert world.live == live_then
    assert not world.is_quarantined("1.1.0")
    assert world.channel().lock is None
    assert len(world.events_of(EventType.ROLLOUT_ABORTED)) == 1
    assert "1.2.0" in world.watched_versions()
    assert world.upload("1.1.1") == "leave"


def test_the_alarms_stand_before_the_write_and_a_write_that_fails_leaves_them_alone() -> None:
    class Dying(FakeState):
        dies = False

        def commit(self, transaction: Transaction) -> None:
            if self.dies and any(isinstance(put, Channel) for put in transaction.puts):
                raise KeyboardInterrupt
            super().commit(transaction)

    state = Dying()
    world = World(state=state)
    world.upload("1.0.0")
    state.dies = True
    with pytest.raises(KeyboardInterrupt):
        world.upload("1.1.0")
    assert world.channel().candidate is None
    assert world.watched_versions() == ["1.0.0", "1.1.0"]
    state.dies = False
    world.minutes(7)
    assert world.watched_versions() == ["1.0.0"]


def test_an_operator_who_moved_back_by_hand_is_not_overruled_by_the_next_upload() -> None:
    """The first release goes live before any other is judged: only as long as nothing is live."""
    world = World("1.1.0", "1.0.0", policy=AT_ONCE)
    world.promote_upload("checkout", Version.parse("1.1.0"), world.occasion())
    world.promote("1.0.0")
    assert world.upload("1.0.1") == "promote"
    assert world.live == "1.0.1"
