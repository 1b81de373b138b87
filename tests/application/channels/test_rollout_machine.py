"""Uploads, alarms, ticks and operators in any order, over days: what must hold after each, and at each write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from edgeship.application.channels.watching.fix_alarms import ALARM_GRACE
from edgeship.application.transaction import Transaction
from edgeship.domain.calendar.calendar_windows import is_open, parse_window
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.expectation import Act, Expected, subject
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import Phase, Rollout, Step
from edgeship.domain.edge.route_values import store_values
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType
from edgeship.domain.health.alarms import StandingAlarm, alarms_of
from edgeship.domain.health.breach import Breach
from edgeship.domain.naming import LATEST
from edgeship.domain.releases.release import Release
from edgeship.domain.telemetry.metric_registry import versions_in_two
from edgeship.domain.version import Version
from tests.fakes.state import FakeState
from tests.support.edge import served_from
from tests.support.pytest_plugins.fuzz import examples
from tests.support.world import AT_ONCE, MINUTE, POLICY, THRESHOLDS, WIDGET, World

USERS = [f"user-{n}" for n in range(60)]
POLICIES = [
    POLICY,
    AT_ONCE,
    Policy(),
    replace(POLICY, on_inconclusive="pass"),
    replace(POLICY, on_inconclusive="fail"),
    replace(POLICY, during_rollout="replace"),
    replace(AT_ONCE, during_rollout="replace"),
    replace(POLICY, rollback_window_seconds=0),
    replace(POLICY, auto=frozenset()),
    replace(POLICY, auto=frozenset({"patch", "minor", "major"})),
    replace(POLICY, thresholds=replace(THRESHOLDS, error_rate=20, minimum_sample=40)),
    replace(POLICY, steps=(Step(25, 0), Step(50, 0), Step(75, 0), Step(100, 0))),
    replace(POLICY, calendar_windows=(parse_window("mon-sun 08:00-11:15 UTC"),)),
    replace(POLICY, mode="watch"),
    replace(AT_ONCE, mode="watch"),
]
QUALITIES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "thin": {"sessions": 2},
    "good": {"sessions": 50, "latency": 300},
    "worse": {"sessions": 100, "failed": 7},
    "bad": {"sessions": 50, "failed": 25},
    "slow": {"sessions": 50, "latency": 5000},
}


ENDS = (EventType.ROLLOUT_COMPLETED, EventType.ROLLOUT_ABORTED, EventType.ROLLOUT_CANCELLED)


class CheckedState(FakeState):
    """Holds every write, at its moment, to what no sequence of writes may break."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.changed_at: datetime | None = None
        self.refuses_moves = False
        self.ticks = False
        self.by_health = False
        self.by_person = False

    def commit(self, transaction: Transaction) -> None:
        before = {put.name: self.channel(put.widget, put.name) for put in transaction.puts if isinstance(put, Channel)}
        super().commit(transaction)
        assert self.world is not None
        self.changed_at = self.world.now
        for name, channel in before.items():
            self._check(channel, self.channel(channel.widget, name))
            if not any("override" in (event.new or {}) for event in transaction.events):
                self._check_freezes(channel, self.channel(channel.widget, name))

    def _check(self, before: Channel, after: Channel) -> None:
        assert not self.refuses_moves, "a locked channel was written by an upload"
        gains = []
        if after.version != before.version and (self.by_person or self.by_health):
            assert self.world is not None
            completes = after.version == before.candidate
            assert completes or str(after.version) not in self.world.files.gone, "a channel moves to what is gone"
        if self.ticks:
            self._check_hold(before, after)
        if self.by_health:
            self._check_mode(before, after)
        if after.version != before.version:
            assert after.version is not None
            assert after.sequence == before.sequence + 1
            assert after.exposed_at is not None
            # A rollback never leaves the trail ending with what it left; what moves a channel forward always does.
            forward = before.version is None or after.trail[-1:] == (before.version,)
            gains.append((after.version, forward))
        else:
            assert after.sequence == before.sequence
        if _percent(after) > _percent(before) or after.candidate not in (None, before.candidate):
            assert after.candidate is not None
            gains.append((after.candidate, True))
        for version, with_alarms in gains:
            release = self.release(after.widget, version)
            assert release is not None, "a version that is not registered gains traffic"
            assert release.quarantine is None, "a quarantined version gains traffic"
            if with_alarms:
                unwatched = version not in after.exposed
                assert unwatched or self._alarms_stand(version), "a version gains traffic before it has its alarms"

    def _check_hold(self, before: Channel, after: Channel) -> None:
        if before.rollout is not None and before.rollout.active and before.rollout.held_by_person:
            assert after.rollout is not None
            assert after.rollout.percent <= before.rollout.percent, "a tick advanced what a person holds"
            assert after.rollout.phase is not Phase.COMPLETED

    def _check_freezes(self, before: Channel, after: Channel) -> None:
        """While a freeze is in effect, no release gains users, except by a rollback."""
        assert self.world is not None
        if not any(self.freeze(whom).in_effect(self.world.now) for whom in (None, WIDGET)):
            return
        assert _percent(after) <= _percent(before), "a release gained users during a freeze"
        if after.version != before.version:
            left = self.release(before.widget, before.version) if before.version is not None else None
            assert left is not None
            assert left.quarantine is not None, "a release went live during a freeze, by no rollback"

    def _check_mode(self, before: Channel, after: Channel) -> None:
        """In mode watch, neither the tick nor an alarm stops a rollout or rolls a channel back."""
        if self.policy(WIDGET).policy.mode == "act":
            return
        assert after.lock == before.lock
        if after.version != before.version:
            starts = before.candidate is None and after.trail[-1:] == (before.version,)
            assert after.version == before.candidate or starts
        if before.candidate is not None and after.version != before.candidate:
            assert after.rollout is not None
            assert before.rollout is not None
            release = self.release(WIDGET, before.candidate)
            assert release is not None
            assert after.rollout.phase is before.rollout.phase or release.quarantine is not None
            held = after.rollout.held
            # A freeze or a calendar window holds in this mode, too.
            assert held is None or held == before.rollout.held or held.calendar

    def _alarms_stand(self, version: Version) -> bool:
        assert self.world is not None
        wanted = alarms_of(WIDGET, version, self.policy(WIDGET).policy.thresholds)
        return set(wanted) <= {each.alarm for each in self.world.alarms.standing()}


