"""The minute tick: check every channel that has a rollout or an open rollback window, and in turns every other one.

It is the second way to a rollback: it reads the metrics and the states of the alarms, and needs no alarm's event; if it
can't read one of the two, it uses the other. What goes on for an hour without a finding has its metrics read every five
minutes. Every write is conditioned on the channel as it was read; work that fails is done in the next minute. Then it
starts what waited for the end of a freeze or for a calendar window. Only then does it correct the alarms, for as long
as there is time. Last it publishes the health pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeVar

from edgeship.application.channels.ports import ChannelState
from edgeship.application.channels.reacting.react_to_breach import ReactToBreach
from edgeship.application.channels.reacting.reaction import Reaction
from edgeship.application.channels.watching.channel_metrics import ChannelMetrics, read_metrics
from edgeship.application.channels.watching.check_channel import ChannelCheck, Seen
from edgeship.application.channels.watching.compare_candidates import CompareCandidates
from edgeship.application.channels.watching.fix_alarms import FixAlarms, Fixed
from edgeship.application.channels.watching.react_to_quarantine import ReactToQuarantine
from edgeship.application.channels.watching.start_waiting import StartWaiting
from edgeship.application.health.ports import Alarms, CustomMetrics, InTwo, Metrics, Subject
from edgeship.application.health.publish_health import PublishHealth, Watched
from edgeship.application.ports import Left, Sleep, no_end
from edgeship.application.telemetry.ports import Registry
from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.exposure import exposure_of
from edgeship.domain.channels.incidents.turns import is_due, turn_at
from edgeship.domain.channels.policy import Decision, PolicyRecord
from edgeship.domain.errors import Conflict
from edgeship.domain.events import Occasion
from edgeship.domain.health.alarms import StandingAlarm
from edgeship.domain.telemetry.metric_registry import versions_in_two

T = TypeVar("T")

_STRIDE = 7_919
SECONDS_OF_A_CHECK = 5.0
"""No check begins with less: it may write, and its run must not end within a write that nobody waits for."""


@dataclass
class Tick:
    """What one run found and did. `started` has the widgets of which a release waited, with what was decided. `faults`
    are by name: a channel that could not be checked, a widget whose release could not be started, a health page that
    could not be written, or `alarms`, `freezes`, `waiting`, `metrics`, `comparisons`, `time` or `health pages` as a
    whole. `alarms_postponed` are the next minute's."""

    watched: int = 0
    resting: int = 0
    alarms_made: int = 0
    alarms_removed: int = 0
    alarms_postponed: int = 0
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
    react_to_quarantine: ReactToQuarantine
    publish: PublishHealth
    start_waiting: StartWaiting
    registry: Registry
    sleep: Sleep

    def __call__(self, occasion: Occasion, left: Left = no_end) -> Tick:
        """Check everything once, in the seconds that are `left`. A channel whose check fails does not stop the rest."""
        tick = Tick()
        # The alarms are read first, so that an alarm that is made later is not removed as unneeded.
        standing = _unless_it_fails("alarms", self.alarms.standing, tick)
        channels = self.state.watched()
        resting = _unless_it_fails("resting", lambda: self.state.resting(self._turn(occasion)), tick) or []
        policies = self.state.policies({channel.widget for channel in (*channels, *resting)})
        tick.watched, tick.resting = len(channels), len(resting)
        in_two = _unless_it_fails("channels of versions", lambda: versions_in_two(self.registry.read().content), tick)
        checked = [*self._rollouts_first(channels, occasion), *resting]
        quarantined = _unless_it_fails("quarantines", lambda: self._quarantined(checked), tick) or set()
        freezes = _unless_it_fails("freezes", self.state.freezes, tick)
        judged = {widget: record.policy.thresholds.custom_metric for widget, record in policies.items()}
        custom = {widget: name for widget, name in judged.items() if name}
        due = self._due(channels, standing, occasion)
        asked = {*due, *resting}
        metrics = _unless_it_fails("metrics", lambda: self._read(asked, occasion, custom, in_two), tick)
        if metrics is not None:
            read = metrics
            metrics = _unless_it_fails("comparisons", lambda: self.compare(read, due, policies), tick) or read
        changed: set[Channel] = set()
        for number, channel in enumerate(checked):
            if left() < SECONDS_OF_A_CHECK:
                tick.faults.append(("time", TimeoutError(f"{len(checked) - number} channels were not checked")))
                break
            seen = Seen(
                standing,
                metrics if channel in asked else None,
                freezes,
                {version for widget, version in quarantined if widget == channel.widget},
            )
            check = ChannelCheck(
                state=self.state,
                react=self.react,
                react_to_quarantine=self.react_to_quarantine,
                period_seconds=self.metrics.period_seconds,
                channel=channel,
                policy=policies[channel.widget].policy,
                seen=seen,
                occasion=occasion,
            )
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
        # The index may not yet have what this tick has written.
        current = [self.state.channel(c.widget, c.name) if c in changed else c for c in channels]
        if standing is not None:
            fix_alarms = FixAlarms(self.alarms, standing, in_two, self.sleep)
            fixed = _unless_it_fails("alarms", lambda: fix_alarms(current, policies, occasion, left), tick) or Fixed()
            tick.alarms_made, tick.alarms_removed = fixed.made, fixed.removed
            tick.alarms_postponed = fixed.postponed
        # The pages come last: nothing waits for them, and they show the changes of this tick.
        _unless_it_fails(
            "health pages",
            lambda: self._publish_health(
                current, policies, metrics, {channel.widget for channel in due}, occasion.environment, tick
            ),
            tick,
        )
        return tick

    def _rollouts_first(self, channels: Sequence[Channel], occasion: Occasion) -> list[Channel]:
        """And the rest from another one on each minute: where time is too short for all, it is not always the same
        ones that are left out."""
        first = int(occasion.at.timestamp() // self.metrics.period_seconds) * _STRIDE % (len(channels) or 1)
        turned = [*channels[first:], *channels[:first]]
        return sorted(turned, key=lambda channel: channel.candidate is None)

    def _due(
        self, channels: Sequence[Channel], standing: Sequence[StandingAlarm] | None, occasion: Occasion
    ) -> list[Channel]:
        """Those whose metrics are read now: also where an alarm is on, and all if nobody knows which are."""
        if standing is None:
            return list(channels)
        widgets = {each.alarm.widget for each in standing if each.in_alarm and each.alarm is not None}
        widgets |= {c.widget for c in channels if is_due(c, occasion.at, self.metrics.period_seconds)}
        return [channel for channel in channels if channel.widget in widgets]

    def _read(
        self, channels: Iterable[Channel], occasion: Occasion, custom: CustomMetrics, in_two: InTwo | None
    ) -> ChannelMetrics:
        return read_metrics(self.metrics, channels, occasion.at, custom, in_two or {})

    def _turn(self, occasion: Occasion) -> int:
        return turn_at(occasion.at, self.metrics.period_seconds)

    def _quarantined(self, channels: Iterable[Channel]) -> set[Subject]:
        shown = {
            (channel.widget, version)
            for channel in channels
            for version in (channel.version, channel.candidate)
            if version is not None
        }
        return {(r.widget, r.version) for r in self.state.releases_of(shown) if r.quarantine is not None}

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
        policies: Mapping[str, PolicyRecord],
        metrics: ChannelMetrics | None,
        due: Set[str],
        environment: str,
        tick: Tick,
    ) -> None:
        exposed: dict[Subject, Watched] = {}
        unread = {(c.widget, version) for c in channels if c.widget not in due for version in c.shown}
        channels = (channel for channel in channels if channel.widget in due)
        for channel in sorted(channels, key=lambda channel: (channel.widget, channel.name)):
            policy = policies[channel.widget].policy
            limits = policy.thresholds
            for version in channel.shown:
                # A version that was exposed by this tick has no complete period: its analysis is inconclusive.
                finding = metrics.finding(channel, version, limits) if metrics is not None else None
                watched = exposed.get((channel.widget, version), Watched())
                exposed[channel.widget, version] = watched.and_in(exposure_of(channel, version, policy.mode), finding)
        faults = self.publish(environment, exposed, unread)
        tick.faults += [(f"health page of {widget} {version}", fault) for (widget, version), fault in faults.items()]


def _unless_it_fails(part: str, read: Callable[[], T], tick: Tick) -> T | None:
    """The result of `read`; None, and a fault, when it fails: neither way to a rollback depends on the other."""
    try:
        return read()
    except Exception as fault:  # noqa: BLE001  the handler raises it
        tick.faults.append((part, fault))
        return None
