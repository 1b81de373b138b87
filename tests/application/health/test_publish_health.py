"""Health pages over the life of a release: what the tick publishes, when, and what it costs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event

import pytest

from edgeship.application.health.ports import Published, Subject
from edgeship.domain.channels.policy import Policy
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.health_page import METRICS_UNAVAILABLE, NOT_WATCHED, ROLLED_BACK, Page
from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from edgeship.domain.telemetry.error_book import ErrorBook
from edgeship.domain.version import Version
from tests.fakes.health import FakeHealthPages, FakeMetrics
from tests.support.moto.counted import counted
from tests.support.world import AT_ONCE, MINUTE, WIDGET, World, just_live, rolling

V1, V2 = Version.parse("1.0.0"), Version.parse("1.1.0")


def page(world: World, version: str = "1.1.0", widget: str = WIDGET) -> Page:
    return world.pages.pages[(widget, Version.parse(version))]


def listed(world: World) -> list[str]:
    return sorted(f"{widget} {version}" for widget, version in world.pages.listed.subjects)


def test_a_candidate_has_a_page_and_so_has_what_it_is_compared_with() -> None:
    world = rolling()
    for _ in range(3):
        world.report("1.1.0")
        world.report("1.0.0")
        world.minutes(1)
    assert listed(world) == ["checkout 1.0.0", "checkout 1.1.0"]
    (stable,) = page(world, "1.0.0")["channels"]
    assert (stable["role"], stable["percent"]) == ("stable", 99)
    shown = page(world)
    assert (shown["status"], shown["watched"], shown["stale"]) == ("healthy", True, False)
    assert datetime.fromisoformat(shown["measured_at"]) == world.now
    assert datetime.fromisoformat(shown["fresh_until"]) == world.now + 7 * MINUTE
    assert shown["metrics"]["sessions"]["value"] == 150
    (channel,) = shown["channels"]
    assert (channel["role"], channel["percent"], channel["phase"]) == ("candidate", 1, "running")


def test_a_page_says_what_became_of_the_channel_in_this_very_tick() -> None:
    world = rolling()
    for _ in range(10):
        world.report("1.1.0")
        world.minutes(1)
    assert world.percent == 50
    assert page(world)["channels"][0]["percent"] == 50


def test_the_analysis_is_that_of_the_tick() -> None:
    """Worse than the stable version, by which the tick pauses; no hard limit is reached, and nothing is compared."""
    world = rolling()
    world.change_policy(
        "checkout", lambda p: replace(p, thresholds=replace(p.thresholds, margin_points=100)), world.occasion()
    )
    for _ in range(4):
        world.report("1.1.0", sessions=1000, failed=60)
        world.report("1.0.0", sessions=1000)
        world.minutes(1)
    assert world.phase == "paused"
    shown = page(world)
    assert (shown["status"], shown["analysis"]["health"]) == ("degraded", "degraded")
    assert shown["channels"][0]["phase"] == "paused"
    assert shown["metrics"]["error_rate"]["within_limit"] is True


def test_a_paused_candidate_is_still_analysed() -> None:
    world = rolling()
    world.steer.pause("checkout", "latest", world.occasion())
    world.report("1.1.0", sessions=7)
    world.minutes(1)
    assert (page(world)["status"], page(world)["metrics"]["sessions"]["value"]) == ("inconclusive", 7)


def test_what_browsers_report_most_often_is_shown() -> None:
    world = rolling()
    error = ReportedError("boom", 3)
    world.errors.write(
        ErrorBook("checkout", V2).with_beacon(Beacon("checkout", V2, "ab", 0, errors=(error,)), world.now)
    )
    world.minutes(1)
    assert page(world)["top_errors"] == [{"message": "boom", "count": 3, "at": None}]


def test_a_version_in_two_channels_has_one_page_with_the_most_severe_analysis() -> None:
    world = World(policy=AT_ONCE)
    world.upload("1.0.0")
    world.minutes(1)
    for _ in range(3):
        world.report("1.0.0", failed=50)
        world.minutes(1, tick=False)
    world.promote("1.0.0", "next")
    world.minutes(1)
    shown = page(world, "1.0.0")
    assert shown["status"] == "unhealthy"
    assert [channel["name"] for channel in shown["channels"]] == ["latest", "next"]


# The last page


def test_a_version_whose_window_has_closed_gets_one_last_page() -> None:
    world = World()
    world.upload("1.0.0")
    world.minutes(59)
    world.report("1.0.0")
    world.minutes(1, tick=False)
    before = page(world, "1.0.0")
    world.minutes(1)
    last = page(world, "1.0.0")
    assert (last["watched"], last["stale"], last["stale_because"]) == (False, True, NOT_WATCHED)
    assert last["measured_at"] == before["measured_at"]
    assert listed(world) == []
    etag = world.pages.listed.etag
    world.minutes(5)
    assert page(world, "1.0.0") is last
    assert world.pages.listed.etag == etag


def test_a_rolled_back_version_has_a_last_page_and_the_one_that_went_live_has_a_page() -> None:
    world = just_live()
    world.minutes(1)
    for _ in range(3):
        world.report("1.1.0", failed=50)
        world.minutes(1)
    assert world.live == "1.0.0"
    last = page(world)
    assert (last["status"], last["stale_because"], last["channels"]) == ("unhealthy", ROLLED_BACK, [])
    back = page(world, "1.0.0")
    assert (back["status"], back["stale"], back["analysis"]["sample"]) == ("inconclusive", False, 0)
    assert listed(world) == ["checkout 1.0.0"]


def test_a_version_that_is_watched_again_has_a_page_again() -> None:
    world = rolling()
    world.minutes(1)
    world.steer.abort("checkout", "latest", world.occasion())
    world.minutes(1)
    assert page(world)["watched"] is False
    world.unquarantine("checkout", V2, world.occasion())
    world.start_rollout("checkout", V2, "latest", world.occasion())
    world.minutes(1)
    assert (page(world)["watched"], page(world)["stale"]) == (True, False)


# Faults


class _NoMetrics(FakeMetrics):
    def periods(self, *_: object) -> dict[Subject, list[Datapoint]]:
        raise OSError("arn:aws:iam::123456789012:role/secret is not authorized")


def test_when_the_metrics_fail_the_pages_repeat_the_old_numbers_and_say_so() -> None:
    world = rolling()
    for _ in range(3):
        world.report("1.1.0")
        world.minutes(1)
    before = page(world)
    metrics, world.watch = world.metrics, replace(world.watch, metrics=_NoMetrics())
    (tick,) = world.minutes(1)
    assert [what for what, _ in tick.faults] == ["metrics"]
    stale = page(world)
    assert (stale["stale"], stale["stale_because"], stale["watched"]) == (True, METRICS_UNAVAILABLE, True)
    for kept in ("measured_at", "fresh_until", "metrics", "status"):
        assert stale[kept] == before[kept]
    world.minutes(1)
    assert page(world) == stale
    world.watch = replace(world.watch, metrics=metrics)
    world.minutes(1)
    assert page(world)["stale"] is False


def test_when_the_metrics_fail_from_the_first_there_are_no_numbers() -> None:
    world = rolling()
    world.pages.pages.clear()
    world.watch = replace(world.watch, metrics=_NoMetrics())
    world.minutes(1)
    assert (page(world)["status"], page(world)["metrics"], page(world)["measured_at"]) == ("inconclusive", None, None)


def three_widgets() -> World:
    world = World()
    for widget in ("alpha", "broken", "zeta"):
        world.upload("1.0.0", widget)
    return world


def test_a_page_that_cant_be_written_keeps_no_other_back_and_is_written_by_the_next_tick() -> None:
    world = three_widgets()
    world.pages.faults[("broken", V1)] = OSError("SlowDown")
    (tick,) = world.minutes(1)
    assert [(what, str(fault)) for what, fault in tick.faults] == [("health page of broken 1.0.0", "SlowDown")]
    assert world.pages.pages.keys() == {("alpha", V1), ("zeta", V1)}
    assert listed(world) == ["alpha 1.0.0", "broken 1.0.0", "zeta 1.0.0"]
    world.pages.faults.clear()
    world.minutes(1)
    assert page(world, "1.0.0", "broken")["watched"] is True


def test_a_last_page_that_cant_be_written_is_written_by_the_next_tick() -> None:
    world = three_widgets()
    world.minutes(59)
    world.pages.faults[("broken", V1)] = OSError("SlowDown")
    (tick,) = world.minutes(1)
    assert [what for what, _ in tick.faults] == ["health page of broken 1.0.0"]
    assert listed(world) == ["broken 1.0.0"]
    world.pages.faults.clear()
    world.minutes(1)
    assert page(world, "1.0.0", "broken")["watched"] is False
    assert listed(world) == []


def test_without_the_list_the_rest_of_the_tick_is_done() -> None:
    world = rolling()
    world.pages.faults[None] = OSError("AccessDenied")
    for _ in range(4):
        world.report("1.1.0", failed=50)
        (tick,) = world.minutes(1)
        assert [what for what, _ in tick.faults] == ["health pages"]
    assert world.is_quarantined("1.1.0")


@dataclass
class _Raced(FakeHealthPages):
    """Another tick writes the list between this one's read of it and its write."""

    raced: set[Subject] = field(default_factory=set)

    def remember(self, subjects: Collection[Subject], replaces: Published) -> Published:
        if self.raced:
            super().remember(self.raced, self.listed)
            self.raced = set()
        return super().remember(subjects, replaces)