def _percent(channel: Channel) -> float:
    return channel.rollout.percent if channel.rollout is not None else 0


class RolloutMachine(RuleBasedStateMachine):
    """One widget. `latest` is what uploads move; in half of the runs operators use `next` as well."""

    def __init__(self) -> None:
        super().__init__()
        self.state = CheckedState()
        self.world = World(state=self.state)
        self.state.world = self.world
        self.channels = [LATEST]
        self.versions: list[str] = []
        """Those that were registered, oldest first."""
        self.found: list[Breach] = []
        """Every breach that an alarm ever reported: each may be delivered late, and again."""
        self.heard = 0
        self.moves: dict[str, tuple[int, str | None]] = {}
        self.ids: set[str] = set()
        self.inside: dict[str, tuple[tuple[Version, datetime], set[str]]] = {}
        self.under_way: dict[str, Version] = {}
        """The candidate of each channel's rollout, by the events."""
        self.cancelled: set[Version] = set()
        """Whose rollout of `latest` a person has cancelled, and no person has started since."""
        self.followed: tuple[list[Channel], list[Release]] = ([], [])
        """What users were last served from."""

    @initialize(two=st.booleans(), policy=st.sampled_from(POLICIES), moves=st.integers(0, 2))
    def begin(self, two: bool, policy: Policy, moves: int) -> None:
        """1.0.0 is live, and so many more after it, each for an hour."""
        self.set_the_stage(two, policy, moves)

    def set_the_stage(self, two: bool, policy: Policy, moves: int) -> None:
        self.world.policy = policy
        self.channels += ["next"] if two else []
        self.register("1.0.0")
        self.deliver_upload("1.0.0")
        for number in range(1, moves + 1):
            self.register(f"1.0.{number}")
            self.operate(lambda version=f"1.0.{number}": self.world.promote(version))  # type: ignore[misc]
            self.time_passes_without_ticks(61)

    def register(self, version: str) -> None:
        self.world.register(version)
        self.versions.append(version)

    def version(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([*self.versions[-3:], *self.versions]))

    # What arrives

    @rule(bump=st.sampled_from(["patch", "minor", "minor", "minor", "major", "rc"]), delivered=st.booleans())
    def upload(self, bump: str, delivered: bool) -> None:
        newest = max(Version.parse(version) for version in self.versions)
        version = {
            "patch": f"{newest.major}.{newest.minor}.{newest.patch + 1}",
            "minor": f"{newest.major}.{newest.minor + 1}.0",
            "major": f"{newest.major + 1}.0.0",
            "rc": f"{newest.major}.{newest.minor + 1}.0-rc.1",
        }[bump]
        self.register(version)
        if delivered:
            self.deliver_upload(version)

    @rule(data=st.data())
    def deliver_upload_again_or_late(self, data: st.DataObject) -> None:
        self.deliver_upload(self.version(data))

    def deliver_upload(self, version: str) -> None:
        who = self.world.occasion("ci", "upload")
        self.by_upload(lambda: self.world.promote_upload(WIDGET, Version.parse(version), who))

    @rule()
    def deliver_completed(self) -> None:
        self.by_upload(lambda: self.world.promote_upload.promote_waiting(WIDGET, self.world.occasion("ci", "event")))

    def by_upload(self, do: Callable[[], object]) -> None:
        before = self.world.channel()
        self.state.refuses_moves = before.lock is not None
        try:
            do()
        finally:
            self.state.refuses_moves = False
        after = self.world.channel()
        if after != before:
            assert before.rollout is None or not (before.rollout.active and before.rollout.held_by_person)
            started = after.candidate or after.version
            assert started not in self.cancelled, "an event started what a person had cancelled"

    @rule(minutes=st.integers(9, 12))
    def go_on_healthy(self, minutes: int) -> None:
        self.go_on(minutes, "good", "good")

    @rule(
        minutes=st.integers(1, 12),
        candidate=st.sampled_from(list(QUALITIES)),
        stable=st.sampled_from(["good", "good", "none", "bad"]),
    )
    def go_on(self, minutes: int, candidate: str, stable: str) -> None:
        """Minutes of traffic, with the tick at the end of each."""
        for _ in range(minutes):
            for name in self.channels:
                channel = self.world.channel(name)
                for version, quality in ((channel.candidate, candidate), (channel.version, stable)):
                    report = QUALITIES[quality]
                    if version is not None and report is not None:
                        self.world.report(str(version), **report)
            self.world.now += MINUTE
            self.tick()

    @precondition(lambda self: self.world.phase == "running")
    @rule(quality=st.sampled_from(["slow", "bad"]), minutes=st.sampled_from([6, 4, 1]), data=st.data())
    def outage(self, quality: str, minutes: int, data: st.DataObject) -> None:
        """After a good hour, both versions are unhealthy at once, for the tick and for any alarm."""
        self.time_passes_without_ticks(61)
        self.go_on(3, "good", "good")
        before = self.world.channel()
        if before.rollout is None or before.rollout.phase is not Phase.RUNNING:
            return
        condemned = {release.version for release in self.state.releases(WIDGET) if release.quarantine}
        elsewhere = [self.world.channel(name) for name in self.channels if name != LATEST]
        others = {version for channel in elsewhere for version in (channel.version, channel.candidate)} - {None}
        for _ in range(minutes):
            self.go_on(1, quality, quality)
            if data.draw(st.booleans()):
                self.alarm(data, delivered=True)
        after = self.world.channel()
        if {before.version, before.candidate} & others or after.candidate != before.candidate:
            return  # in the other channel it may be live without a candidate, or the bake was over in time
        now = {release.version for release in self.state.releases(WIDGET) if release.quarantine}
        assert not (now - condemned) & {before.version, before.candidate}, "an outage of both condemned one"
        policy = self.state.policy(WIDGET).policy
        # Where minutes have few sessions for the policy, a percentile needs many of them.
        enough = quality == "bad" or policy.thresholds.minimum_sample <= QUALITIES[quality]["sessions"]  # type: ignore[index]
        if minutes >= 4 and policy.mode == "act" and enough:
            assert after.rollout is not None
            assert after.rollout.phase is Phase.PAUSED

    @rule(minutes=st.sampled_from([1, 1, 4, 6, 11, 11, 61, 48 * 60]))
    def time_passes_without_ticks(self, minutes: int) -> None:
        """Time passes without a tick."""
        self.world.now += timedelta(minutes=minutes, seconds=minutes % 7)

    @rule()
    def tick(self) -> None:
        self.state.ticks = self.state.by_health = True
        quarantined = {release.version for release in self.state.releases(WIDGET) if release.quarantine}
        watched = {channel.name for channel in self.state.watched()}
        try:
            tick = self.world.tick()
        finally:
            self.state.ticks = self.state.by_health = False
        assert tick.faults == [], tick.faults
        self._nothing_goes_on_of(quarantined, watched)
        changed_at = self.state.changed_at
        assert changed_at is not None
        if self.world.now - changed_at > ALARM_GRACE:
            limits = self.state.policy(WIDGET).policy.thresholds
            in_two = versions_in_two(self.world.registry.read().content)
            wanted = {
                alarm
                for name in self.channels
                for version in self.world.channel(name).exposed
                for of in ("", name)
                if not of or of in in_two.get((WIDGET, version), ())
                for alarm in alarms_of(WIDGET, version, limits, of)
            }
            standing = self.world.alarms.standing()
            assert {each.alarm for each in standing} == wanted
            assert len(standing) == len(wanted)

    def _nothing_goes_on_of(self, quarantined: set[Version], watched: set[str]) -> None:
        """Of what was quarantined before the tick: what it quarantines itself reaches other channels in the next."""
        for name in self.channels:
            channel = self.world.channel(name)
            assert channel.candidate not in quarantined, "a rollout of a quarantined release goes on"
            if name in watched and channel.version in quarantined:
                assert channel.alert is not None or channel.lock is not None, "a quarantined release stays, untold"

    # Freezes

    @rule(every=st.booleans(), minutes=st.sampled_from([1, 15, 90]))
    def freeze(self, every: bool, minutes: int) -> None:
        whom = None if every else WIDGET
        until = self.world.now + timedelta(minutes=minutes)
        self.operate(lambda: self.world.freeze.set(whom, until, self.world.occasion()))

    @rule(every=st.booleans())
    def lift(self, every: bool) -> None:
        self.operate(lambda: self.world.freeze.lift(None if every else WIDGET, self.world.occasion()))

    @rule(every=st.booleans())
    def freeze_meets_an_upload(self, every: bool) -> None:
        self.freeze(every, 15)
        self.upload("minor", delivered=True)
        waits = self.state.waiting_of(WIDGET).version
        windows = self.state.policy(WIDGET).policy.calendar_windows
        self.time_passes_without_ticks(61)
        self.tick()
        frozen = any(self.state.freeze(whom).in_effect(self.world.now) for whom in (None, WIDGET))
        if waits is not None and not frozen and (not windows or is_open(windows, self.world.now)):
            assert self.state.waiting_of(WIDGET).version is None, "what waited for a freeze was not decided"

    # Alarms

    def pick(self, data: st.DataObject) -> StandingAlarm | None:
        standing = sorted(self.world.alarms.standing(), key=lambda each: each.name)
        return data.draw(st.sampled_from(standing)) if standing else None

    @rule(data=st.data(), delivered=st.booleans())
    def alarm(self, data: st.DataObject, delivered: bool) -> None:
        each = self.pick(data)
        if each is None or each.alarm is None:
            return
        self.world.alarms.set_state(each.name, in_alarm=False)
        self.world.alarms.set_state(each.name, in_alarm=True)
        alarm = each.alarm
        by = (each.name, "3 datapoints", self.world.now)
        breach = Breach.by_alarm(alarm.subject, alarm.check, alarm.limit, *by, channel=alarm.channel)
        self.found.append(breach)
        if delivered:
            self.deliver(breach)

    @rule(data=st.data())
    def alarm_is_over(self, data: st.DataObject) -> None:
        each = self.pick(data)
        if each is not None:
            self.world.alarms.set_state(each.name, in_alarm=False)

    @precondition(lambda self: self.found)
    @rule(data=st.data())
    def deliver_again_or_late(self, data: st.DataObject) -> None:
        self.deliver(data.draw(st.sampled_from(self.found)))

    @precondition(lambda self: self.found)
    @rule(data=st.data(), again=st.booleans())
    def an_ill_version_comes_back_before_its_alarm_is_delivered(self, data: st.DataObject, again: bool) -> None:
        breach = data.draw(st.sampled_from(self.found))
        self.operate(lambda: self.world.unquarantine(WIDGET, breach.version, self.world.occasion()))
        self.time_passes_without_ticks(1)
        if again:
            self.operate(lambda: self.world.promote(str(breach.version)))
        else:
            start, steps = self.world.start_rollout, POLICY.steps
            self.operate(lambda: start(WIDGET, breach.version, LATEST, self.world.occasion(), steps))
        self.deliver(breach)

    def deliver(self, breach: Breach) -> None:
        before = {name: self.world.channel(name) for name in self.channels}
        self.state.by_health = True
        try:
            self.world.react(breach, self.world.occasion("edgeship:rollback", "event"))
        finally:
            self.state.by_health = False
        for name, channel in before.items():
            after = self.world.channel(name)
            if breach.version not in (channel.version, channel.candidate):
                assert after == channel, "an alarm touched a channel that does not expose its version"
            if after.version != channel.version:
                assert channel.version == breach.version
                assert channel.exposed_at is not None
                assert breach.at >= channel.exposed_at, "an alarm of a former life took a release back"
                assert channel.watch is not None
                assert channel.watch.automatic_rollback
                assert breach.at < channel.watch.until
            elif after.candidate != channel.candidate:
                assert channel.candidate == breach.version
                assert channel.rollout is not None
                assert breach.at >= channel.rollout.exposed_at
        # Delivered twice, it is as delivered once.
        records, count = dict(self.state.records), len(self.state.log)
        self.world.react(breach, self.world.occasion("edgeship:rollback", "event"))
        assert (self.state.records, len(self.state.log)) == (records, count)

    # Operators

    def operate(self, do: Callable[[], object]) -> None:
        """What is refused changes nothing."""
        records, count, alarms = dict(self.state.records), len(self.state.log), dict(self.world.alarms.alarms)
        self.state.by_person = True
        try:
            do()
        except Refused:
            assert (self.state.records, len(self.state.log)) == (records, count)
            assert self.world.alarms.alarms == alarms
        finally:
            self.state.by_person = False

    def name(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.channels))

    def expected(self, data: st.DataObject, act: Act, name: str, to: Version | None = None) -> Expected:
        """What is there, or what an operator saw who is late."""
        if data.draw(st.integers(0, 3)) == 0:
            return Expected(Version.parse(self.version(data)))
        return Expected(subject(act, self.world.channel(name), to))

    def hold_to(self, expected: Expected, act: Act, name: str, do: Callable[[], object], to: Version | None) -> None:
        before = self.world.channel(name)
        meant = subject(act, before, to) == expected.version
        self.operate(do)
        assert meant or self.world.channel(name) == before, "an act meant another version"

    @rule(data=st.data())
    def promote(self, data: st.DataObject) -> None:
        name, version = self.name(data), Version.parse(self.version(data))
        expected, promote = self.expected(data, Act.PROMOTE, name), self.world.promote_release
        do = lambda: promote(WIDGET, version, name, self.world.occasion(), expected)  # noqa: E731
        self.hold_to(expected, Act.PROMOTE, name, do, None)

    @rule(data=st.data(), own=st.sampled_from([None, None, POLICY.steps, AT_ONCE.steps]))
    def start(self, data: st.DataObject, own: tuple[Step, ...] | None) -> None:
        name, version, start = self.name(data), self.version(data), self.world.start_rollout
        self.operate(lambda: start(WIDGET, Version.parse(version), name, self.world.occasion(), own))

    @rule(data=st.data(), named=st.booleans())
    def roll_back(self, data: st.DataObject, named: bool) -> None:
        name, target = self.name(data), Version.parse(self.version(data)) if named else None
        expected, roll_back = self.expected(data, Act.ROLL_BACK, name, target), self.world.roll_back
        do = lambda: roll_back(WIDGET, name, target, self.world.occasion(), expected)  # noqa: E731
        self.hold_to(expected, Act.ROLL_BACK, name, do, target)

    @rule(data=st.data(), really=st.integers(0, 3))
    def files_are_gone(self, data: st.DataObject, really: int) -> None:
        """Somebody deletes what no channel has; or restores everything."""
        shown = {each for name in self.channels for each in self.world.channel(name).exposed}
        version = self.version(data)
        if really == 0:
            self.world.files.gone.clear()
        elif Version.parse(version) not in shown:
            self.world.files.gone.add(version)

    @precondition(lambda self: self.world.channel().candidate is None)
    @rule()
    def roll_out_something_new(self) -> None:
        self.upload("minor", delivered=False)
        version, steps = Version.parse(self.versions[-1]), POLICY.steps
        self.operate(lambda: self.world.start_rollout(WIDGET, version, LATEST, self.world.occasion(), steps))

    @precondition(lambda self: self.world.channel().candidate is not None)
    @rule(action=st.sampled_from(["advance", "advance", "pause"]))
    def steer_what_goes_on(self, action: str) -> None:
        rollout = self.world.channel().rollout
        assert rollout is not None
        action = action if self.world.phase == "running" and not rollout.held_by_person else "resume"
        self.operate(lambda: getattr(self.world.steer, action)(WIDGET, LATEST, self.world.occasion()))

    @rule(
        data=st.data(),
        action=st.sampled_from(["pause", "resume", "advance", "abort", "hold", "cancel"]),
        late=st.booleans(),
    )
    def steer(self, data: st.DataObject, action: str, late: bool) -> None:
        """Some are late: they expect a version that is there no more."""
        name, act = self.name(data), Act(f"rollout {action}")
        candidate = self.world.channel(name).candidate
        expected = Expected(Version.parse(self.version(data)) if late else candidate)
        do = lambda: getattr(self.world.steer, action)(WIDGET, name, self.world.occasion(), expected)  # noqa: E731
        self.hold_to(expected, act, name, do, None)

    @precondition(lambda self: self.world.phase == "running")
    @rule()
    def hold_what_goes_on(self) -> None:
        self.operate(lambda: self.world.steer.hold(WIDGET, LATEST, self.world.occasion()))

    @precondition(lambda self: any(self.world.channel(name).lock for name in self.channels))
    @rule()
    def unlock(self) -> None:
        for name in self.channels:
            self.operate(lambda name=name: self.world.unlock(WIDGET, name, self.world.occasion()))  # type: ignore[misc]

    @precondition(lambda self: any(r.quarantine for r in self.state.releases(WIDGET)))
    @rule(data=st.data())
    def unquarantine(self, data: st.DataObject) -> None:
        quarantined = [r.version for r in self.state.releases(WIDGET) if r.quarantine]
        version = data.draw(st.sampled_from(quarantined))
        self.operate(lambda: self.world.unquarantine(WIDGET, version, self.world.occasion()))

    @rule(policy=st.sampled_from(POLICIES), really=st.integers(0, 2))
    def change_policy(self, policy: Policy, really: int) -> None:
        if really == 0:
            self.operate(lambda: self.world.change_policy(WIDGET, lambda _: policy, self.world.occasion()))

    # What holds after each

    @invariant()
    def the_live_version_is_registered_and_not_quarantined(self) -> None:
        live = self.world.channel().version
        release = self.state.release(WIDGET, live) if live is not None else None
        assert live is None or release is not None
        # What another channel was rolled back from may still be live here, until it is rolled back here as well.
        if len(self.channels) == 1 and release is not None:
            assert release.quarantine is None

    @invariant()
    def only_a_running_rollout_has_weight(self) -> None:
        for name in self.channels:
            rollout = self.world.channel(name).rollout
            if rollout is not None:
                assert (rollout.percent > 0) is (rollout.phase is Phase.RUNNING)
                assert rollout.percent < 100

    @invariant()
    def history_is_linear_and_no_event_is_written_twice(self) -> None:
        for event in self.state.log[self.heard :]:
            assert event.event_id not in self.ids
            self.ids.add(event.event_id)
            if event.type is EventType.POINTER_MOVED:
                self._follow(event)
            self._follow_cancellations(event)
            self._follow_rollouts(event)
        self.heard = len(self.state.log)
        assert self.under_way == {n: c for n in self.channels if (c := self.world.channel(n).candidate) is not None}
        for name, (sequence, version) in self.moves.items():
            channel = self.world.channel(name)
            assert (channel.sequence, str(channel.version)) == (sequence, version)

    def _follow(self, event: Event) -> None:
        assert event.old is not None
        assert event.new is not None
        sequence, version = self.moves.get(event.new["channel"], (0, None))
        assert (event.old["sequence"], event.old["version"]) == (sequence, version)
        assert event.new["sequence"] == sequence + 1
        self.moves[event.new["channel"]] = (event.new["sequence"], event.new["version"])

    def _follow_rollouts(self, event: Event) -> None:
        """Each rollout begins once and ends once, and its end is one event."""
        new = event.new or {}
        if event.type is EventType.ROLLOUT_STARTED:
            assert new["channel"] not in self.under_way, "a channel has two rollouts"
            self.under_way[new["channel"]] = Version.parse(new["rollout"]["candidate"])
        elif event.type in ENDS:
            assert self.under_way.pop(new["channel"]) == Version.parse(new["rollout"]["candidate"])

    def _follow_cancellations(self, event: Event) -> None:
        new = event.new or {}
        if new.get("channel") != LATEST:
            return
        if event.type is EventType.ROLLOUT_CANCELLED:
            assert new["locked"] == (event.old or {})["locked"], "a cancelled rollout locks nothing"
            self.cancelled.add(Version.parse(new["rollout"]["candidate"]))
        elif event.type is EventType.ROLLOUT_STARTED:
            self.cancelled.discard(Version.parse(new["rollout"]["candidate"]))
        elif event.type is EventType.POINTER_MOVED:
            self.cancelled.discard(Version.parse(new["version"]))

    @invariant()
    def nobody_who_was_in_falls_out(self) -> None:
        releases = self.state.releases(WIDGET)
        channels = [self.world.channel(name) for name in self.channels]
        if (channels, releases) == self.followed:
            return
        self.followed = (channels, releases)
        values = store_values({WIDGET: routes_of(channels, releases, "auto", {}, "test")})
        quarantined = {str(r.version) for r in releases if r.quarantine is not None}
        for channel in channels:
            if channel.version is None:
                continue
            served = {user: served_from(values, WIDGET, channel.name, user) for user in USERS}
            assert set(served.values()) <= {str(channel.version)} | ({str(channel.candidate)} - quarantined)
            rollout = channel.rollout
            if rollout is None or str(rollout.candidate) in quarantined:
                self.inside.pop(channel.name, None)
            elif rollout.phase is Phase.RUNNING or channel.version == rollout.candidate:
                self._keep(channel, rollout, {user for user in USERS if served[user] == str(rollout.candidate)})
            elif not rollout.active:
                # The channel has moved on from it; the same candidate rolled out again begins with few users anew.
                self.inside.pop(channel.name, None)

    def _keep(self, channel: Channel, rollout: Rollout, now: set[str]) -> None:
        this = (rollout.candidate, rollout.started_at)
        which, before = self.inside.get(channel.name, (this, set()))
        if which == this:
            assert before <= now, "a user who had the candidate lost it while its rollout went on"
        self.inside[channel.name] = (this, now)


class TwoChannels(RolloutMachine):
    """Operators use `next` in every run."""

    @initialize(policy=st.sampled_from(POLICIES), moves=st.integers(0, 2))
    def begin_with_two(self, policy: Policy, moves: int) -> None:
        self.set_the_stage(True, policy, moves)

    begin = None  # type: ignore[assignment]


RolloutMachine.TestCase.settings = settings(max_examples=examples(30, 2_500), stateful_step_count=45)
"""A step is a case."""
TestRolloutMachine = RolloutMachine.TestCase


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_long_sequences_over_two_channels() -> None:
    """600 sequences of 120 steps."""
    long = settings(max_examples=600, stateful_step_count=120, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(TwoChannels, settings=long)
