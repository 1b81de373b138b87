"""What the use cases of telemetry need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from edgeship.domain.telemetry.beacon import Refusal
from edgeship.domain.telemetry.error_book import ErrorBook
from edgeship.domain.telemetry.metrics import Metric, Source
from edgeship.domain.telemetry.source_place import SourcePlace
from edgeship.domain.telemetry.views import View
from edgeship.domain.telemetry.witnesses import WitnessBook
from edgeship.domain.version import Version


class StoredRegistry(Protocol):
    """The edge's snapshot, as it is stored in the config bucket."""

    @property
    def content(self) -> Mapping[str, Any] | None:
        """None: there is no snapshot, or, with an ETag, the stored object is not a snapshot."""

    @property
    def etag(self) -> str | None: ...


class Registry(Protocol):
    """The list of the releases that browsers may report of."""

    def read(self) -> StoredRegistry: ...


class BeaconMetrics(Protocol):
    """The metrics of the environment that beacons add to."""

    def add(self, source: Source, values: Mapping[Metric, float], seconds_ago: int = 0) -> None:
        """Add to a release's metrics of so many seconds ago, each value in its metric's unit; nothing for no values.
        The caller has checked the source: every new one is a new set of metrics to pay for."""

    def add_custom(self, source: Source, name: str, values: Sequence[float]) -> None:
        """Add values of a release's custom metric, which the caller has found in the widget's policy."""

    def refused(self, reason: Refusal) -> None:
        """Count a beacon that was refused."""

    def errors_not_kept(self, count: int) -> None:
        """Count errors that are not in the books."""


class SourceDecoder(Protocol):
    """Decodes source maps, and trusts nothing in them."""

    def locate(
        self, script: bytes, content: bytes, positions: Sequence[tuple[int, int]]
    ) -> list[SourcePlace | None] | str:
        """The places in the sources of lines and columns (from 1) of a script, by its map: None where the map has none.
        Text says why the map can't be read."""


class TokenKeys(Protocol):
    """The master keys that the edge's keys of a day are derived from."""

    def read(self) -> tuple[str, ...]:
        """The current one, and after it the one before, if there is one.

        Raises:
            Exception: none has ever been read.
        """


class Reception(StrEnum):
    """What became of the parts of a beacon at its view."""

    NEW = "new"
    REPEATED = "repeated"
    """The view has at least one of them already; nothing was written."""
    NO_VIEW = "no_view"
    """There is no such view, or its day is over."""


class Views(Protocol):
    """The page views in the table of views. A call that the SDK sends twice counts once."""

    def count(self, network: str, minute: int) -> bool:
        """Count one more view of a network (its hash) in a minute; whether it is within `VIEWS_A_MINUTE`."""

    def begin(self, view: View, parts: frozenset[str]) -> Reception:
        """Keep a view, with the parts of its first beacon; REPEATED when it has begun before."""

    def add(self, view: View, parts: frozenset[str]) -> Reception:
        """Add the parts of a later beacon, if the view has none of them."""


class WitnessBooks(Protocol):
    """The witnesses in the table of views."""

    def read(self, widget: str, version: Version) -> WitnessBook:
        """The release's book, read strongly consistently; an empty one when there is none or it has expired."""

    def write(self, book: WitnessBook) -> None:
        """Write it, at its revision plus one, if the table still has the revision that it was made from.

        Raises:
            Conflict: it has another; nothing was written.
        """


class ErrorBooks(Protocol):
    """The error books in the table."""

    def read(self, widget: str, version: Version) -> ErrorBook:
        """The release's book, read strongly consistently; an empty one when there is none or it has expired."""

    def write(self, book: ErrorBook) -> None:
        """Write it, at its revision plus one, if the table still has the revision that it was made from.

        Raises:
            Conflict: it has another; nothing was written.
        """
