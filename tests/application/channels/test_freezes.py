"""What a freeze holds back, what it lets through, and what starts when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edgeship.application.channels.watching.start_waiting import WIDGETS_A_TICK
from edgeship.application.transaction import Transaction
from edgeship.domain.calendar.calendar_windows import parse_window
from edgeship.domain.channels.channel import Channel
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.events import EventType
from edgeship.domain.naming import LATEST
from edgeship.domain.version import Version
from tests.fakes.state import FakeState
from tests.support.world import AT_ONCE, MINUTE, POLICY, WIDGET, World, rolling

V = Version.parse
HOUR = timedelta(hours=1)
WHOM = [None, WIDGET]


def freeze(world: World, whom: str | None = WIDGET, hours: float = 1, cause: str = "holidays") -> None:
    world.freeze.set(whom, world.now + hours * HOUR, world.occasion("ann", cause))


def lift(world: World, whom: str | None = WIDGET) -> None:
    world.freeze.lift(whom, world.occasion())


def waits(world: World, widget: str = WIDGET) -> str | None:
    version = world.state.waiting_of(widget).version
    return str(version) if version else None


def settled(world: World) -> World:
    """1.0.0 is live, and nothing is watched any more."""
    world.upload("1.0.0")
    world.minutes(61)
    return world


@pytest.mark.parametrize("whom", WHOM)
@pytest.mark.parametrize("end", ["expires", "is lifted"])
def test_an_upload_waits_and_starts_when_the_freeze_is_over(whom: str | None, end: str) -> None:
    world = settled(World())
    freeze(world, whom)
    assert world.upload("1.1.0") == "leave"
    assert waits(world) == "1.1.0"
    world.minutes(30)
    assert world.channel().candidate is None
    if end == "expires":
        world.minutes(29)
        assert world.channel().candidate is None
        world.now += MINUTE
    else:
        lift(world, whom)
    (tick,) = world.minutes(1)
    assert [(widget, decision.action.value) for widget, decision in tick.started] == [(WIDGET, "roll_out")]
    assert str(world.channel().candidate) == "1.1.0"
    assert waits(world) is None
    assert "1.1.0" in world.watched_versions()
    assert world.minutes(1)[0].started == []
    assert len(world.events_of(EventType.ROLLOUT_STARTED)) == 1


def test_the_reason_says_until_when_by_whom_and_why() -> None:
    world = settled(World())
    freeze(world, None, cause="sale")
    world.register("1.1.0")
    decision = world.promote_upload(WIDGET, V("1.1.0"), world.occasion("ci"))
    until = f"{world.now + HOUR:%Y-%m-%d %H:%M:%S} UTC"
    assert decision.reason == f"every widget is frozen until {until} by ann: sale"


def test_of_several_the_newest_starts_and_the_first_release_before_the_others() -> None:
    world = World()
    freeze(world)
    for version in ("1.0.0", "1.1.0", "1.2.0", "2.0.0"):
        assert world.upload(version) == "leave"
    assert world.channel().version is None
    lift(world)
    world.minutes(1)
    assert (world.live, str(world.channel().candidate)) == ("1.0.0", "1.2.0")
    assert waits(world) is None
    assert len(world.events_of(EventType.POINTER_MOVED)) == 1


def test_the_end_of_a_rollout_during_a_freeze_leaves_what_waited_for_it() -> None:
    world = rolling()
    world.upload("1.2.0")
    freeze(world)
    world.promote_release(WIDGET, V("1.1.0"), LATEST, world.occasion(), override=True)
    for _ in range(2):
        world.promote_upload.promote_waiting(WIDGET, world.occasion())
        assert world.channel().candidate is None
        assert waits(world) == "1.2.0"
    lift(world)
    world.minutes(1)
    assert str(world.channel().candidate) == "1.2.0"


def test_what_is_not_due_when_the_freeze_ends_stays_and_is_forgotten() -> None:
    world = settled(World())
    freeze(world)
    world.upload("1.1.0")
    world.change_policy(WIDGET, lambda policy: replace(policy, auto=frozenset()), world.occasion())
    lift(world)
    world.minutes(1)
    assert (world.live, world.channel().candidate, waits(world)) == ("1.0.0", None, None)


def test_a_repeated_event_writes_nothing_more() -> None:
    world = settled(World())
    freeze(world)
    world.upload("1.1.0")
    records, count = dict(world.state.records), len(world.state.log)
    for _ in range(3):
        world.promote_upload(WIDGET, V("1.1.0"), world.occasion("ci"))
    assert (world.state.records, len(world.state.log)) == (records, count)


def test_a_release_left_while_the_tick_clears_the_record_is_not_lost() -> None:
    world = settled(World())
    freeze(world)
    world.upload("1.1.0")
    lift(world)
    world.promote_release(WIDGET, V("1.1.0"), LATEST, world.occasion())

    class Late(FakeState):
        """A release comes, and is left because of another freeze, after the tick has read the releases."""

        done = False

        def commit(self, transaction: Transaction) -> None:
            if not self.done:
                self.done = True
                freeze(world)
                world.upload("1.2.0")
                raise Conflict("the record has changed")
            world.state.commit(transaction)

        def __getattribute__(self, name: str) -> object:
            own = name in ("commit", "done")
            return object.__getattribute__(self, name) if own else getattr(world.state, name)

    late = replace(world.promote_upload, state=Late())
    late.promote_waiting(WIDGET, world.occasion())
    assert waits(world) == "1.2.0"


@pytest.mark.parametrize("whom", WHOM)
def test_a_step_is_held_once_and_follows_after_the_freeze(whom: str | None) -> None:
    world = rolling()
    freeze(world, whom)
    for _ in range(20):
        for version in ("1.0.0", "1.1.0"):
            world.report(version)
        world.minutes(1)
    assert world.percent == 1
    (held,) = world.events_of(EventType.ROLLOUT_HELD)
    assert "is frozen until" in held.cause
    rollout = world.channel().rollout
    assert rollout is not None
    assert rollout.held is not None
    assert rollout.held.calendar
    lift(world, whom)
    world.minutes(1)
    assert (world.percent, len(world.events_of(EventType.ROLLOUT_HELD))) == (50, 1)


def test_a_step_that_is_inconclusive_after_the_freeze_is_held_for_that_and_people_hear_of_it() -> None:
    world = rolling()
    freeze(world, hours=0.5)
    for version in ("1.0.0", "1.1.0"):
        world.report(version)
    world.minutes(15)
    world.minutes(20)
    causes = [event.cause for event in world.events_of(EventType.ROLLOUT_HELD)]
    assert "is frozen until" in causes[0]
    # The one report was enough for the step, so it advanced; the next has none.
    world.minutes(12)
    causes = [event.cause for event in world.events_of(EventType.ROLLOUT_HELD)]
    assert (world.percent, len(causes)) == (50, 2)
    assert "frozen" not in causes[1]
    assert "sessions" in causes[1]


@pytest.mark.parametrize(("failed", "phase"), [(25, "aborted"), (4, "paused")])
def test_a_frozen_rollout_is_still_judged(failed: int, phase: str) -> None:
    world = rolling()
    freeze(world, None)
    for _ in range(6):
        world.report("1.0.0", sessions=60)
        world.report("1.1.0", sessions=60, failed=failed)
        world.minutes(1)
    assert world.phase == phase


def test_what_is_live_is_still_rolled_back() -> None:
    world = rolling()
    world.promote("1.1.0")
    freeze(world, None)
    world.minutes(1)
    world.sound("1.1.0")
    world.minutes(1)
    assert (world.live, world.is_quarantined("1.1.0")) == ("1.0.0", True)


ACTS: dict[str, Callable[[World, bool], object]] = {
    "promote": lambda w, o: w.promote_release(WIDGET, V("1.1.0"), LATEST, w.occasion(), override=o),
    "start": lambda w, o: w.start_rollout(WIDGET, V("1.1.0"), "next", w.occasion(), override=o),
    "advance": lambda w, o: w.steer.advance(WIDGET, LATEST, w.occasion(), override=o),
    "resume": lambda w, o: w.steer.resume(WIDGET, LATEST, w.occasion(), override=o),
}


def ready_for(act: str) -> World:
    world = rolling()
    if act == "resume":
        world.steer.pause(WIDGET, LATEST, world.occasion())
    return world


@pytest.mark.parametrize("whom", WHOM)
@pytest.mark.parametrize("act", ACTS)
def test_operators_are_refused_unless_they_override_and_the_event_says_so(act: str, whom: str | None) -> None:
    world = ready_for(act)
    freeze(world, whom)
    records, count, alarms = dict(world.state.records), len(world.state.log), dict(world.alarms.alarms)
    with pytest.raises(Refused) as refused:
        ACTS[act](world, False)
    assert refused.value.code == "frozen"
    assert "by ann: holidays" in refused.value.reason
    assert f"edgeship unfreeze {whom or '--all'}" in refused.value.remedy
    assert (world.state.records, len(world.state.log), world.alarms.alarms) == (records, count, alarms)
    ACTS[act](world, True)
    for event in world.state.log[count:]:
        assert event.new is not None
        assert event.new["override"]["widget"] == whom
        assert event.new["override"]["cause"] == "holidays"


@pytest.mark.parametrize("act", ACTS)
def test_an_override_without_a_freeze_leaves_no_trace(act: str) -> None:
    world = ready_for(act)
    freeze(world)
    world.now += 2 * HOUR
    count = len(world.state.log)
    ACTS[act](world, True)
    assert all("override" not in (event.new or {}) for event in world.state.log[count:])


def test_what_ends_a_risk_works_during_a_freeze() -> None:
    world = rolling()
    freeze(world, None)
    world.steer.pause(WIDGET, LATEST, world.occasion())
    world.steer.abort(WIDGET, LATEST, world.occasion())
    world.unlock(WIDGET, LATEST, world.occasion())
    world.promote_release(WIDGET, V("1.0.0"), "next", world.occasion(), override=True)
    world.register("1.0.1")
    world.promote_release(WIDGET, V("1.0.1"), "next", world.occasion(), override=True)
    world.roll_back(WIDGET, "next", None, world.occasion())
    assert str(world.channel("next").version) == "1.0.0"


class FrozenMeanwhile(FakeState):
    """A freeze is set between the decision and its write: the alarms, which are made there, take a while."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] | None = None

    def commit(self, transaction: Transaction) -> None:
        if self.meanwhile is not None and any(isinstance(put, Channel) for put in transaction.puts):
            act, self.meanwhile = self.meanwhile, None
            act()
        super().commit(transaction)


