"""What the use cases about beacons need, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from edgeship.application.ports import Clock
from edgeship.application.telemetry.ports import Reception
from edgeship.domain.errors import Conflict
from edgeship.domain.telemetry.beacon import Refusal
from edgeship.domain.telemetry.error_book import ErrorBook
from edgeship.domain.telemetry.metrics import Metric, Source
from edgeship.domain.telemetry.views import COUNT_KEPT_FOR, VIEW_KEPT_FOR, VIEWS_A_MINUTE, View
from edgeship.domain.telemetry.witnesses import WitnessBook
from edgeship.domain.version import Version
from tests.fakes.state import FakeState


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
    by_channel: list[tuple[str, dict[str, float]]] = field(default_factory=list)
    """What was added to the metrics of a channel, with its name."""
    refusals: list[Refusal] = field(default_factory=list)
    not_kept: int = 0
    custom_metrics: list[tuple[str, str, str, float]] = field(default_factory=list)
    earlier: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    """What was added to metrics of so many seconds ago."""

    def add(self, source: Source, values: Mapping[Metric, float], seconds_ago: int = 0) -> None:
        named = {metric.value: value for metric, value in values.items()}
        if named and seconds_ago:
            self.earlier.append((seconds_ago, named))
        elif named and source[2:]:
            self.by_channel.append((source[-1], named))
        elif named:
            self.added.append((source[0], str(source[1]), named))

    def add_custom(self, source: Source, name: str, values: Sequence[float]) -> None:
        self.custom_metrics += [(source[0], str(source[1]), name, value) for value in values]

    def refused(self, reason: Refusal) -> None:
        self.refusals.append(reason)

    def errors_not_kept(self, count: int) -> None:
        self.not_kept += count


@dataclass(frozen=True)
class StoredSnapshot:
    content: Mapping[str, Any] | None
    etag: str | None = "1"


@dataclass
class RegistryOf:
    """What the relay makes of a state, at once."""

    state: FakeState
    fault: Exception | None = None

    def read(self) -> StoredSnapshot:
        if self.fault is not None:
            raise self.fault
        widgets: dict[str, Any] = {}
        for channel in (each for widget in self.state.widgets() for each in self.state.channels(widget.name)):
            entry = {"stable": str(channel.version)}
            if channel.candidate is not None:
                entry["candidate"] = str(channel.candidate)
            if channel.version is not None:
                widgets.setdefault(channel.widget, {"channels": {}})["channels"][channel.name] = entry
        return StoredSnapshot({"widgets": widgets})


@dataclass
class FakeTokenKeys:
    keys: tuple[str, ...] = ("the master key of tokens in tests",)
    fault: Exception | None = None

    def read(self) -> tuple[str, ...]:
        if self.fault is not None:
            raise self.fault
        return self.keys


@dataclass
class FakeViews:
    """`fault`, while it is set, is raised by every call."""

    clock: Clock
    views: dict[View, tuple[frozenset[str], datetime]] = field(default_factory=dict)
    counts: dict[tuple[str, int], tuple[int, datetime]] = field(default_factory=dict)
    fault: Exception | None = None

    def count(self, network: str, minute: int) -> bool:
        self._fail()
        before, _ = self.counts.get((network, minute), (0, None))
        if before >= VIEWS_A_MINUTE:
            return False
        self.counts[network, minute] = (before + 1, self.clock() + COUNT_KEPT_FOR)
        return True

    def begin(self, view: View, parts: frozenset[str]) -> Reception:
        self._fail()
        if view in self.views:
            return Reception.REPEATED if self.views[view][1] > self.clock() else Reception.NO_VIEW
        self.views[view] = (parts, self.clock() + VIEW_KEPT_FOR)
        return Reception.NEW

    def add(self, view: View, parts: frozenset[str]) -> Reception:
        self._fail()
        said, until = self.views.get(view, (frozenset(), self.clock()))
        if until <= self.clock():
            return Reception.NO_VIEW
        if said & parts:
            return Reception.REPEATED
        self.views[view] = (said | parts, until)
        return Reception.NEW

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault


@dataclass
class FakeWitnessBooks:
    """`rivals` writes are lost to somebody else first."""

    clock: Clock
    stored: dict[tuple[str, Version], WitnessBook] = field(default_factory=dict)
    fault: Exception | None = None
    rivals: int = 0
    reads: int = 0
    writes: int = 0

    def read(self, widget: str, version: Version) -> WitnessBook:
        self.reads += 1
        if self.fault is not None:
            raise self.fault
        book = self.stored.get((widget, version), WitnessBook(widget, version))
        expired = book.expires_at <= self.clock().timestamp()
        return WitnessBook(widget, version, revision=book.revision) if expired else book

    def write(self, book: WitnessBook) -> None:
        self.writes += 1
        key = (book.widget, book.version)
        held = self.stored.get(key)
        if self.rivals:
            self.rivals -= 1
            held = self.stored[key] = replace(held or WitnessBook(*key), revision=(held.revision if held else 0) + 1)
        if (held.revision if held else 0) != book.revision:
            raise Conflict(f"the witnesses of {book.widget} {book.version} have changed")
        self.stored[key] = replace(book, revision=book.revision + 1)


@dataclass
class WitnessesOf:
    """Books in which every release has had reports of any value from so many networks and user agents, just now.
    `fault`, while it is set, is raised by every read."""

    clock: Clock
    networks: int = 9
    agents: int = 9
    fault: Exception | None = None
    reads: int = 0

    def read(self, widget: str, version: Version) -> WitnessBook:
        self.reads += 1
        if self.fault is not None:
            raise self.fault
        book = WitnessBook(widget, version)
        metrics = (Metric.FAILED_SESSIONS, Metric.LOAD_LATENCY, Metric.MEMORY, Metric.CUSTOM)
        values = dict.fromkeys(metrics, 1e9)
        for number in range(max(self.networks, self.agents) if self.networks else 0):
            network, agent = f"n{number % self.networks}", f"a{number % self.agents}"
            book = book.with_view(values, network, agent, self.clock())
        return book

    def write(self, book: WitnessBook) -> None:
        raise NotImplementedError
