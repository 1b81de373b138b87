"""Everything that moves a channel, on fakes and with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from edgeship.application.calendar.change_freeze import ChangeFreeze
from edgeship.application.channels.change_policy import ChangePolicy
from edgeship.application.channels.promote_release import PromoteRelease
from edgeship.application.channels.promote_upload import PromoteUpload
from edgeship.application.channels.reacting.react_to_breach import ReactToBreach
from edgeship.application.channels.roll_back import RollBack
from edgeship.application.channels.start_rollout import StartRollout
from edgeship.application.channels.steer_rollout import SteerRollout
from edgeship.application.channels.unlock_channel import UnlockChannel
from edgeship.application.channels.watching.compare_candidates import CompareCandidates
from edgeship.application.channels.watching.react_to_quarantine import ReactToQuarantine
from edgeship.application.channels.watching.start_waiting import StartWaiting
from edgeship.application.channels.watching.watch_channels import Tick, WatchChannels
from edgeship.application.health.check_witnesses import CheckWitnesses
from edgeship.application.health.publish_health import PublishHealth
from edgeship.application.releases.unquarantine_release import UnquarantineRelease
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import Step
from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.naming import LATEST
from edgeship.domain.version import Version
from tests.fakes.health import FakeAlarms, FakeComparisons, FakeHealthPages, FakeMetrics
from tests.fakes.releases import FakeReleaseFiles
from tests.fakes.state import FakeState
from tests.fakes.telemetry import FakeErrorBooks, RegistryOf, WitnessesOf
from tests.support.releases import a_release

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
THRESHOLDS = Thresholds(error_rate=10, latency_ms=2_000, memory_mb=100, soft_error_points=5, minimum_sample=20)
POLICY = Policy(steps=(Step(1, 600), Step(50, 600), Step(100, 0)), thresholds=THRESHOLDS, rollback_window_seconds=3600)
"""Ten minutes at 1 %, ten at 50 %, then everybody, and an hour to go back."""
AT_ONCE = replace(POLICY, steps=(Step(100, 0),))
WIDGET = "checkout"


class World:
    """One environment; widgets have `policy` from the time that they are registered."""

    def __init__(self, *versions: str, policy: Policy = POLICY, state: FakeState | None = None) -> None:
        self.now = START
        self.tick_seconds = 60.0
        self.slept = 0.0
        self.policy = policy
        self.state = state or FakeState()
        self.alarms = FakeAlarms(lambda: self.now)
        self.metrics = FakeMetrics()
        self.files = FakeReleaseFiles()

        def never(_: int) -> None:
            """Nobody else is here to race with."""

        self.promote_upload = PromoteUpload(self.state, self.alarms, self.files, never)
        self.promote_release = PromoteRelease(self.state, self.alarms, self.files, never)
        self.start_rollout = StartRollout(self.state, self.alarms, self.files, never)
        self.steer = SteerRollout(self.state, self.alarms, never)
        self.roll_back = RollBack(self.state, self.files, never)
        self.unlock = UnlockChannel(self.state, never)
        self.unquarantine = UnquarantineRelease(self.state, never)
        self.freeze = ChangeFreeze(self.state, never)
        self.change_policy = ChangePolicy(self.state, never)
        self.witnesses = WitnessesOf(lambda: self.now)
        self.react = ReactToBreach(self.state, self.files, self.metrics, CheckWitnesses(self.witnesses), never)
        self.pages = FakeHealthPages()
        self.errors = FakeErrorBooks(lambda: self.now)
        self.publish = PublishHealth(self.state, self.pages, self.errors, period_seconds=60, threads=2)
        self.comparisons = FakeComparisons()
        self.compare = CompareCandidates(self.comparisons, self.metrics.period_seconds)
        self.start_waiting = StartWaiting(self.state, self.promote_upload)
        self.registry = RegistryOf(self.state)
        self.watch = WatchChannels(
            state=self.state,
            alarms=self.alarms,
            metrics=self.metrics,
            compare=self.compare,
            react=self.react,
            react_to_quarantine=ReactToQuarantine(self.state, self.files, never),
            publish=self.publish,
            start_waiting=self.start_waiting,
            registry=self.registry,
            sleep=self._sleep,
        )
        for version in versions:
            self.register(version)

    def occasion(self, actor: str = "ann", cause: str = "by hand") -> Occasion:
        return Occasion("test", actor, cause, self.now)

    def register(self, version: str, widget: str = WIDGET) -> None:
        release = replace(a_release(version), widget=widget, revision=0)
        first = self.state.widget(widget) is None
        self.state.commit(Transaction(puts=(release,), events=(), registers=release))
        if first and self.policy != Policy():
            self.change_policy(widget, lambda _: self.policy, self.occasion())

    def upload(self, version: str, widget: str = WIDGET) -> str:
        """Register a release and let the policy judge it; the upload action."""
        self.register(version, widget)
        return self.promote_upload(widget, Version.parse(version), self.occasion("ci", "upload")).action.value

    def promote(self, version: str, channel: str = LATEST, widget: str = WIDGET) -> Channel:
        return self.promote_release(widget, Version.parse(version), channel, self.occasion())

    def tick(self) -> Tick:
        self.slept = 0.0
        return self.watch(self.occasion("edgeship:rollout", "minute tick"), lambda: self.tick_seconds - self.slept)

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds

    def minutes(self, count: int, *, tick: bool = True) -> list[Tick]:
        """Let time pass; by default with the tick at the end of each minute."""
        ticks = []
        for _ in range(count):
            self.now += MINUTE
            if tick:
                ticks.append(self.tick())
        return ticks

    def report(
        self,
        version: str,
        *,
        sessions: int = 50,
        failed: int = 0,
        latency: float | None = None,
        custom_metrics: Mapping[str, Iterable[float]] = MappingProxyType({}),
        widget: str = WIDGET,
        channel: str = "",
    ) -> None:
        """What browsers reported in the minute that is going on."""
        self.metrics.record(
            widget,
            Version.parse(version),
            self.now,
            sessions=sessions,
            failed=failed,
            latencies=[latency] if latency is not None else [],
            custom_metrics=custom_metrics,
            channel=channel,
        )

    def channel(self, name: str = LATEST, widget: str = WIDGET) -> Channel:
        return self.state.channel(widget, name)

    @property
    def live(self) -> str:
        return str(self.channel().version)

    @property
    def percent(self) -> float:
        rollout = self.channel().rollout
        return rollout.percent if rollout else 0

    @property
    def phase(self) -> str | None:
        rollout = self.channel().rollout
        return rollout.phase.value if rollout else None

    def is_quarantined(self, version: str, widget: str = WIDGET) -> bool:
        release = self.state.release(widget, Version.parse(version))
        assert release is not None
        return release.quarantine is not None

    def events_of(self, *kinds: EventType) -> list[Event]:
        return [event for event in self.state.log if event.type in kinds]

    def watched_versions(self, widget: str = WIDGET) -> list[str]:
        """The versions that have their alarms, all of them."""
        checks: dict[str, set[str]] = {}
        for each in self.alarms.standing():
            if each.alarm is not None and each.alarm.widget == widget:
                checks.setdefault(str(each.alarm.version), set()).add(each.alarm.check.value)
        return sorted(version for version, have in checks.items() if len(have) == len(THRESHOLDS.hard()))

    def sound(self, version: str, check: str = "error-rate", at: datetime | None = None, *, on: bool = True) -> None:
        """Let an alarm of a version go off, or be over."""
        self.alarms.set_state(self._alarm(version, check), in_alarm=on, at=at)

    def _alarm(self, version: str, check: str) -> str:
        return next(
            each.name
            for each in self.alarms.standing()
            if each.alarm is not None and (str(each.alarm.version), each.alarm.check.value) == (version, check)
        )


def versions(found: Iterable[object]) -> list[str]:
    return [str(version) for version in found]


def rolling() -> World:
    """1.1.0 is being rolled out from 1.0.0, whose window is closed; a minute of it has gone by."""
    world = World()
    assert world.upload("1.0.0") == "promote"
    world.minutes(61)
    assert world.upload("1.1.0") == "roll_out"
    world.minutes(1)
    return world


def just_live() -> World:
    """1.1.0 went live at once, a minute ago, after 1.0.0."""
    world = World(policy=AT_ONCE)
    world.upload("1.0.0")
    world.minutes(61)
    assert world.upload("1.1.0") == "promote"
    world.minutes(1)
    return world
