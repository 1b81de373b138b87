"""After an hour without a finding, the tick reads a channel's metrics every five minutes, and nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from edgeship.application.health.ports import NO_CUSTOM_METRICS, CustomMetrics
from edgeship.domain.channels.incidents.turns import SETTLED_TURNS
from edgeship.domain.channels.rollout import Phase, Step
from edgeship.domain.events import EventType
from edgeship.domain.health.alarms import StandingAlarm
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.telemetry.metrics import Source
from edgeship.domain.version import Version
from tests.fakes.health import FakeAlarms, FakeMetrics
from tests.support.world import MINUTE, POLICY, World

LONG = replace(POLICY, steps=(Step(1, 6 * 3600), Step(100, 0)), rollback_window_seconds=24 * 3600)
STABLE, CANDIDATE = ("checkout", Version(1, 0, 0)), ("checkout", Version(1, 1, 0))


class CountingMetrics(FakeMetrics):
    """Counts what is read; `fault` is raised instead."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[Source] = []
        self.fault: Exception | None = None

    def periods(
        self, sources: Sequence[Source], count: int, now: datetime, custom: CustomMetrics = NO_CUSTOM_METRICS
    ) -> dict[Source, list[Datapoint]]:
        if self.fault is not None:
            raise self.fault
        self.read += sources
        return super().periods(sources, count, now, custom)


class _Silent(FakeAlarms):
    def standing(self) -> list[StandingAlarm]:
        raise OSError("throttled")


def settled(*, rollout: bool = False) -> tuple[World, CountingMetrics]:
    """1.0.0 is live, or 1.1.0 at its first step, for more than an hour."""
    world, metrics = World(policy=LONG), CountingMetrics()
    world.metrics = metrics
    world.watch = replace(world.watch, metrics=metrics)
    world.upload("1.0.0")
    if rollout:
        go_on(world, 2, "1.0.0")
        assert world.upload("1.1.0") == "roll_out"
    go_on(world, 3, "1.0.0", *["1.1.0"] * rollout)
    world.minutes(60, tick=False)
    go_on(world, 5, "1.0.0", *["1.1.0"] * rollout)
    metrics.read.clear()
    return world, metrics


def go_on(world: World, minutes: int, *versions: str, failed: int = 0) -> None:
    for _ in range(minutes):
        for version in versions:
            world.report(version, failed=failed)
        world.minutes(1)


def test_a_live_version_is_read_twelve_times_an_hour_and_its_page_stays_current() -> None:
    world, metrics = settled()
    for _ in range(60):
        go_on(world, 1, "1.0.0")
        page = world.pages.read(*STABLE)
        assert page is not None
        assert (page["watched"], page["stale"]) == (True, False)
        assert datetime.fromisoformat(page["fresh_until"]) > world.now
    assert metrics.read == [STABLE] * (60 // SETTLED_TURNS)


def test_a_rollout_is_read_as_seldom_and_advances_in_the_minute_of_its_bakes_end() -> None:
    world, metrics = settled(rollout=True)
    go_on(world, 60, "1.0.0", "1.1.0")
    assert sorted(metrics.read) == sorted([STABLE, CANDIDATE] * (60 // SETTLED_TURNS))
    rollout = world.channel().rollout
    assert rollout is not None
    while world.phase == Phase.RUNNING:
        go_on(world, 1, "1.0.0", "1.1.0")
    assert world.now - rollout.bakes_until < 2 * MINUTE
    assert world.live == "1.1.0"


def test_an_alarm_that_is_on_aborts_in_its_minute() -> None:
    for later in range(SETTLED_TURNS):
        world, metrics = settled(rollout=True)
        go_on(world, later, "1.0.0", "1.1.0")
        metrics.read.clear()
        world.sound("1.1.0")
        go_on(world, 1, "1.0.0", "1.1.0")
        assert (world.phase, set(metrics.read)) == ("aborted", {STABLE, CANDIDATE})


def test_without_alarms_a_candidate_that_fails_is_found_at_most_four_minutes_later() -> None:
    """Where every session fails, one minute of them is enough."""
    minutes = set()
    for later in range(SETTLED_TURNS):
        world, _ = settled(rollout=True)
        go_on(world, later, "1.0.0", "1.1.0")
        minutes.add(until_aborted(world))
    assert minutes == set(range(1, 1 + SETTLED_TURNS))


def until_aborted(world: World) -> int:
    for minute in range(1, 30):
        world.report("1.0.0")
        go_on(world, 1, "1.1.0", failed=50)
        if world.phase == Phase.ABORTED:
            return minute
    raise AssertionError("it is not found")


def test_when_nobody_knows_the_alarms_all_is_read_each_minute() -> None:
    world, metrics = settled()
    world.watch = replace(world.watch, alarms=_Silent(lambda: world.now))
    go_on(world, 10, "1.0.0")
    assert metrics.read == [STABLE] * 10


def test_while_people_know_of_an_incident_it_is_read_each_minute() -> None:
    world, metrics = settled()
    world.change_policy("checkout", lambda policy: replace(policy, mode="watch"), world.occasion())
    go_on(world, 12, "1.0.0", failed=50)
    assert [event.type for event in world.events_of(EventType.RELEASE_UNHEALTHY)] == [EventType.RELEASE_UNHEALTHY]
    metrics.read.clear()
    go_on(world, 10, "1.0.0")
    assert metrics.read == [STABLE] * 10
    go_on(world, 60, "1.0.0")
    assert len(world.events_of(EventType.RELEASE_RECOVERED)) == 1
    metrics.read.clear()
    go_on(world, 10, "1.0.0")
    assert metrics.read == [STABLE] * 2


def test_where_the_metrics_fail_the_page_says_so_in_its_turn_only() -> None:
    world, metrics = settled()
    metrics.fault = OSError("no answer")
    stale = []
    for _ in range(SETTLED_TURNS):
        (tick,) = world.minutes(1)
        assert [name for name, _ in tick.faults] == ["metrics"] * bool(tick.faults)
        page = world.pages.read(*STABLE)
        assert page is not None
        stale.append(page["stale"])
    assert stale.count(False) < SETTLED_TURNS
    assert stale[-1] is True


def test_a_second_channel_of_the_widget_keeps_its_versions_pages_whole() -> None:
    world, _ = settled()
    world.promote("1.0.0", "next")
    for _ in range(90):
        go_on(world, 1, "1.0.0")
        page = world.pages.read(*STABLE)
        assert page is not None
        assert [channel["name"] for channel in page["channels"]] == ["latest", "next"]
