"""Where the relay delivers to, in memory, with faults that can be planted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edgeship.application.edge.ports import BusFailure, FlagsUnreachable, StoredFlags, StoredSnapshot
from edgeship.application.edge.refresh_flags import RefreshFlags
from edgeship.application.flags.ports import FlagState
from edgeship.application.ports import Report
from edgeship.domain.errors import Conflict
from edgeship.domain.events import Event


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
