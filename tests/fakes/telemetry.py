"""What the use cases about beacons need, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from edgeship.application.ports import Clock
from edgeship.domain.errors import Conflict
from edgeship.domain.telemetry.beacon import Refusal
from edgeship.domain.telemetry.error_book import ErrorBook
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.version import Version


@dataclass
class FakeErrorBooks:
    """`fault`, while it is set, is raised by every write; `rivals` writes are lost to somebody else first."""

    clock: Clock
    stored: dict[tuple[str, Version], ErrorBook] = field(default_factory=dict)
    fault: Exception | None = None
    rivals: int = 0
    writes: int = 0

    def read(self, widget: str, version: Version) -> ErrorBook:
        book = self.stored.get((widget, version), ErrorBook(widget, version))
        return ErrorBook(widget, version, revision=book.revision) if book.has_expired(self.clock()) else book

    def write(self, book: ErrorBook) -> None:
        self.writes += 1
        if self.fault is not None:
            raise self.fault
        key = (book.widget, book.version)
        held = self.stored.get(key)
        if self.rivals:
            self.rivals -= 1
            held = self.stored[key] = replace(held or ErrorBook(*key), revision=(held.revision if held else 0) + 1)
        if (held.revision if held else 0) != book.revision:
            raise Conflict(f"the error book of {book.widget} {book.version} has changed")
        self.stored[key] = replace(book, revision=book.revision + 1)


@dataclass
class FakeBeaconMetrics:
    added: list[tuple[str, str, dict[str, float]]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    not_kept: int = 0
    custom_metrics: list[tuple[str, str, str, float]] = field(default_factory=list)
    earlier: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    """What was added to metrics of so many seconds ago."""

    def add(self, widget: str, version: Version, values: Mapping[Metric, float], seconds_ago: int = 0) -> None:
        named = {metric.value: value for metric, value in values.items()}
        if named and seconds_ago:
            self.earlier.append((seconds_ago, named))
        elif named:
            self.added.append((widget, str(version), named))

    def add_custom(self, widget: str, version: Version, name: str, values: Sequence[float]) -> None:
        self.custom_metrics += [(widget, str(version), name, value) for value in values]

    def refused(self, reason: Refusal) -> None:
        self.refusals.append(reason)

    def errors_not_kept(self, count: int) -> None:
        self.not_kept += count
