"""What the use cases about beacons need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from edgeship.domain.beacon import Refusal
from edgeship.domain.error_book import ErrorBook
from edgeship.domain.measures import Measure
from edgeship.domain.version import Version

Report = Callable[[str, Exception], None]
"""Tell the operators of a fault that the answer does not depend on: what could not be done, and why."""


class BeaconMetrics(Protocol):
    """The metrics of the environment that beacons add to."""

    def add(self, widget: str, version: Version, measurements: Mapping[Measure, float]) -> None:
        """Add to a release's metrics, each in its measure's unit. The caller vouches for widget and version: every
        new pair is a new set of metrics to pay for."""

    def refused(self, reason: Refusal) -> None:
        """Count a beacon that was refused."""

    def errors_not_kept(self, count: int) -> None:
        """Count errors that are missing in the books."""


class ErrorBooks(Protocol):
    """The error books in the table."""

    def read(self, widget: str, version: Version) -> ErrorBook:
        """The release's book, read strongly consistently; an empty one when there is none or it has expired."""

    def write(self, book: ErrorBook) -> None:
        """Write it, at its revision plus one, if the table still has the revision that it was made from.

        Raises:
            Conflict: it has another; nothing was written.
        """
