"""The use case of beacons, on fakes."""

from __future__ import annotations

from dataclasses import dataclass, field

from edgeship.application.ports import Report
from edgeship.application.telemetry.keep_errors import KeepErrors
from edgeship.application.telemetry.keep_witnesses import KeepWitnesses
from edgeship.application.telemetry.known_releases import KnownReleases
from edgeship.application.telemetry.ports import BeaconMetrics
from edgeship.application.telemetry.record_beacon import RecordBeacon
from edgeship.application.telemetry.verify_beacon import VerifyBeacon
from tests.fakes.clock import FakeClock
from tests.fakes.edge import FakeSnapshots
from tests.fakes.telemetry import FakeErrorBooks, FakeTokenKeys, FakeViews, FakeWitnessBooks


@dataclass
class Recording:
    """What `record` needs, in memory."""

    clock: FakeClock
    snapshots: FakeSnapshots
    metrics: BeaconMetrics
    report: Report
    books: FakeErrorBooks = field(init=False)
    views: FakeViews = field(init=False)
    witnesses: FakeWitnessBooks = field(init=False)
    keys: FakeTokenKeys = field(default_factory=FakeTokenKeys)

    def __post_init__(self) -> None:
        self.books = FakeErrorBooks(self.clock)
        self.views = FakeViews(self.clock)
        self.witnesses = FakeWitnessBooks(self.clock)

    def process(self) -> RecordBeacon:
        """The use case, of a process of its own."""
        return RecordBeacon(
            KnownReleases(self.snapshots, self.clock, self.report),
            VerifyBeacon(self.views, self.keys, self.clock, self.report),
            self.metrics,
            KeepErrors(self.books, self.clock, self.report),
            KeepWitnesses(self.witnesses, self.keys, self.clock, self.report),
        )
