"""Where the relay delivers to, in memory, with faults that can be planted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from edgeship.application.edge.ports import (
    BusFailure,
    FlagsUnreachable,
    StoreContent,
    StoredFlags,
    StoredSnapshot,
    StoreFull,
)
from edgeship.application.edge.refresh_flags import RefreshFlags
from edgeship.application.flags.ports import FlagState
from edgeship.application.ports import Report
from edgeship.domain.edge.route_values import MAX_STORE_BYTES, MAX_VALUE_BYTES
from edgeship.domain.edge.store_changes import MAX_KEYS
from edgeship.domain.errors import Conflict
from edgeship.domain.events import Event

_WRITING = Lock()
"""Of no fake its own, so that fakes can be copied."""


@dataclass
class FakeSnapshots:
    """`fault`, while it is set, is raised by every read; `corrupt`: what lies there is no snapshot."""

    content: Mapping[str, Any] | None = None
    fault: Exception | None = None
    corrupt: bool = False
    reads: int = 0
    writes: int = 0

    def lose(self, *, corrupt: bool) -> None:
        """Delete what lies there, or write something that is no snapshot."""
        self.content, self.corrupt = None, corrupt

    def read(self) -> StoredSnapshot:
        self.reads += 1
        if self.fault is not None:
            raise self.fault
        return self._stored()

    def write(self, content: Mapping[str, Any], replaces: StoredSnapshot) -> None:
        with _WRITING:
            if replaces.etag != self._stored().etag:
                raise Conflict("the snapshot was written by another relay")
            self.content, self.corrupt = content, False
            self.writes += 1

    def _stored(self) -> StoredSnapshot:
        if self.corrupt:
            return StoredSnapshot(None, '"corrupt"')
        if self.content is None:
            return StoredSnapshot(None, None)
        return StoredSnapshot(self.content, f'"{self.content.get("revision")}.{self.writes}"')


MAX_KEY_BYTES = 512


@dataclass
class FakeRouteStore:
    """A KeyValueStore with its limits; `written` are the keys of each update. Safe among threads."""

    values: dict[str, str] = field(default_factory=dict)
    quota: int = MAX_STORE_BYTES
    written: list[list[str]] = field(default_factory=list)

    def content(self) -> StoreContent:
        with _WRITING:
            return StoreContent(f"E{len(self.written)}", len(self.values), _bytes(self.values))

    def get(self, key: str) -> str | None:
        return self.values.get(key)

    def all(self) -> dict[str, str]:
        with _WRITING:
            return dict(self.values)

    def update(self, puts: Mapping[str, str], deletes: Sequence[str], etag: str) -> str:
        keys = [*puts, *deletes]
        assert 0 < len(keys) <= MAX_KEYS, f"an update has {len(keys)} keys"
        assert len(set(keys)) == len(keys), "an update names a key twice"
        with _WRITING:
            if etag != f"E{len(self.written)}":
                raise Conflict("the edge's store was written by another")
            after = {key: value for key, value in (self.values | puts).items() if key not in deletes}
            for key, value in puts.items():
                if len(key.encode()) > MAX_KEY_BYTES or len(value.encode()) > MAX_VALUE_BYTES:
                    raise StoreFull(f"{key:.40} is too long")
            if _bytes(after) > self.quota:
                raise StoreFull("the store would be too large")
            self.values = after
            self.written.append(keys)
            return f"E{len(self.written)}"

    def by_hand(self, puts: Mapping[str, str] | None = None, deletes: Sequence[str] = ()) -> None:
        """Somebody else writes, in one update however large."""
        with _WRITING:
            self.values = {key: value for key, value in (self.values | (puts or {})).items() if key not in deletes}
            self.written.append([*(puts or {}), *deletes])


def _bytes(values: Mapping[str, str]) -> int:
    return sum(len(key.encode()) + len(value.encode()) for key, value in values.items())


@dataclass
class FakeEdgeMetrics:
    recorded: list[StoreContent] = field(default_factory=list)

    left_out: list[int] = field(default_factory=list)
    unmeasured: list[int] = field(default_factory=list)

    def record(self, content: StoreContent) -> None:
        self.recorded.append(content)

    def record_left_out(self, flags: int) -> None:
        self.left_out.append(flags)

    def record_unmeasured(self, releases: int) -> None:
        self.unmeasured.append(releases)


@dataclass
class FakeFlagSnapshots:
    """`down`: S3 of this Region doesn't answer. `before_write` runs once, between the read and the next write."""

    region: str = "us-east-1"
    body: bytes | None = None
    down: bool = False
    before_write: Callable[[], None] | None = None
    writes: list[bytes] = field(default_factory=list)

    def etag(self) -> str | None:
        if self.down:
            raise FlagsUnreachable("timed out")
        return None if self.body is None else f'"{hashlib.md5(self.body).hexdigest()}"'

    def read(self) -> StoredFlags:
        return StoredFlags(self.body or b"", self.etag())

    def write(self, body: bytes, replaces: str | None) -> None:
        act, self.before_write = self.before_write, None
        if act is not None:
            act()
        if self.etag() != replaces:
            raise Conflict("the flags' snapshot was written by another relay")
        self.body = body
        self.writes.append(body)


def refresh_flags(
    state: FlagState,
    home: FakeFlagSnapshots,
    *copies: FakeFlagSnapshots,
    now: Callable[[], datetime],
    report: Report | None = None,
) -> RefreshFlags:
    """The use case on fakes; without `report`, a copy that can't be written is an error."""

    def fail(what: str, fault: Exception) -> None:
        raise AssertionError(what) from fault

    return RefreshFlags(state, home, copies, now, lambda _: None, report or fail)


class FakeBus:
    """`failing` maps an event id to the number of times it fails, and whether for good."""

    max_batch = 10

    def __init__(self) -> None:
        self.delivered: list[Event] = []
        self.batches: list[int] = []
        self.failing: dict[str, tuple[int, bool]] = {}

    def publish(self, events: Sequence[Event]) -> list[BusFailure]:
        assert 0 < len(events) <= self.max_batch
        self.batches.append(len(events))
        failures = []
        for index, event in enumerate(events):
            left, permanent = self.failing.get(event.event_id, (0, False))
            if left:
                self.failing[event.event_id] = (left - 1, permanent)
                failures.append(BusFailure(index, "Denied" if permanent else "ThrottlingException", permanent))
            else:
                self.delivered.append(event)
        return failures


class FakePoison:
    def __init__(self) -> None:
        self.kept: list[tuple[Mapping[str, Any], str]] = []

    def set_aside(self, record: Mapping[str, Any], reason: str) -> None:
        self.kept.append((record, reason))
