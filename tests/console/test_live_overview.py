"""The overview that is kept: one read at a time, never older than a minute, and new after an act."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from edgeship.console import live_overview
from edgeship.console.desk import Part
from edgeship.console.live_overview import FRESH, USABLE, LiveOverview
from tests.support.world import START


class Reads:
    """Numbers its reads; each waits while `gate` is closed."""

    def __init__(self) -> None:
        self.count = 0
        self.now = START
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self) -> Part[Any]:
        self.count += 1
        number = self.count
        assert self.gate.wait(10)
        return Part(number)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    monkeypatch.setattr(live_overview, "AFTER_SECONDS", 0)
    return Reads()


@pytest.fixture
def live(reads: Reads) -> LiveOverview:
    return LiveOverview(reads, lambda: reads.now)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_page_gets_what_was_read_and_the_next_one_something_newer(reads: Reads, live: LiveOverview) -> None:
    assert [live.get().value, live.get().value] == [1, 1]
    reads.now += FRESH + timedelta(seconds=1)
    reads.gate.clear()
    # It does not wait for the read that it begins, nor does a second page begin another.
    assert [live.get().value, live.get().value] == [1, 1]
    until(lambda: reads.count == 2)
    reads.gate.set()
    until(lambda: live.get().value == 2)
    assert reads.count == 2


def test_what_nobody_asked_for_is_not_read(reads: Reads, live: LiveOverview) -> None:
    live.get()
    reads.now += timedelta(hours=1)
    assert reads.count == 1


def test_what_is_old_is_not_shown(reads: Reads, live: LiveOverview) -> None:
    live.get()
    reads.now += USABLE + timedelta(seconds=1)
    assert live.get().value == 2


def test_after_an_act_what_was_read_before_is_not_shown(reads: Reads, live: LiveOverview) -> None:
    live.get()
    live.changed()
    assert live.get().value == 2
    # Nor what was being read when the act was done.
    reads.now += FRESH + timedelta(seconds=1)
    reads.gate.clear()
    live.get()
    until(lambda: reads.count == 3)
    live.changed()
    found: list[Any] = []
    page = threading.Thread(target=lambda: found.append(live.get().value))
    page.start()
    reads.gate.set()
    page.join(10)
    assert found == [4]


def test_pages_that_wait_together_share_a_read(reads: Reads, live: LiveOverview) -> None:
    reads.gate.clear()
    pages = [threading.Thread(target=live.get) for _ in range(8)]
    for page in pages:
        page.start()
    until(lambda: reads.count == 1)
    reads.gate.set()
    for page in pages:
        page.join(10)
    assert reads.count == 1


def test_ahead_of_the_first_page_and_after_an_act_it_is_read(reads: Reads) -> None:
    live = LiveOverview(reads, lambda: reads.now, ahead=True)
    until(lambda: reads.count == 1 and live.get().value == 1)
    live.changed()
    until(lambda: reads.count == 2)
    assert live.get().value == 2


def test_a_read_that_failed_is_tried_again(live: LiveOverview, reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_read", lambda: Part(None, None))
    assert live.get().value is None
    monkeypatch.setattr(live, "_read", reads)
    reads.now += FRESH + timedelta(seconds=1)
    until(lambda: live.get().value == 1)
