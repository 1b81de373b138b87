"""What the use cases need from outside, as Protocols; adapters and the tests' fakes implement them.

Every method that reads the table reads it strongly consistently, but for `watched`. Every method that writes may be
called twice with the same arguments and leaves the same state as once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from edgeship.domain.bundle import EntryCheck
from edgeship.domain.channel import Channel
from edgeship.domain.deployment import Deployment
from edgeship.domain.events import Event
from edgeship.domain.flag_record import FlagRecord
from edgeship.domain.health import HealthAlarm, StandingAlarm, Window
from edgeship.domain.manifest import Declaration, FileEntry, Manifest
from edgeship.domain.notifications import NotificationsRecord
from edgeship.domain.policy import PolicyRecord, Widget
from edgeship.domain.rejection import Rejection, Upload
from edgeship.domain.release import Release
from edgeship.domain.version import Version

Clock = Callable[[], datetime]
"""The time, aware, in UTC."""

Pause = Callable[[int], None]
"""Wait before attempt n (1, 2, …) of something that lost a race."""


@dataclass(frozen=True)
class Transaction:
    """Writes that happen together or not at all, with the events that tell of them.

    Each record of `puts` is written only if the table still holds the revision it was made from (0: none), and
    gets the next; each record of `checks` must still be at its revision. `registers` adds the release's widget; `paths`
    adds a number of invalidation paths to the count of a month (`2026-11`).
    """

    puts: tuple[Channel | Deployment | FlagRecord | NotificationsRecord | PolicyRecord | Release | Rejection, ...]
    events: tuple[Event, ...]
    checks: tuple[Release, ...] = ()
    registers: Release | None = None
    paths: tuple[str, int] | None = None


class State(Protocol):
    """The table: the truth."""

    def commit(self, transaction: Transaction) -> None:
        """Write it whole.

        Raises:
            Conflict: a revision was not what the transaction relies on; nothing was written.
        """

    def claim(self, widget: str, version: Version, digest: str) -> str:
        """Bind a version to the digest of its bytes, for good, and return the digest it is bound to.

        The first claim wins. It is made before the first file is written, so that two archives of one version
        can never mix their files under one immutable path.
        """

    def widget(self, name: str) -> Widget | None: ...

    def widgets(self) -> list[Widget]:
        """Every widget, by name."""

    def channel(self, widget: str, name: str) -> Channel:
        """The channel; at revision 0 and pointing nowhere when it was never written."""

    def channels(self, widget: str) -> list[Channel]: ...

    def deployment(self, widget: str, channel: str) -> Deployment:
        """The channel's newest; at revision 0 when there was none."""

    def deployments(self, widget: str) -> list[Deployment]:
        """The newest of each of a widget's channels that has one."""

    def invalidation_paths(self, month: str) -> int:
        """The count of a month (`2026-11`)."""

    def release(self, widget: str, version: Version) -> Release | None: ...

    def releases(self, widget: str) -> list[Release]:
        """A widget's releases, newest version first."""

    def rejection(self, upload_id: str) -> Rejection | None: ...

    def rejections(self, limit: int, widget: str | None = None) -> list[Rejection]:
        """The most recent refused uploads, newest first."""

    def events(self, widget: str | None, limit: int) -> list[Event]:
        """The most recent events of a widget, newest first; those of the flags when it is None."""

    def policy(self, widget: str) -> PolicyRecord:
        """The widget's policy; the default at revision 0 when none was ever set."""

    def policies(self, widgets: Iterable[str]) -> dict[str, PolicyRecord]:
        """The policy of each, in one call a hundred."""

    def watched(self) -> list[Channel]:
        """The channels with a rollout or a watch, of every widget; the one read that may lag behind by a moment.

        The calls grow with what is watched, never with the widgets that there are.
        """

    def flags(self) -> list[FlagRecord]:
        """Every flag's record, by key, deleted ones too."""

    def notifications(self) -> NotificationsRecord:
        """Whom events are told to; the default at revision 0 when that was never set."""


@dataclass(frozen=True)
class UnpackedFile:
    """A file of an archive, unpacked to `location`: its size in bytes, SHA-256 in hex and SRI value."""

    path: str
    location: Path
    size: int
    sha256: str
    sri: str


class Archives(Protocol):
    """Reads archives; never trusts them."""

    def unpack(self, archive: Path, suffix: str, into: Path, check: EntryCheck) -> list[UnpackedFile]:
        """Unpack every regular file, in chunks, under names of our own making.

        Raises:
            Refused: `archive_invalid`, or what `check` refuses.
        """

    def declaration(self, files: Sequence[UnpackedFile]) -> Declaration:
        """What the archive's `edgeship.json` declares; an empty declaration when it has none.

        Raises:
            Refused: `declaration_invalid`.
        """


class Inbox(Protocol):
    """The bucket that uploads arrive in."""

    def fetch(self, upload: Upload, into: Path) -> None:
        """Stream exactly this upload (its version, not its key's newest) into a file."""

    def keep_accepted(self, upload: Upload) -> None:
        """Copy the archive to `accepted/`."""

    def keep_rejected(self, upload: Upload, document: Mapping[str, Any]) -> None:
        """Copy the archive to `rejected/`, with the document beside it as `.reason.json`."""


class Site(Protocol):
    """The bucket that the CDN serves."""

    def put_files(self, widget: str, version: Version, files: Iterable[tuple[UnpackedFile, FileEntry]]) -> None:
        """Write a release's files, in parallel; all of them are there when this returns."""

    def put_manifest(self, manifest: Manifest) -> Manifest:
        """Write the manifest unless there is one, and return the one that is there."""

    def manifest(self, widget: str, version: Version) -> Manifest | None: ...


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


class Alarms(Protocol):
    """The CloudWatch alarms of live releases; the alarms of the machinery are none of them."""

    def ensure(self, alarms: Sequence[HealthAlarm]) -> None:
        """Make each, or bring it to what it should be; its state stays."""

    def standing(self) -> list[StandingAlarm]:
        """Every one there is."""

    def remove(self, names: Sequence[str]) -> None:
        """Delete them; one that is gone already is well."""


Subject = tuple[str, Version]
"""A widget and a version of it: whose measurements."""


@dataclass(frozen=True)
class Span:
    """A time of which a subject's measurements are wanted as one window; both ends aware."""

    subject: Subject
    start: datetime
    end: datetime


class Measurements(Protocol):
    """What CloudWatch has of what browsers reported."""

    period_seconds: int

    def periods(self, subjects: Sequence[Subject], count: int, now: datetime) -> dict[Subject, list[Window]]:
        """Each subject's last `count` periods that are over at `now`, oldest first; a period of which nothing was
        reported is left out. The calls do not grow with the number of subjects but by the hundred."""

    def totals(self, spans: Sequence[Span]) -> dict[Span, Window]:
        """Each span as one window; its percentiles are the means of its periods', weighed by sessions. Ends are widened
        to whole periods."""


class Web(Protocol):
    """The CDN as a browser sees it."""

    def get(self, path: str, query: str = "") -> WebAnswer:
        """GET a path, with a query that is encoded already; any status is an answer.

        Raises:
            OSError: there was no answer.
        """


@dataclass(frozen=True)
class WebAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes
