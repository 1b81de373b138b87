"""The most frequent errors of a release, by message and place, in bounded space.

Space-Saving (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005):
an error that is not in a full book replaces the one with the lowest count, and takes over its count as `over`. So for
every error in the book `count - over` <= how often it came <= `count`, and every error that makes up more than
1/MAX_MESSAGES of all is in the book. Messages that differ only in numbers, thrown at the same place, are one error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from edgeship.domain.events import timestamp
from edgeship.domain.telemetry.beacon import Beacon, ReportedError, fingerprint, printable
from edgeship.domain.version import Version

MAX_MESSAGES = 20
MAX_SEEN = 50
"""Beacons that are remembered: one of them that arrives again changes nothing."""
KEPT_FOR = timedelta(days=30)
"""After the last error."""
TREND_HOURS = 24
"""Hours that an error's `hours` go back."""


@dataclass(frozen=True)
class KeptError:
    """A message, in the words of its first report.

    `over` is by how much `count` may be too high; `first_seen` and `last_seen` are RFC 3339 with milliseconds.
    `frames` are those of its first report. `hours` are counts since it is in the book: of the hour of `last_seen`
    first, then of each hour before it.
    """

    fingerprint: str
    message: str
    count: int
    over: int
    first_seen: str
    last_seen: str
    frames: tuple[str, ...] = ()
    hours: tuple[int, ...] = ()

    def since(self, hours: int, at: datetime) -> int:
        """How often it came in the hour of `at` and the `hours - 1` before it, at most `TREND_HOURS` in all."""
        past = _hour(timestamp(at)) - _hour(self.last_seen)
        return sum(self.hours[: max(0, hours - past)])


@dataclass(frozen=True)
class ErrorBook:
    """A release's messages, the most frequent first; `seen` has the newest beacons' ids, the newest last.

    `expires_at` is in seconds since the epoch, 0 while the book is empty; `revision` is the stored book's, 0: none.
    """

    widget: str
    version: Version
    errors: tuple[KeptError, ...] = ()
    seen: tuple[str, ...] = ()
    expires_at: int = 0
    revision: int = 0

    def has_expired(self, at: datetime) -> bool:
        return self.expires_at <= at.timestamp()

    def with_beacon(self, beacon: Beacon, at: datetime) -> ErrorBook:
        """The book with a beacon's errors; this same book when the beacon has no errors or is in it already."""
        if not beacon.errors or beacon.id in self.seen:
            return self
        kept = {error.fingerprint: error for error in self.errors}
        now = timestamp(at)
        for reported in beacon.errors:
            _count(kept, replace(reported, message=printable(reported.message)), now)
        return replace(
            self,
            errors=tuple(sorted(kept.values(), key=lambda error: (-error.count, error.fingerprint))),
            seen=(*self.seen, beacon.id)[-MAX_SEEN:],
            # Never earlier than before: clocks of different processes differ.
            expires_at=max(self.expires_at, int((at + KEPT_FOR).timestamp())),
        )


def _count(kept: dict[str, KeptError], reported: ReportedError, now: str) -> None:
    message, count = reported.message, reported.count
    key = fingerprint(message, reported.frames)
    known = kept.get(key)
    if known is not None:
        kept[key] = replace(
            known,
            count=known.count + count,
            first_seen=min(known.first_seen, now),
            last_seen=max(known.last_seen, now),
            hours=_with_hour(known, count, now),
        )
        return
    over = 0
    if len(kept) == MAX_MESSAGES:
        least = min(kept.values(), key=lambda error: (error.count, error.last_seen, error.fingerprint))
        over = kept.pop(least.fingerprint).count
    kept[key] = KeptError(key, message, count + over, over, now, now, reported.frames, (count,))


def _with_hour(known: KeptError, count: int, now: str) -> tuple[int, ...]:
    passed = _hour(now) - _hour(known.last_seen)
    hours = list(known.hours)
    if passed > 0:
        hours = [0] * min(passed, TREND_HOURS) + hours
    # Clocks of different processes differ: what is late belongs to the hour that it came in.
    place = max(0, -passed)
    hours += [0] * (place + 1 - len(hours))
    hours[place] += count
    return tuple(hours[:TREND_HOURS])


def _hour(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp()) // 3600
