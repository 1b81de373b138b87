"""The most frequent error messages of a release, in bounded space.

Space-Saving (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005):
a message that is not in a full book replaces the one with the lowest count, and takes over its count as `over`. So for
every message in the book `count - over` <= how often it came <= `count`, and every message that makes up more than
1/MAX_MESSAGES of all errors is in the book.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from edgeship.domain.events import timestamp
from edgeship.domain.telemetry.beacon import Beacon, fingerprint, printable
from edgeship.domain.version import Version

MAX_MESSAGES = 20
MAX_SEEN = 50
"""Beacons that are remembered: one of them that arrives again changes nothing."""
KEPT_FOR = timedelta(days=30)
"""After the last error."""


@dataclass(frozen=True)
class KeptError:
    """A message, in the words of its first report.

    `over` is by how much `count` may be too high; `first_seen` and `last_seen` are RFC 3339 with milliseconds.
    """

    fingerprint: str
    message: str
    count: int
    over: int
    first_seen: str
    last_seen: str


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
            message = printable(reported.message)
            _count(kept, message, reported.count, now)
        return replace(
            self,
            errors=tuple(sorted(kept.values(), key=lambda error: (-error.count, error.fingerprint))),
            seen=(*self.seen, beacon.id)[-MAX_SEEN:],
            # Never earlier than before: clocks of different processes differ.
            expires_at=max(self.expires_at, int((at + KEPT_FOR).timestamp())),
        )


def _count(kept: dict[str, KeptError], message: str, count: int, now: str) -> None:
    key = fingerprint(message)
    known = kept.get(key)
    if known is not None:
        kept[key] = replace(
            known,
            count=known.count + count,
            first_seen=min(known.first_seen, now),
            last_seen=max(known.last_seen, now),
        )
        return
    over = 0
    if len(kept) == MAX_MESSAGES:
        least = min(kept.values(), key=lambda error: (error.count, error.last_seen, error.fingerprint))
        over = kept.pop(least.fingerprint).count
    kept[key] = KeptError(key, message, count + over, over, now, now)
