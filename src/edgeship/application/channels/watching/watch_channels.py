"""The minute tick: check every channel that has a rollout or whose live version is still watched.

It is the second way to a rollback: it reads the metrics and the states of the alarms, and needs no alarm's event; if it
can't read one of the two, it uses the other. It also corrects the alarms. Every write is conditioned on the channel as
it was read; work that fails is done in the next minute. Then it starts what waited for the end of a freeze or for a
calendar window. Last it publishes the health pages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from edgeship.application.calendar.read_gate import among
from edgeship.application.channels.move_channel import commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.channels.react_to_breach import ReactToBreach
from edgeship.application.channels.reaction import Reaction
from edgeship.application.channels.watching.channel_metrics import ChannelMetrics, read_metrics
from edgeship.application.channels.watching.compare_candidates import CompareCandidates
from edgeship.application.channels.watching.start_waiting import StartWaiting
from edgeship.application.health.ports import Alarms, Metrics, Subject
from edgeship.application.health.publish_health import PublishHealth, Watched
from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.calendar.gate import gate_of
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.channel_events import Numbers
from edgeship.domain.channels.exposure import exposure_of
from edgeship.domain.channels.policy import Decision, Policy, PolicyRecord
from edgeship.domain.channels.reaction import close_window, minute_of, notify_of_unverified
from edgeship.domain.channels.rollout import Phase, Rollout
from edgeship.domain.channels.rollout_moves import (
    abort_rollout,
    advance_rollout,
    hold_rollout,
    pause_because_of_both,
    pause_rollout,
)
from edgeship.domain.channels.step_decision import StepAction, StepDecision, decide_step
from edgeship.domain.channels.watch_mode import notify_of_step, scheduled
from edgeship.domain.errors import Conflict
from edgeship.domain.events import Occasion
from edgeship.domain.health.alarms import ALARM_REACH_PERIODS, HealthAlarm, StandingAlarm, alarms_of
from edgeship.domain.health.breach import Breach
from edgeship.domain.releases.release import Release

T = TypeVar("T")

ALARM_GRACE = timedelta(minutes=5)
"""How long an alarm that nothing needs is kept: the traffic of its version may be about to begin."""


@dataclass
class Tick:
    """What one run found and did. `started` has the widgets of which a release waited, with what was decided. `faults`
    are by name: a channel that could not be checked, a widget whose release could not be started, a health page that
    could not be written, or `alarms`, `freezes`, `waiting`, `metrics`, `comparisons` or `health pages` as a whole."""

    watched: int = 0
    alarms_made: int = 0
    alarms_removed: int = 0
    changes: list[Reaction] = field(default_factory=list)
    started: list[tuple[str, Decision]] = field(default_factory=list)
    faults: list[tuple[str, Exception]] = field(default_factory=list)


@dataclass(frozen=True)
class WatchChannels:
    state: ChannelState
    alarms: Alarms
    metrics: Metrics
    compare: CompareCandidates
    react: ReactToBreach
    publish: PublishHealth
    start_waiting: StartWaiting

    def __call__(self, occasion: Occasion) -> Tick:
        """Check everything once. A channel whose check fails does not stop the rest."""
        tick = Tick()
        # The alarms are read first, so that an alarm that is made later is not removed as unneeded.
        standing = _unless_it_fails("alarms", self.alarms.standing, tick)
        channels = self.state.watched()
        policies = self.state.policies({channel.widget for channel in channels})
        tick.watched = len(channels)
        if standing is not None:
            seen = standing
            _unless_it_fails("alarms", lambda: self._fix_alarms(seen, channels, policies, occasion, tick), tick)
        freezes = _unless_it_fails("freezes", self.state.freezes, tick)
        metrics = _unless_it_fails("metrics", lambda: read_metrics(self.metrics, channels, occasion.at), tick)
        if metrics is not None:
            read = metrics
            metrics = _unless_it_fails("comparisons", lambda: self.compare(read, channels, policies), tick) or read
        changed: set[Channel] = set()
        for channel in channels:
            policy = policies[channel.widget].policy
            check = _ChannelCheck(self, channel, policy, standing or (), metrics, freezes, occasion)
            try:
                change = check()
            except Conflict:
                changed.add(channel)  # another write came first; the next minute reads it
                continue
            except Exception as fault:  # noqa: BLE001  the rest must be checked, too; the handler raises it
                tick.faults.append((f"{channel.widget}/{channel.name}", fault))
                continue
            if change is not None:
                changed.add(channel)
                tick.changes.append(change)
        if freezes is not None:
            found = freezes
            _unless_it_fails("waiting", lambda: self._start_waiting(found, occasion, tick), tick)
        # The pages come last: nothing waits for them, and they show the changes of this tick.
        _unless_it_fails(
            "health pages",
            lambda: self._publish_health(channels, changed, policies, metrics, occasion.environment, tick),
            tick,
        )
        return tick

    def _start_waiting(self, freezes: list[FreezeRecord], occasion: Occasion, tick: Tick) -> None:
        for widget, decided in self.start_waiting(freezes, occasion):
            if isinstance(decided, Conflict):
                continue  # another write came first; the next minute decides again
            if isinstance(decided, Exception):
                tick.faults.append((f"start of {widget}", decided))
            else:
                tick.started.append((widget, decided))

    def _publish_health(
        self,
        channels: Iterable[Channel],
        changed: Collection[Channel],
        policies: Mapping[str, PolicyRecord],
        metrics: ChannelMetrics | None,
        environment: str,
        tick: Tick,
    ) -> None:
        # The index may not yet have what this tick has written.
        current = [self.state.channel(c.widget, c.name) if c in changed else c for c in channels]
        exposed: dict[Subject, Watched] = {}
        for channel in sorted(current, key=lambda channel: (channel.widget, channel.name)):
            policy = policies[channel.widget].policy
            limits = policy.thresholds
            for version in channel.exposed:
                # A version that was exposed by this tick has no complete period: its analysis is inconclusive.
                finding = metrics.finding(channel, version, limits) if metrics is not None else None
                watched = exposed.get((channel.widget, version), Watched())
                exposed[channel.widget, version] = watched.and_in(exposure_of(channel, version, policy.mode), finding)
        faults = self.publish(environment, exposed)
        tick.faults += [(f"health page of {widget} {version}", fault) for (widget, version), fault in faults.items()]

    def _fix_alarms(
        self,
        standing: Sequence[StandingAlarm],
        channels: Iterable[Channel],
        policies: Mapping[str, PolicyRecord],
        occasion: Occasion,
        tick: Tick,
    ) -> None:
        wanted = {
            alarm
            for channel in channels
            for version in channel.exposed
            for alarm in alarms_of(channel.widget, version, policies[channel.widget].policy.thresholds)
        }
        needed = {_watched_by(alarm) for alarm in wanted}
        unneeded = [
            each.name
            for each in standing
            if (each.alarm is None or _watched_by(each.alarm) not in needed)
            and occasion.at - each.configured_at > ALARM_GRACE
        ]
        if unneeded:
            self.alarms.remove(unneeded)
        missing = wanted - {each.alarm for each in standing if each.alarm is not None}
        if missing:
            self.alarms.ensure(sorted(missing, key=lambda a: (a.widget, a.version, a.check)))
        tick.alarms_made, tick.alarms_removed = len(missing), len(unneeded)


def _unless_it_fails(part: str, read: Callable[[], T], tick: Tick) -> T | None:
    """The result of `read`; None, and a fault, when it fails: neither way to a rollback depends on the other."""
    try:
        return read()
    except Exception as fault:  # noqa: BLE001  the handler raises it
        tick.faults.append((part, fault))
        return None


def _watched_by(alarm: HealthAlarm) -> tuple[object, ...]:
    return (alarm.widget, alarm.version, alarm.check)


@dataclass(frozen=True)
class _ChannelCheck:
    """The check of one channel in one tick."""

    tick: WatchChannels
    channel: Channel
    policy: Policy
    standing: Sequence[StandingAlarm]
    metrics: ChannelMetrics | None
    freezes: Sequence[FreezeRecord] | None
    occasion: Occasion

    def __call__(self) -> Reaction | None:
        for breach in self._breaches():
            read = self.metrics.periods if self.metrics is not None else None
            reaction = self.tick.react.in_channel(self.channel.name, breach, self.occasion, read)
            if reaction.event is not None:
                return reaction
        moved = self._next()
        if moved is None:
            return None
        commit_move(self.tick.state, moved)
        return Reaction.of(moved)

    def _breaches(self) -> Iterable[Breach]:
        """By the state of an alarm, then by the metrics of the live version while it is watched."""
        widget = self.channel.widget
        for version in self.channel.exposed:
            # An alarm on earlier limits of the policy says nothing about its limits of now.
            current = alarms_of(widget, version, self.policy.thresholds)
            for each in self.standing:
                alarm = each.alarm
                if each.in_alarm and alarm is not None and alarm in current:
                    yield self._by(each, alarm)
        live = self.channel.version
        if self.metrics is not None and self.channel.watch is not None and live is not None:
            found = self.metrics.finding(self.channel, live, self.policy.thresholds)
            if found.analysis.is_unhealthy:
                yield Breach.by_analysis(widget, live, found.analysis, self.occasion.at)

    def _by(self, each: StandingAlarm, alarm: HealthAlarm) -> Breach:
        """The breach of an alarm that is on now. It is on because of its last datapoints: one that went off before the
        exposure began, and is on still, counts once the datapoints are of this exposure alone."""
        at, from_ = each.state_since, each.evaluated_from
        reach = timedelta(seconds=ALARM_REACH_PERIODS * self.tick.metrics.period_seconds)
        if self.occasion.at - reach > at:
            at = from_ = self.occasion.at - reach
        return Breach.by_alarm(alarm.subject, alarm.check, alarm.limit, each.name, each.reason, at, from_)

    def _next(self) -> Moved | None:
        rollout = self.channel.rollout
        moved = None
        if self.metrics is not None and rollout is not None and rollout.phase is Phase.RUNNING:
            evidence = self.metrics.evidence(self.channel)
            decision = decide_step(rollout, self.policy, evidence, self.occasion.at)
            moved = self._apply(rollout, self._corroborated(rollout, decision))
        return moved or self._of_unverified() or close_window(self.channel, self.occasion)

    def _corroborated(self, rollout: Rollout, decision: StepDecision) -> StepDecision:
        if self.policy.mode == "watch" or not decision.rests_on_reports:
            return decision
        subject, since = (self.channel.widget, rollout.candidate), minute_of(rollout.exposed_at)
        limits, now = self.policy.thresholds, self.occasion.at
        return decision.with_corroboration(
            self.tick.react.witnesses(subject, decision.analysis.check, since, limits, now)
        )

    def _of_unverified(self) -> Moved | None:
        if self.metrics is None or self.channel.version is None:
            return None
        recent = self.metrics.recent((self.channel.widget, self.channel.version))
        return notify_of_unverified(self.channel, recent, self.policy.thresholds, self.occasion)

    def _apply(self, rollout: Rollout, decision: StepDecision) -> Moved | None:
        occasion, numbers = self.occasion.because(decision.analysis.reason), decision.numbers()
        action = decision.action
        if self.policy.mode == "watch":
            notice = notify_of_step(self.channel, decision, occasion)
            if notice is not None:
                return notice  # the schedule goes on in the next minute
            action = scheduled(rollout, self.occasion.at)
        match action:
            case StepAction.BAKE:
                return None
            case StepAction.HOLD:
                return hold_rollout(self.channel, occasion, numbers)
            case StepAction.PAUSE if decision.analysis.is_shared:
                return pause_because_of_both(self.channel, occasion, numbers)
            case StepAction.PAUSE:
                return pause_rollout(self.channel, occasion, numbers)
        assert self.channel.candidate is not None
        candidate = self.tick.state.release(self.channel.widget, self.channel.candidate)
        assert candidate is not None  # a rollout starts from a registered release, and none is ever removed
        if candidate.quarantine is not None:
            quarantined = occasion.because(f"{candidate.version} is quarantined: {candidate.quarantine.cause}")
            return abort_rollout(self.channel, candidate, quarantined)
        if action is StepAction.ABORT:
            return abort_rollout(self.channel, candidate, occasion, numbers)
        return self._advance(candidate, occasion, numbers)

    def _advance(self, candidate: Release, occasion: Occasion, numbers: Numbers) -> Moved | None:
        """The next step, where freezes and calendar windows let it start."""
        if self.freezes is None:
            return None  # nobody knows whether it may start; the next minute reads them again
        gate = gate_of(among(self.freezes, self.channel.widget), self.policy.calendar_windows, self.occasion.at)
        if gate.closed is not None:
            return hold_rollout(self.channel, self.occasion.because(gate.closed), numbers, calendar=True)
        moved = advance_rollout(self.channel, candidate, occasion, self.policy.rollback_window_seconds, numbers)
        return replace(moved, unchanged=(*moved.unchanged, *gate.freezes))
