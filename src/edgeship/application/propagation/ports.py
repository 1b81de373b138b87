"""What the use cases that bring a move to the CDNs need from outside, as Protocols."""

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
    """What the table holds of how moves are brought to the CDNs, beside the channels that moved."""

    def deployment(self, widget: str, channel: str) -> Deployment:
        """The channel's newest; at revision 0 when there was none."""

    def deployments(self, widget: str) -> list[Deployment]:
        """The newest of each of a widget's channels that has one."""

    def invalidation_paths(self, month: str) -> int:
        """The count of a month (`2026-11`)."""


class CdnBusy(Exception):
    """A CDN takes no more requests for now: try again after so many seconds, if it says."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class CdnRefused(Exception):
    """A CDN will not do it however often it is asked: its configuration or our credentials are at fault."""


class Cdn(Protocol):
    """A CDN that keeps copies of what lies under a path."""

    name: str

    def refresh(self, folders: Sequence[str], reference: str) -> int:
        """Ask it to forget what lies under the folders (`/checkout/latest/`); how many paths that is on its bill. Twice
        with one reference and the same folders is once.

        Raises:
            CdnBusy, CdnRefused: as they say. OSError: there was no answer.
        """

    def is_refreshed(self) -> bool:
        """Whether what was asked last is done everywhere.

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
    """The copies under `/<widget>/latest/`, which are served when the edge knows nothing better."""

    def files(self, widget: str) -> Mapping[str, StoredFile]:
        """Every file there, by its path in the folder."""

    def release_files(self, widget: str, version: Version) -> Mapping[str, StoredFile]:
        """Every file of a release, its manifest included, by its path in the folder."""

    def copy(self, widget: str, version: Version, types: Mapping[str, str]) -> None:
        """Copy files of a release there, in any order, each whole or not at all; `types` has their Content-Types."""

    def sha256(self, widget: str, path: str) -> str | None:
        """Of a file there, in hex; None when it is not there."""

    def retire(self, widget: str, paths: Iterable[str], at: datetime) -> None:
        """Let files that the release has no more go when their grace period, which begins now, is over. For one that
        is retired already it began when it was."""


class PathCounts(Protocol):
    """The metrics of what invalidations cost."""

    def counted(self, paths: int, month: str, total: int) -> None:
        """`paths` were added to the count of a month (`2026-11`), which is `total` now."""
