"""What the use cases about previews need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from edgeship.application.transaction import Commits

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.application.releases.ports import UnpackedFile
    from edgeship.domain.previews.preview import PreviewsRecord
    from edgeship.domain.releases.contents.surface_check import SurfaceCheck
    from edgeship.domain.releases.manifest import FileEntry, Manifest
    from edgeship.domain.releases.rejection import Rejection
    from edgeship.domain.releases.release import Release
    from edgeship.domain.version import Version


class PreviewState(Commits, Protocol):
    """The part of the table about previews."""

    def previews(self, widget: str) -> PreviewsRecord:
        """A widget's previews; a record at revision 0 before there was one."""

    def watched_previews(self) -> list[PreviewsRecord]:
        """The records with a preview that has not ended, by widget. Eventually consistent."""

    def release(self, widget: str, version: Version) -> Release | None: ...

    def rejections(self, limit: int, widget: str | None = None) -> list[Rejection]:
        """The most recent refused uploads, newest first."""


class PreviewFiles(Protocol):
    """The bucket that the previews' distribution serves, and no other."""

    def put(self, prefix: str, manifest: Manifest, files: Iterable[tuple[UnpackedFile, FileEntry]]) -> None:
        """Write a build's files under a prefix, in parallel, and its manifest; all are written when this returns.

        What is there is written again: its time in the bucket begins anew.
        """


class PreviewComparison(Protocol):
    def compare(self, files: Sequence[UnpackedFile], manifest: Manifest) -> SurfaceCheck | None:
        """Compare a build's surface with that of the stable release; None if nothing is stable."""
