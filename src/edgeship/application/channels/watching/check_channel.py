"""The check of one channel in one tick: what is unhealthy is rolled back first, then the rollout goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from edgeship.application.calendar.read_gate import among
from edgeship.application.channels.move_channel import commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.channels.reacting.react_to_breach import ReactToBreach
from edgeship.application.channels.reacting.reaction import Reaction
from edgeship.application.channels.watching.channel_metrics import ChannelMetrics
from edgeship.application.channels.watching.react_to_quarantine import ReactToQuarantine
from edgeship.application.requirements.read_environment import environment_for
from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.calendar.gate import gate_of
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.channel_events import Numbers
from edgeship.domain.channels.conditions.eligible import and_served
from edgeship.domain.channels.incidents.quarantined_elsewhere import exposes_quarantined
from edgeship.domain.channels.incidents.recovery import recover
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.reaction import close_window, notify_of_live
from edgeship.domain.channels.rollout import Phase, Rollout, period_of
from edgeship.domain.channels.rollout_moves import (
    abort_rollout,
    advance_rollout,
    hold_rollout,
    pause_because_of_both,
    pause_rollout,
)
from edgeship.domain.channels.step_decision import StepAction, StepDecision, decide_step
from edgeship.domain.channels.watch_mode import notify_of_step, scheduled
from edgeship.domain.events import Occasion
from edgeship.domain.health.alarms import ALARM_REACH_PERIODS, HealthAlarm, StandingAlarm, alarms_of
from edgeship.domain.health.analysis import AnalysisResult
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.corroboration import analyse_unverified
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Seen:
    """What a tick has read about a channel. What could not be read is None."""

    standing: Sequence[StandingAlarm] | None
    metrics: ChannelMetrics | None
    freezes: Sequence[FreezeRecord] | None
    quarantined: Collection[Version]


@dataclass(frozen=True)
class ChannelCheck:
    """`quarantined` releases are taken from a channel before its own analysis: nothing about them is open."""

    state: ChannelState
    react: ReactToBreach
    react_to_quarantine: ReactToQuarantine
    period_seconds: int
    channel: Channel
    policy: Policy
    seen: Seen
    occasion: Occasion

    def __call__(self) -> Reaction | None:
        if exposes_quarantined(self.channel, self.seen.quarantined):
            reaction = self.react_to_quarantine(self.channel.widget, self.channel.name, self.occasion)
            if reaction is not None:
                return reaction
        for breach in self._breaches():
            read = self.seen.metrics.of(self.channel) if self.seen.metrics is not None else None
            reaction = self.react.in_channel(self.channel.name, breach, self.occasion, read)
            if reaction.event is not None:
                return reaction
        moved = self._next()
        if moved is None:
            return None
        commit_move(self.state, moved)
        return Reaction.of(moved)

    def _breaches(self) -> Iterable[Breach]:
        """By the state of an alarm, then by the metrics of the live version."""
        widget = self.channel.widget
        for version in self.channel.exposed:
            # An alarm on earlier limits of the policy says nothing about its limits of now.
            limits = self.policy.thresholds
            current = {*alarms_of(widget, version, limits), *alarms_of(widget, version, limits, self.channel.name)}
            for each in self.seen.standing or ():
                alarm = each.alarm
                if each.in_alarm and alarm is not None and alarm in current:
                    yield self._by(each, alarm)
        live, analysis = self.channel.version, self._analysis_of_live()
        if live is not None and analysis is not None and analysis.is_unhealthy:
            yield Breach.by_analysis(widget, live, analysis, self.occasion.at)

    def _analysis_of_live(self) -> AnalysisResult | None:
        """None where there are no metrics, or no time from which on they count."""
        live = self.channel.version
        if self.seen.metrics is None or live is None or self.channel.exposed_at is None:
            return None
        return self.seen.metrics.finding(self.channel, live, self.policy.thresholds).analysis

    def _by(self, each: StandingAlarm, alarm: HealthAlarm) -> Breach:
        """The breach of an alarm that is on now. It is on because of its last datapoints: one that went off before the
        exposure began, and is on still, counts once the datapoints are of this exposure alone."""
        at, from_ = each.state_since, each.evaluated_from
        reach = timedelta(seconds=ALARM_REACH_PERIODS * self.period_seconds)
        if self.occasion.at - reach > at:
            at = from_ = self.occasion.at - reach
        return Breach.by_alarm(
            alarm.subject, alarm.check, alarm.limit, each.name, each.reason, at, from_, alarm.channel, each.values
        )

    def _next(self) -> Moved | None:
        rollout = self.channel.rollout
        moved = None
        if self.seen.metrics is not None and rollout is not None and rollout.phase is Phase.RUNNING:
            evidence = self.seen.metrics.evidence(self.channel)
            decision = decide_step(rollout, self.policy, evidence, self.occasion.at)
            moved = self._apply(rollout, self._corroborated(rollout, decision))
        return moved or self._of_unverified() or self._recovery() or close_window(self.channel, self.occasion)

    def _has_alarms(self, version: Version) -> bool:
        """Whether they stand with the policy's limits of now. Where nobody knows, the metrics alone decide."""
        if self.seen.standing is None:
            return True
        wanted = alarms_of(self.channel.widget, version, self.policy.thresholds)
        return set(wanted) <= {each.alarm for each in self.seen.standing}

    def _corroborated(self, rollout: Rollout, decision: StepDecision) -> StepDecision:
        if self.policy.mode == "watch" or not decision.rests_on_reports:
            return decision
        subject, since = (self.channel.widget, rollout.candidate), period_of(rollout.exposed_at, self.period_seconds)
        limits, now = self.policy.thresholds, self.occasion.at
        return decision.with_corroboration(self.react.witnesses(subject, decision.analysis.check, since, limits, now))

    def _of_unverified(self) -> Moved | None:
        """Notify people of a live version that fails by reports without a token: they move nothing."""
        found = self._unverified()
        if found is None or self.channel.candidate is not None:
            return None
        return notify_of_live(self.channel, self.occasion.because(found.reason), found.numbers())

    def _unverified(self) -> AnalysisResult | None:
        channel, metrics = self.channel, self.seen.metrics
        if metrics is None or channel.version is None or channel.exposed_at is None:
            return None
        recent = metrics.recent(channel, channel.version)
        return analyse_unverified(recent, self.policy.thresholds, channel.exposed_at, self.occasion.at)

    def _recovery(self) -> Moved | None:
        # A quarantined version that stays live for want of a better one does not recover: a person releases it.
        if self.channel.alert is None or self.channel.version in self.seen.quarantined:
            return None
        analysis = self._analysis_of_live()
        breaches = any(breach.version == self.channel.version for breach in self._breaches())
        if analysis is None or breaches or self._unverified() is not None:
            return None
        return recover(self.channel, analysis, self.occasion, self.period_seconds)

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
        candidate = self.state.release(self.channel.widget, self.channel.candidate)
        assert candidate is not None  # a rollout starts from a registered release, and none is ever removed
        if candidate.quarantine is not None:
            quarantined = occasion.because(f"{candidate.version} is quarantined: {candidate.quarantine.cause}")
            return abort_rollout(self.channel, candidate, quarantined)
        if action is StepAction.ABORT:
            return abort_rollout(self.channel, candidate, occasion, numbers)
        return self._advance(candidate, occasion, numbers)

    def _advance(self, candidate: Release, occasion: Occasion, numbers: Numbers) -> Moved | None:
        """The next step, where freezes, calendar windows and what runs in the environment let it start."""
        if self.seen.freezes is None:
            return None  # nobody knows whether it may start; the next minute reads them again
        if not self._has_alarms(candidate.version):
            return None  # this tick makes them, and the next one goes on: no version gains traffic without
        gate = gate_of(among(self.seen.freezes, self.channel.widget), self.policy.calendar_windows, self.occasion.at)
        gate = and_served(gate, candidate, environment_for(self.state, (candidate,)))
        if gate.closed is not None:
            return hold_rollout(self.channel, self.occasion.because(gate.closed), numbers, calendar=True)
        moved = advance_rollout(self.channel, candidate, occasion, self.policy.rollback_window_seconds, numbers)
        return replace(moved, unchanged=(*moved.unchanged, *gate.relies_on))
