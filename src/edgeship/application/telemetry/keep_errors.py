"""Keep the messages of a beacon's errors in the book of its release, up to a rate that bounds the cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from edgeship.application.ports import Clock, Report
from edgeship.application.telemetry.ports import ErrorBooks
from edgeship.domain.errors import Conflict
from edgeship.domain.telemetry.beacon import Beacon
from edgeship.domain.telemetry.token_bucket import TokenBucket

ATTEMPTS = 3
WRITES_A_SECOND = 5
"""Of one process, lost races included. When every page fails at once, the metrics count all errors, and a sample of the
messages is enough to see why."""


@dataclass(frozen=True)
class KeepErrors:
    books: ErrorBooks
    clock: Clock
    report: Report
    budget: TokenBucket = field(default_factory=lambda: TokenBucket(WRITES_A_SECOND))

    def __call__(self, beacon: Beacon) -> bool:
        """Whether the book has the beacon's errors now. Errors are reported, never raised."""
        for _ in range(ATTEMPTS):
            now = self.clock()
            # Taken before the read, so that reads are bounded as well.
            if not self.budget.take(now):
                return False
            try:
                book = self.books.read(beacon.widget, beacon.version)
                with_beacon = book.with_beacon(beacon, now)
                if with_beacon is not book:
                    self.books.write(with_beacon)
            except Conflict:
                continue
            except Exception as fault:  # noqa: BLE001  the page gets its answer even if the table fails
                self.report("could not keep errors", fault)
                return False
            return True
        return False
