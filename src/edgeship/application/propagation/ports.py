"""What the use cases of propagation need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from edgeship.application.channels.ports import ChannelState
from edgeship.application.transaction import History
from edgeship.domain.propagation.deployment import Deployment
from edgeship.domain.version import Version


class DeploymentState(ChannelState, History, Protocol):
    """The part of the table about deployments, and the channels that moved."""

    def deployment(self, widget: str, channel: str) -> Deployment:
        """The channel's newest; at revision 0 when there was none."""

    def deployments(self, widget: str) -> list[Deployment]:
        """The newest of each of a widget's channels that has one."""

    def failed_deployments(self) -> list[Deployment]:
        """Those of every widget whose verification found a mismatch; it may lag by a moment."""

    def invalidation_paths(self, month: str) -> int:
        """The count of a month (`2026-11`)."""


class CdnBusy(Exception):
    """A CDN takes no more requests for now. `retry_after` is in seconds, None when the CDN gives no time."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class CdnRefused(Exception):
    """A CDN refuses the request permanently: its configuration or our credentials are at fault."""


class Cdn(Protocol):
    """A CDN that caches what is under a path."""

    name: str

    def refresh(self, folders: Sequence[str], reference: str) -> int:
        """Ask it to drop its copies under the folders (`/checkout/latest/`); returns the number of billed paths. A
        second call with the same reference and folders has no effect.

        Raises:
            CdnBusy, CdnRefused: see there. OSError: there was no answer.
        """

    def is_refreshed(self) -> bool:
        """Whether the last refresh has completed everywhere.

        Raises:
            CdnBusy, CdnRefused, OSError: as `refresh`.
        """


@dataclass(frozen=True)
class StoredFile:
    """A file in the site bucket. Equal ETags mean equal bytes as long as the bucket is encrypted as the stack makes it.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """

    etag: str
    size: int


class LatestCopies(Protocol):
    """The copies under `/<widget>/latest/`, which are served when the edge has no snapshot."""

    def files(self, widget: str) -> Mapping[str, StoredFile]:
        """Every file there, by its path in the folder."""

    def release_files(self, widget: str, version: Version) -> Mapping[str, StoredFile]:
        """Every file of a release, its manifest included, by its path in the folder."""

    def copy(self, widget: str, version: Version, types: Mapping[str, str]) -> None:
        """Copy files of a release there, in any order, each whole or not at all. `types`: Content-Type by path."""

    def sha256(self, widget: str, path: str) -> str | None:
        """The SHA-256 of a copy, in hex; None when there is no such copy."""

    def retire(self, widget: str, paths: Iterable[str], at: datetime) -> None:
        """Start the grace period of files that the release no longer has; they are deleted when it ends. The period of
        a file that is retired already does not start again."""


class MovingManifests(Protocol):
    """The documents under `/<widget>/manifests/`, which say what is true of a release now."""

    def etags(self, widget: str) -> Mapping[Version, str]:
        """The ETag of each that is there."""

    def put(self, widget: str, version: Version, document: bytes, replaces: str | None) -> None:
        """Write one in the place of the document with that ETag; None: if there is none.

        Raises:
            Conflict: it is another.
        """


class PathCounts(Protocol):
    """The metrics of what invalidations cost."""

    def counted(self, paths: int, month: str, total: int) -> None:
        """Record that `paths` were added to the count of a month (`2026-11`), which is now `total`."""
