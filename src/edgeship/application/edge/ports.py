"""What the relay needs from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from edgeship.application.channels.ports import ChannelState
from edgeship.application.flags.ports import FlagState
from edgeship.domain.events import Event


class EdgeState(ChannelState, FlagState, Protocol):
    """The part of the table that the edge serves: channels, releases, policies and flags."""


@dataclass(frozen=True)
class StoredSnapshot:
    """The edge's snapshot in the config bucket; `etag` is None when there is none.

    No content with an ETag: the stored object is not a snapshot, and must be replaced.
    """

    content: Mapping[str, Any] | None
    etag: str | None


class Snapshots(Protocol):
    """The config bucket's `edge/snapshot.json`."""

    def read(self) -> StoredSnapshot: ...

    def write(self, content: Mapping[str, Any], replaces: StoredSnapshot) -> None:
        """Write it if `replaces` is still the stored one.

        Raises:
            Conflict: another one is stored.
        """


@dataclass(frozen=True)
class StoreContent:
    """How a store is: `etag` changes with each update; `size` is in bytes of keys and values."""

    etag: str
    keys: int
    size: int


class StoreFull(Exception):
    """The store does not take an update: it, or a value, would pass a limit. The message says which."""


class RouteStore(Protocol):
    """The CloudFront KeyValueStore that the router reads. Reads are of what was written last, not of what has reached
    the edge."""

    def content(self) -> StoreContent: ...

    def get(self, key: str) -> str | None: ...

    def all(self) -> dict[str, str]:
        """Every key and value: a call for each 50 keys."""

    def update(self, puts: Mapping[str, str], deletes: Sequence[str], etag: str) -> str:
        """Write all of it or nothing, if the store still has this ETag; returns the new one.

        Raises:
            Conflict: it has another one. StoreFull: see there.
        """


class EdgeUnreachable(Exception):
    """The edge's store, or its snapshot, can't be read with these credentials or at this time; the message says why.
    `needs` is the action of IAM that the credentials lack, if that is why."""

    def __init__(self, reason: str, needs: str | None = None) -> None:
        super().__init__(reason)
        self.needs = needs


class StoreReader(Protocol):
    """The reading half of `RouteStore`, for people. Every method raises `EdgeUnreachable`."""

    def content(self) -> StoreContent: ...

    def get(self, key: str) -> str | None: ...


class SnapshotReader(Protocol):
    """The reading half of `Snapshots`, for people."""

    def read(self) -> StoredSnapshot:
        """
        Raises:
            EdgeUnreachable: see there.
        """


class PreviewStore(Protocol):
    """Brings the store of previews up to the table. Both raise Conflict, and StoreFull when it does not take them."""

    def __call__(self, events: Iterable[Event]) -> None:
        """After these events."""

    def repair(self) -> None:
        """All of it."""


class EdgeMetrics(Protocol):
    """What the alarms of the edge watch."""

    def record(self, content: StoreContent) -> None:
        """How full the store is."""

    def record_left_out(self, flags: int) -> None:
        """How many flags the snapshot leaves out."""

    def record_unmeasured(self, releases: int) -> None:
        """How many releases that channels lead to get no metrics, because others have them."""


@dataclass(frozen=True)
class StoredFlags:
    """The bytes of a stored flags' snapshot, whatever they hold; `etag` is None when there is none."""

    body: bytes
    etag: str | None


class FlagsUnreachable(Exception):
    """S3 in that Region refuses, or does not answer; the message says which."""


class FlagSnapshots(Protocol):
    """The object `edge/flags.json.gz` in one Region's bucket. The same bytes have the same ETag in every Region.

    Every method raises `FlagsUnreachable` when S3 gives no usable answer.
    """

    @property
    def region(self) -> str: ...

    def etag(self) -> str | None:
        """The stored object's ETag, without its bytes; None when there is none."""

    def read(self) -> StoredFlags: ...

    def write(self, body: bytes, replaces: str | None) -> None:
        """Write it if the stored one still has this ETag; None: if there still is none.

        Raises:
            Conflict: another one is stored.
        """


@dataclass(frozen=True)
class BusFailure:
    """An event that the bus did not take; `permanent` when it would always refuse it."""

    index: int
    code: str
    permanent: bool


class Bus(Protocol):
    """The EventBridge bus."""

    max_batch: int

    def publish(self, events: Sequence[Event]) -> list[BusFailure]:
        """Send up to `max_batch` events; return those that failed."""


class Poison(Protocol):
    """A queue for records that can never be delivered, for a person to check."""

    def set_aside(self, record: Mapping[str, Any], reason: str) -> None: ...