@pytest.mark.parametrize("whom", WHOM)
def test_nothing_starts_once_the_freeze_is_set(whom: str | None) -> None:
    state = FrozenMeanwhile()
    world = settled(World(state=state))
    state.meanwhile = lambda: freeze(world, whom)
    assert world.upload("1.1.0") == "leave"
    assert (world.channel().candidate, waits(world)) == (None, "1.1.0")
    lift(world, whom)
    state.meanwhile = lambda: freeze(world, whom)
    world.minutes(1)
    assert (world.channel().candidate, waits(world)) == (None, "1.1.0")
    lift(world, whom)
    state.meanwhile = lambda: freeze(world, whom)
    with pytest.raises(Refused, match="frozen"):
        world.start_rollout(WIDGET, V("1.1.0"), LATEST, world.occasion())


def test_no_step_follows_once_the_freeze_is_set() -> None:
    state = FrozenMeanwhile()
    world = settled(World(state=state))
    world.upload("1.1.0")
    for _ in range(9):
        world.report("1.1.0")
        world.report("1.0.0")
        world.minutes(1)
    state.meanwhile = lambda: freeze(world)
    world.minutes(1)
    assert (world.percent, world.events_of(EventType.ROLLOUT_HELD)) == (1, [])
    world.minutes(1)
    assert (world.percent, len(world.events_of(EventType.ROLLOUT_HELD))) == (1, 1)


