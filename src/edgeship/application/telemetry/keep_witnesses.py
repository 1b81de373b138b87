"""Keep where the failing and slow page views of a release come from, up to a rate that bounds the cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edgeship.application.ports import Clock, Report
from edgeship.application.telemetry.ports import TokenKeys, WitnessBooks
from edgeship.domain.errors import Conflict
from edgeship.domain.telemetry.beacon import Beacon
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.telemetry.token_bucket import TokenBucket
from edgeship.domain.telemetry.tokens import hashed, network_of
from edgeship.domain.telemetry.views import Viewer
from edgeship.domain.telemetry.witnesses import WitnessBook, values_of
from edgeship.domain.version import Version

ATTEMPTS = 3
WRITES_A_SECOND = 2
"""Of one process, lost races included. A breach takes minutes, and a few witnesses are enough."""
READ_AGAIN = timedelta(seconds=60)
MOST_BOOKS = 100
"""That a process remembers."""


@dataclass(frozen=True)
class KeepWitnesses:
    books: WitnessBooks
    keys: TokenKeys
    clock: Clock
    report: Report
    budget: TokenBucket = field(default_factory=lambda: TokenBucket(WRITES_A_SECOND))
    _known: dict[tuple[str, Version], tuple[WitnessBook, datetime]] = field(default_factory=dict, init=False)
    """Books as they were read or written last: most views add nothing to them, and cost no call."""

    def __call__(self, beacon: Beacon, viewer: Viewer) -> None:
        """Errors are reported, never raised."""
        values, network = values_of(beacon), network_of(viewer.address)
        if not values or network is None:
            return
        try:
            master = self.keys.read()[0]
            release = (beacon.widget, beacon.version)
            where = hashed(master, *release, "network", network)
            agent = hashed(master, *release, "agent", viewer.agent)
            for attempt in range(ATTEMPTS):
                now = self.clock()
                if attempt == 0 and self._is_known(release, values, where, agent, now):
                    return
                # Taken before the read, so that reads are bounded as well.
                if not self.budget.take(now):
                    return
                book = self.books.read(*release)
                after = book.with_view(values, where, agent, now)
                try:
                    if after is not book:
                        self.books.write(after)
                except Conflict:
                    continue
                self._remember(after, now)
                return
        except Exception as fault:  # noqa: BLE001  the page gets its answer even if the table fails
            self.report("could not keep a witness", fault)

    def _is_known(
        self, release: tuple[str, Version], values: Mapping[Metric, float], where: str, agent: str, now: datetime
    ) -> bool:
        book, at = self._known.get(release, (None, now))
        return book is not None and now - at < READ_AGAIN and book.with_view(values, where, agent, now) is book

    def _remember(self, book: WitnessBook, now: datetime) -> None:
        if len(self._known) >= MOST_BOOKS:
            self._known.clear()
        self._known[book.widget, book.version] = (book, now)
