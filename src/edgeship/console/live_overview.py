"""The overview of all widgets, read in the background: a page never waits for it, and says how old it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edgeship.application.ports import Clock
from edgeship.application.status.read_overview import Overview
from edgeship.console.desk import Part

FRESH = timedelta(seconds=4)
"""What is older is read again, for the next page."""
USABLE = timedelta(seconds=60)
"""What is older is not shown: nobody asked for it meanwhile, so nobody read it."""
AFTER_SECONDS = 0.25


@dataclass(frozen=True)
class _Kept:
    part: Part[Overview]
    at: datetime


class LiveOverview:
    """One read is under way at most, however many pages ask. While no page asks, nothing is read; but with `ahead`, the
    first page, and the first after an act, finds it read."""

    def __init__(self, read: Callable[[], Part[Overview]], clock: Clock, *, ahead: bool = False) -> None:
        self._read, self._clock, self._ahead = read, clock, ahead
        self._kept: _Kept | None = None
        self._lock, self._reading = threading.Lock(), threading.Lock()
        self._asked = 0
        self._due = False
        if ahead:
            self._read_soon(0)

    def get(self) -> Part[Overview]:
        """What was read last, at most `USABLE` ago. What could not be read is tried again."""
        kept, now = self._kept, self._clock()
        if kept is None or now - kept.at > USABLE:
            return self._fresh(self._asked)
        if now - kept.at > FRESH:
            self._read_soon(AFTER_SECONDS)
        return kept.part

    def _read_soon(self, seconds: float) -> None:
        """In a thread of its own; later than the page that asks, since a read takes the processor from it."""
        with self._lock:
            if self._due:
                return
            self._due = True
        timer = threading.Timer(seconds, self._read_again, (self._asked,))
        timer.daemon = True
        timer.start()

    def _read_again(self, asked: int) -> None:
        try:
            self._fresh(asked)
        finally:
            self._due = False

    def changed(self) -> None:
        """A person has changed something: what was read before it is not shown again."""
        with self._lock:
            self._kept = None
            self._asked += 1
        if self._ahead:
            self._read_soon(0)

    def _fresh(self, asked: int) -> Part[Overview]:
        before = self._kept
        with self._reading:
            # Another page may have waited for the same read.
            kept = self._kept
            if kept is not None and kept is not before and asked == self._asked:
                return kept.part
            asked, at = self._asked, self._clock()
            part = self._read()
            with self._lock:
                if asked == self._asked:
                    self._kept = _Kept(part, at)
            return part