def test_a_freeze_that_another_changed_meanwhile_is_not_lifted_unseen() -> None:
    world = World()
    freeze(world, None)

    class Late(FakeState):
        reads = 0

        def freeze(self, widget: str | None) -> object:  # type: ignore[override]
            found = world.state.freeze(widget)
            self.reads += 1
            if self.reads == 1:
                freeze(world, None, hours=9, cause="a new incident")
            return found

        def __getattribute__(self, name: str) -> object:
            return object.__getattribute__(self, name) if name in ("freeze", "reads") else getattr(world.state, name)

    with pytest.raises(Refused) as refused:
        replace(world.freeze, state=Late()).lift(None, world.occasion())
    assert refused.value.code == "moved_meanwhile"
    assert world.state.freeze(None).in_effect(world.now) is not None


def test_many_widgets_start_after_a_freeze_a_slice_a_minute_and_one_fault_stops_none() -> None:
    world = World(policy=AT_ONCE)
    names = [f"w-{number}" for number in range(WIDGETS_A_TICK * 2 + 3)]
    for name in names:
        world.upload("1.0.0", name)
    freeze(world, None)
    for name in names:
        assert world.upload("1.1.0", name) == "leave"
    lift(world, None)
    broken = world.state.widget

    def widget(name: str) -> object:
        if name == "w-1":
            raise RuntimeError("it can't be read")
        return broken(name)

    world.state.widget = widget  # type: ignore[method-assign, assignment]
    ticks = world.minutes(4)
    assert max(len(tick.started) + len(tick.faults) for tick in ticks) <= WIDGETS_A_TICK
    assert {what for tick in ticks for what, _ in tick.faults} == {"start of w-1"}
    live = [name for name in names if str(world.channel(widget=name).version) == "1.1.0"]
    assert live == [name for name in names if name != "w-1"]


