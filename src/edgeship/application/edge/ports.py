"""What the relay needs from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from edgeship.application.channels.ports import ChannelState
from edgeship.application.flags.ports import FlagState
from edgeship.domain.events import Event


class EdgeState(ChannelState, FlagState, Protocol):
    """What the table holds of what the edge serves: channels, releases and flags."""


@dataclass(frozen=True)
class StoredSnapshot:
    """The edge's snapshot as it lies in the config bucket; `etag` is None when nothing does.

    No content under an ETag: what lies there is no snapshot, and is to be replaced.
    """

    content: Mapping[str, Any] | None
    etag: str | None


class Snapshots(Protocol):
    """The config bucket's `edge/snapshot.json`."""

    def read(self) -> StoredSnapshot: ...

    def write(self, content: Mapping[str, Any], replaces: StoredSnapshot) -> None:
        """Write it if `replaces` is still what is there.

        Raises:
            Conflict: it is not.
        """


@dataclass(frozen=True)
class BusFailure:
    """An event that the bus did not take; `permanent` when it would refuse it every time."""

    index: int
    code: str
    permanent: bool


class Bus(Protocol):
    """The EventBridge bus."""

    max_batch: int

    def publish(self, events: Sequence[Event]) -> list[BusFailure]:
        """Send up to `max_batch` events; return those that failed."""


class Poison(Protocol):
    """Where records that can never be delivered are set aside, for a person to look at."""

    def set_aside(self, record: Mapping[str, Any], reason: str) -> None: ...
