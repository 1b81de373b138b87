"""Failures that few networks report pause a rollout, and move no live version."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from edgeship.domain.events import EventType
from edgeship.domain.notifications.rules import Severity, severity_of
from edgeship.domain.version import Version
from tests.support.world import POLICY, WIDGET, World, just_live, rolling


def failing(world: World, version: str, minutes: int = 5, **report: int) -> None:
    for _ in range(minutes):
        world.report("1.0.0", sessions=200)
        world.report(version, **{"sessions": 50, "failed": 40, **report})
        world.minutes(1)


def by_alarm(world: World) -> None:
    """Without metrics: the alarm alone."""
    world.minutes(3, tick=False)
    world.sound("1.1.0")
    world.tick()


@pytest.mark.parametrize(("networks", "agents"), [(0, 0), (1, 9), (2, 9), (9, 1)])
@pytest.mark.parametrize("found", [lambda world: failing(world, "1.1.0"), by_alarm], ids=["metrics", "alarm"])
def test_a_candidate_is_paused_by_few(networks: int, agents: int, found: object) -> None:
    world = rolling()
    world.witnesses.networks, world.witnesses.agents = networks, agents
    found(world)  # type: ignore[operator]
    assert world.phase == "paused"
    assert not world.is_quarantined("1.1.0")
    assert world.channel().lock is None
    (paused,) = world.events_of(EventType.ROLLOUT_PAUSED)
    assert "needed to roll back" in paused.cause
    assert paused.new is not None
    assert paused.new["analysis"]["networks"] == networks
    assert paused.new["analysis"]["networks_needed"] == 3
    assert severity_of(paused) is Severity.CRITICAL


@pytest.mark.parametrize("found", [lambda world: failing(world, "1.1.0"), by_alarm], ids=["metrics", "alarm"])
def test_a_candidate_is_aborted_by_enough(found: object) -> None:
    world = rolling()
    world.witnesses.networks, world.witnesses.agents = 3, 2
    found(world)  # type: ignore[operator]
    assert world.phase == "aborted"
    assert world.is_quarantined("1.1.0")


def test_once_paused_it_is_aborted_when_more_networks_report() -> None:
    world = rolling()
    world.witnesses.networks = 1
    by_alarm(world)
    assert world.phase == "paused"
    world.minutes(2)
    assert world.phase == "paused"
    world.witnesses.networks = 3
    world.minutes(1)
    assert world.phase == "aborted"


def test_a_comparison_needs_networks_as_well() -> None:
    world = World(policy=replace(POLICY, thresholds=replace(POLICY.thresholds, error_rate=90, soft_error_points=100)))
    world.upload("1.0.0")
    world.minutes(61)
    world.upload("1.1.0")
    world.witnesses.networks = 2
    failing(world, "1.1.0", 9)
    assert world.phase == "paused"
    assert "worse by 80 points" in world.events_of(EventType.ROLLOUT_PAUSED)[0].cause


def test_witnesses_are_read_only_where_a_release_would_be_stopped() -> None:
    world = rolling()
    failing(world, "1.1.0", failed=0)
    assert world.witnesses.reads == 0


def test_a_candidate_whose_witnesses_cannot_be_read_is_paused() -> None:
    world = rolling()
    world.witnesses.fault = OSError("no route")
    failing(world, "1.1.0")
    assert world.phase == "paused"
    assert "could not be read (OSError)" in world.events_of(EventType.ROLLOUT_PAUSED)[0].cause


def test_a_live_version_stays_and_people_are_notified_once() -> None:
    world = just_live()
    world.witnesses.networks = 1
    failing(world, "1.1.0", 8)
    assert world.live == "1.1.0"
    assert not world.is_quarantined("1.1.0")
    (event,) = world.events_of(EventType.RELEASE_UNHEALTHY)
    assert "reports from 1 network (3 needed to roll back)" in event.cause
    world.witnesses.networks = 3
    failing(world, "1.1.0", 2)
    assert world.live == "1.0.0"
    assert world.is_quarantined("1.1.0")


def test_a_live_version_whose_witnesses_cannot_be_read_is_rolled_back() -> None:
    world = just_live()
    world.witnesses.fault = OSError("no route")
    failing(world, "1.1.0")
    assert world.live == "1.0.0"


def test_a_policy_without_networks_asks_nobody() -> None:
    world = rolling()
    world.change_policy(WIDGET, lambda p: replace(p, thresholds=replace(p.thresholds, networks=0)), world.occasion())
    world.witnesses.networks = 0
    failing(world, "1.1.0")
    assert world.phase == "aborted"
    assert world.witnesses.reads == 0


def unverified(world: World, minutes: int = 5) -> None:
    for _ in range(minutes):
        world.report("1.0.0", sessions=200)
        world.metrics.record(
            WIDGET, Version.parse("1.1.0"), world.now, sessions=20, unverified=20, unverified_failed=20
        )
        world.minutes(1)


def test_failures_without_a_token_pause_a_rollout() -> None:
    world = rolling()
    unverified(world)
    assert world.phase == "paused"
    assert not world.is_quarantined("1.1.0")
    (paused,) = world.events_of(EventType.ROLLOUT_PAUSED)
    assert paused.cause.startswith("reports without a valid token: error rate 50 %")


def test_failures_without_a_token_move_no_live_version() -> None:
    world = just_live()
    unverified(world, 8)
    assert world.live == "1.1.0"
    (event,) = world.events_of(EventType.RELEASE_UNHEALTHY)
    assert event.cause.startswith("reports without a valid token")


def test_in_mode_watch_people_are_notified_of_a_candidate_whoever_reports() -> None:
    world = rolling()
    world.change_policy(WIDGET, lambda policy: replace(policy, mode="watch"), world.occasion())
    world.witnesses.networks = 0
    failing(world, "1.1.0")
    assert world.phase == "running"
    assert world.events_of(EventType.RELEASE_UNHEALTHY)
    assert world.witnesses.reads == 0


def test_after_a_resume_only_reports_of_the_new_exposure_count() -> None:
    world = rolling()
    seen = world.now
    world.witnesses.clock = lambda: seen
    failing(world, "1.1.0")
    assert world.phase == "aborted"
    world = rolling()
    world.steer.pause(WIDGET, "latest", world.occasion())
    world.now += timedelta(minutes=5)
    world.steer.resume(WIDGET, "latest", world.occasion())
    before = world.now - timedelta(minutes=5)
    world.witnesses.clock = lambda: before
    failing(world, "1.1.0")
    assert world.phase == "paused"