def test_what_can_not_be_read_starts_nothing_and_is_no_obstacle_to_a_rollback() -> None:
    world = rolling()
    world.state.freezes = lambda: (_ for _ in ()).throw(RuntimeError("no"))  # type: ignore[method-assign]
    for _ in range(12):
        world.report("1.1.0")
        world.report("1.0.0")
        assert [what for what, _ in world.minutes(1)[0].faults] == ["freezes"]
    assert (world.percent, world.events_of(EventType.ROLLOUT_HELD)) == (1, [])
    world.sound("1.1.0")
    world.minutes(1)
    assert world.phase == "aborted"


WINDOWS = replace(POLICY, calendar_windows=(parse_window("mon-fri 09:00-11:30 UTC"),))
"""The world begins on a Monday at 10:00."""


def test_outside_its_calendar_windows_an_upload_waits_for_the_next() -> None:
    world = settled(World(policy=WINDOWS))
    world.now = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
    assert world.upload("1.1.0") == "leave"
    decision = world.promote_upload(WIDGET, V("1.1.0"), world.occasion("ci"))
    assert decision.reason.endswith("the next one opens at 2026-11-24 09:00 UTC")
    assert waits(world) == "1.1.0"
    world.now = datetime(2026, 11, 24, 8, 58, tzinfo=UTC)
    world.minutes(1)
    assert world.channel().candidate is None
    world.minutes(1)
    assert (str(world.channel().candidate), waits(world)) == ("1.1.0", None)


def test_a_step_is_held_outside_and_what_is_unhealthy_is_stopped() -> None:
    world = settled(World(policy=WINDOWS))
    world.upload("1.1.0")
    for _ in range(12):
        for version in ("1.0.0", "1.1.0"):
            world.report(version)
        world.minutes(1)
    assert world.percent == 50
    world.now = datetime(2026, 11, 23, 11, 31, tzinfo=UTC)
    world.minutes(3)
    (held,) = world.events_of(EventType.ROLLOUT_HELD)
    assert "outside the calendar windows (mon-fri 09:00-11:30 UTC)" in held.cause
    for _ in range(4):
        world.report("1.1.0", failed=25)
        world.minutes(1)
    assert world.phase == "paused"


def test_windows_that_are_removed_hold_nothing_back_any_more() -> None:
    world = settled(World(policy=WINDOWS))
    world.now = datetime(2026, 11, 28, 11, tzinfo=UTC)
    assert world.upload("1.1.0") == "leave"
    world.change_policy(WIDGET, lambda policy: replace(policy, calendar_windows=()), world.occasion())
    world.minutes(1)
    assert str(world.channel().candidate) == "1.1.0"