@pytest.mark.parametrize("minutes", [1, 60])
def test_of_two_ticks_at_once_neither_loses_what_the_other_lists(minutes: int) -> None:
    """Before the first page, and after the last."""
    world = World()
    pages = _Raced()
    world.watch = replace(world.watch, publish=replace(world.publish, pages=pages))
    world.upload("1.0.0")
    world.minutes(minutes - 1)
    pages.raced = {(WIDGET, V1), ("other", V1)}
    (tick,) = world.minutes(1)
    assert tick.faults == []
    assert pages.listed.subjects == {(WIDGET, V1), ("other", V1)}
    world.minutes(1)
    assert pages.pages[("other", V1)]["watched"] is False
    assert pages.listed.subjects == ({(WIDGET, V1)} if minutes == 1 else frozenset())


# Cost


def test_pages_are_written_side_by_side() -> None:
    class Meeting(FakeHealthPages):
        """A page is there only when another is being written."""

        def __init__(self) -> None:
            super().__init__()
            self.arrived = {"alpha": Event(), "zeta": Event()}

        def publish(self, page: Page) -> None:
            self.arrived[page["widget"]].set()
            other = self.arrived["zeta" if page["widget"] == "alpha" else "alpha"]
            assert other.wait(timeout=30)
            super().publish(page)

    world = World()
    pages = Meeting()
    world.watch = replace(world.watch, publish=replace(world.publish, pages=pages))
    for widget in ("alpha", "zeta"):
        world.upload("1.0.0", widget)
    (tick,) = world.minutes(1)
    assert tick.faults == []
    assert len(pages.pages) == 2


@pytest.mark.parametrize("busy", [0, 1, 20])
def test_the_calls_grow_with_what_is_watched_alone(busy: int) -> None:
    def calls_with(idle: int) -> list[str]:
        world = World(policy=Policy())
        register(world, "idle", idle)
        world.minutes(25 * 60, tick=False)
        world.minutes(2)
        assert world.state.watched() == []
        register(world, "busy", busy)
        world.minutes(1)
        calls: list[str] = []
        pages, errors = counted(world.pages, calls), counted(world.errors, calls)
        publish = replace(world.publish, pages=pages, errors=errors)
        assert replace(world.watch, publish=publish)(world.occasion()).faults == []
        return sorted(calls)

    calls = calls_with(200)
    assert calls == calls_with(0)
    assert calls == sorted(["published", *["read", "publish"] * busy])


def register(world: World, prefix: str, count: int) -> None:
    for number in range(count):
        world.upload("1.0.0", f"{prefix}-{number}")
