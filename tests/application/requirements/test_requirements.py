"""No channel moves to a release that what runs in the environment does not serve; no rescue waits for a name that
nobody has set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeship.application.requirements.change_environment import ChangeEnvironment
from edgeship.application.status.find_unserved import UnservedReleases
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType
from edgeship.domain.requirements.environment import EnvironmentRecord
from edgeship.domain.requirements.requirement import Requirement
from edgeship.domain.version import Version
from tests.application.channels.test_files_gone import by_alarm, by_failed_verification, by_tick
from tests.fakes.state import FakeState
from tests.support.releases import a_release
from tests.support.world import AT_ONCE, POLICY, World

V = Version.parse


def runs(world: World, version: str | None, name: str = "api") -> None:
    change = ChangeEnvironment(world.state, lambda _: None)
    if version is None:
        change.unset(name, world.occasion())
    else:
        change.set(name, version, world.occasion())


def register(world: World, version: str, wanted: str | None = None) -> None:
    release = replace(a_release(version), revision=0, requires=(Requirement("api", wanted),) if wanted else ())
    world.state.commit(Transaction(puts=(release,), events=(), registers=release))
    if world.state.policy("checkout").revision == 0:
        world.change_policy("checkout", lambda _: world.policy, world.occasion())


def upload(world: World, version: str, wanted: str | None = None) -> str:
    register(world, version, wanted)
    return world.promote_upload("checkout", V(version), world.occasion("ci", "upload")).action.value


def live_after(*releases: tuple[str, str | None], api: str = "4") -> World:
    """The last is live, the others were before; its window is open."""
    world = World(policy=AT_ONCE)
    runs(world, api)
    for version, wanted in releases:
        assert upload(world, version, wanted) == "promote"
        world.minutes(1)
    return world


def refused(do: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as raised:
        do()
    return raised.value


AUTOMATIC = [by_alarm, by_tick, by_failed_verification]


@pytest.mark.parametrize("how", AUTOMATIC)
def test_an_automatic_rollback_picks_the_newest_that_is_served(how: Callable[[World], None]) -> None:
    world = live_after(("1.0.0", None), ("1.1.0", ">=4"), ("1.2.0", "4"), ("1.3.0", None))
    runs(world, "3")
    how(world)
    assert world.live == "1.0.0"
    assert world.is_quarantined("1.3.0")
    move = world.events_of(EventType.POINTER_MOVED)[-1]
    assert move.cause.endswith(
        "; not to 1.2.0 (it requires api 4, and api is 3), 1.1.0 (it requires api >=4, and api is 3)"
    )


@pytest.mark.parametrize("how", AUTOMATIC)
def test_where_none_is_served_the_channel_is_frozen(how: Callable[[World], None]) -> None:
    world = live_after(("1.0.0", "4"), ("1.1.0", None))
    runs(world, "5")
    how(world)
    assert world.live == "1.1.0"
    assert world.channel().lock is not None
    (frozen,) = world.events_of(EventType.CHANNEL_FROZEN)
    assert "not to 1.0.0 (it requires api 4, and api is 5)" in frozen.cause


@pytest.mark.parametrize("how", AUTOMATIC)
def test_a_name_that_nobody_has_set_blocks_no_rescue(how: Callable[[World], None]) -> None:
    world = live_after(("1.0.0", "4"), ("1.1.0", None))
    runs(world, None)
    how(world)
    assert world.live == "1.0.0"


def test_a_person_is_refused_and_the_next_that_is_served_is_named() -> None:
    world = live_after(("1.0.0", None), ("1.1.0", ">=4"), ("1.2.0", "4"), ("1.3.0", None))
    runs(world, "3")
    records = dict(world.state.records)
    for to in (None, V("1.2.0")):
        why = refused(lambda to=to: world.roll_back("checkout", "latest", to, world.occasion()))  # type: ignore[misc]
        assert (why.code, world.state.records) == ("requirement_unmet", records)
        assert why.reason == "checkout 1.2.0 requires api 4, and api is 3."
        assert "1.0.0" in why.remedy
        assert "1.1.0" not in why.remedy
    world.roll_back("checkout", "latest", V("1.0.0"), world.occasion())
    assert world.live == "1.0.0"


def test_a_person_may_roll_back_where_nothing_is_known() -> None:
    world = live_after(("1.0.0", "4"), ("1.1.0", None))
    runs(world, None)
    world.roll_back("checkout", "latest", None, world.occasion())
    assert world.live == "1.0.0"


def test_a_rollout_is_aborted_whatever_runs() -> None:
    world = World()
    runs(world, "4")
    upload(world, "1.0.0", "4")
    assert upload(world, "1.1.0") == "roll_out"
    runs(world, "5")
    world.roll_back("checkout", "latest", None, world.occasion())
    assert (world.live, world.phase) == ("1.0.0", "aborted")


@pytest.mark.parametrize(
    ("api", "code", "reason", "remedy"),
    [
        (
            "5.1",
            "requirement_unmet",
            "checkout 2.0.0 requires api >=3 <5, and api is 5.1.",
            "edgeship environment set api VERSION",
        ),
        (
            None,
            "requirement_unknown",
            "checkout 2.0.0 requires api >=3 <5, and api is not set in this environment.",
            "Say which version runs: edgeship environment set api VERSION.",
        ),
    ],
)
def test_what_is_not_served_is_not_promoted(api: str | None, code: str, reason: str, remedy: str) -> None:
    world = live_after(("1.0.0", None))
    runs(world, api)
    register(world, "2.0.0", ">=3 <5")
    records, alarms = dict(world.state.records), dict(world.alarms.alarms)
    for act in (
        lambda: world.promote("2.0.0"),
        lambda: world.start_rollout("checkout", V("2.0.0"), "latest", world.occasion()),
    ):
        why = refused(act)
        assert (why.code, why.reason) == (code, reason)
        assert remedy in why.remedy
        assert (world.state.records, world.alarms.alarms) == (records, alarms)
    runs(world, "4.9")
    world.promote("2.0.0")
    assert world.live == "2.0.0"


def test_a_candidate_that_is_no_longer_served_is_held_and_goes_on_when_it_is_again() -> None:
    world = World(policy=replace(POLICY, on_inconclusive="pass"))
    runs(world, "4")
    upload(world, "1.0.0")
    assert upload(world, "1.1.0", "4") == "roll_out"
    runs(world, "5")
    world.minutes(15)
    assert (world.percent, world.phase) == (1, "running")
    held = world.events_of(EventType.ROLLOUT_HELD)
    assert [event.cause for event in held] == ["1.1.0 requires api 4, and api is 5"]
    for act in (world.steer.advance, world.steer.hold):
        if act == world.steer.hold:
            act("checkout", "latest", world.occasion())
            act = world.steer.resume
        assert refused(lambda act=act: act("checkout", "latest", world.occasion())).code == "requirement_unmet"  # type: ignore[misc]
    runs(world, "4.1")
    world.steer.resume("checkout", "latest", world.occasion())
    world.minutes(2)
    assert world.percent == 50


def test_an_upload_waits_until_what_it_requires_runs() -> None:
    world = live_after(("1.0.0", None))
    assert upload(world, "1.2.0", ">=5") == "leave"
    assert upload(world, "1.1.0") == "promote"  # what needs nothing does not wait behind it
    world.minutes(2)
    assert world.live == "1.1.0"
    assert world.state.waiting_of("checkout").version == V("1.2.0")
    decision = world.promote_upload("checkout", V("1.2.0"), world.occasion())
    assert (decision.waits, decision.reason) == (True, "1.2.0 requires api >=5, and api is 4")
    revision = world.state.waiting_of("checkout").revision
    world.minutes(3)
    assert world.state.waiting_of("checkout").revision == revision
    runs(world, "5")
    world.minutes(2)
    assert world.live == "1.2.0"
    world.minutes(2)
    assert world.state.waiting_of("checkout").version is None


def test_an_older_release_that_waits_starts_before_one_that_is_not_served() -> None:
    world = World(policy=POLICY)
    runs(world, "4")
    upload(world, "1.0.0")
    upload(world, "1.1.0")
    for version, wanted in (("1.2.0", None), ("1.3.0", ">=5")):
        assert upload(world, version, wanted) == "leave"
    world.steer.cancel("checkout", "latest", world.occasion())
    decision = world.promote_upload.promote_waiting("checkout", world.occasion())
    assert (decision.action.value, str(world.channel().candidate)) == ("roll_out", "1.2.0")
    assert world.state.waiting_of("checkout").version == V("1.3.0")


class Meanwhile(FakeState):
    """Somebody changes the environment between a read of it and the write that relies on it, once."""

    def __init__(self) -> None:
        super().__init__()
        self.then: Callable[[], None] | None = None

    def environment(self) -> EnvironmentRecord:
        read = super().environment()
        then, self.then = self.then, None
        if then is not None:
            then()
        return read


def test_what_is_read_is_a_condition_of_what_is_written() -> None:
    state = Meanwhile()
    world = World(policy=AT_ONCE, state=state)
    runs(world, "4")
    for version, wanted in (("1.0.0", None), ("1.1.0", "4"), ("1.2.0", None)):
        assert upload(world, version, wanted) == "promote"
    register(world, "2.0.0", "4")
    state.then = lambda: runs(world, "5")
    assert refused(lambda: world.promote("2.0.0")).code == "requirement_unmet"
    runs(world, "4")
    state.then = lambda: runs(world, "5")
    by_alarm(world)
    assert world.live == "1.0.0"
    assert world.state.waiting() == []


def test_a_change_of_what_runs_stops_no_move_that_needs_none_of_it() -> None:
    state = Meanwhile()
    world = World("1.0.0", "1.1.0", policy=AT_ONCE, state=state)
    state.then = lambda: pytest.fail("the environment was read")
    world.promote("1.0.0")
    world.promote("1.1.0")
    world.roll_back("checkout", "latest", None, world.occasion())
    assert world.live == "1.0.0"


def test_what_is_live_and_not_served_any_more_is_named() -> None:
    world = World(policy=POLICY)
    runs(world, "4")
    upload(world, "1.0.0", "4")
    upload(world, "1.1.0", ">=3")
    find = UnservedReleases(world.state)
    assert find() == ()
    runs(world, "5")
    assert [(each.channel, each.clause) for each in find()] == [("latest", "1.0.0 requires api 4, and api is 5")]
    runs(world, "2")
    assert [str(each.version) for each in find()] == ["1.0.0", "1.1.0"]
    runs(world, None)
    assert find() == ()
