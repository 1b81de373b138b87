"""What the use cases about releases need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from edgeship.application.transaction import Commits

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.domain.channels.policy import Widget
    from edgeship.domain.errors import Refused
    from edgeship.domain.releases.bundle import EntryCheck
    from edgeship.domain.releases.claim import Claim
    from edgeship.domain.releases.contents.npm_files import Rule
    from edgeship.domain.releases.contents.surface_check import SurfaceCheck
    from edgeship.domain.releases.entry import Syntax
    from edgeship.domain.releases.limits import Limits
    from edgeship.domain.releases.manifest import Declaration, FileEntry, Manifest
    from edgeship.domain.releases.rejection import Rejection, Upload
    from edgeship.domain.releases.release import Release
    from edgeship.domain.version import Version


class ReleaseState(Commits, Protocol):
    """The part of the table about widgets, their releases and refused uploads."""

    def claim(self, widget: str, version: Version, claim: Claim, instead_of: Claim | None = None) -> Claim:
        """Bind a version to the digest of its bytes; returns the claim that it is bound by.

        It is made before the first file is written, so that two archives of one version can never mix their files
        under one immutable path. The first digest wins; a claim for the same digest renews it. One for another takes
        the place of `instead_of`, if that is exactly what is held.
        """

    def widget(self, name: str) -> Widget | None: ...

    def widgets(self) -> list[Widget]:
        """Every widget, by name."""

    def release(self, widget: str, version: Version) -> Release | None: ...

    def releases(self, widget: str) -> list[Release]:
        """A widget's releases, newest version first."""

    def releases_among(self, widget: str, versions: Iterable[Version]) -> list[Release]:
        """Those that are registered, newest version first, in one call a hundred; none for no version."""

    def rejection(self, upload_id: str) -> Rejection | None: ...

    def rejections(self, limit: int, widget: str | None = None) -> list[Rejection]:
        """The most recent refused uploads, newest first."""


@dataclass(frozen=True)
class UnpackedFile:
    """A file of an archive, unpacked to `location`: its size in bytes, SHA-256 in hex and SRI value."""

    path: str
    location: Path
    size: int
    sha256: str
    sri: str


class Archives(Protocol):
    """Reads archives, and trusts nothing in them."""

    def unpack(self, archive: Path, suffix: str, into: Path, check: EntryCheck) -> list[UnpackedFile]:
        """Unpack every regular file, in chunks, under names that the reader chooses.

        Raises:
            Refused: `archive_invalid`, or what `check` refuses.
        """

    def declaration(self, files: Sequence[UnpackedFile], most: int) -> Declaration:
        """What the archive's `edgeship.json`, of at most `most` bytes, declares; an empty declaration when it has none.

        Raises:
            Refused: `declaration_invalid`.
        """

    def decoded_sha256(self, file: UnpackedFile, encoding: str, size: int) -> str | None:
        """The SHA-256 in hex of what a file of a content coding (`br` or `gzip`) decodes to; None if that has not
        `size` bytes, or the file is damaged."""


@dataclass(frozen=True)
class EncodedFile:
    """`file` is what the release's `path` is under a content coding (`br` or `gzip`), for viewers that take the codings
    `taken`."""

    taken: str
    path: str
    content_type: str
    encoding: str
    file: UnpackedFile


class Scripts(Protocol):
    """Parses scripts."""

    def syntax(self, location: Path) -> Syntax:
        """What a script's syntax says about it. A file that is no JavaScript, or too large to parse, says little."""


class Inbox(Protocol):
    """The bucket that uploads arrive in."""

    def fetch(self, upload: Upload, into: Path) -> str | None:
        """Stream exactly this upload (its version, not its key's newest) into a file; returns the signature that it
        carries, if there is one."""

    def keep_accepted(self, upload: Upload) -> None:
        """Copy the archive to `accepted/`."""

    def keep_rejected(self, upload: Upload, document: Mapping[str, Any]) -> None:
        """Copy the archive to `rejected/`, with the document beside it as `.reason.json`."""


class Site(Protocol):
    """The bucket that the CDN serves."""

    def put_files(self, widget: str, version: Version, files: Iterable[tuple[UnpackedFile, FileEntry]]) -> None:
        """Write a release's files, in parallel; all of them are written when this returns."""

    def put_encoded(self, widget: str, version: Version, files: Iterable[EncodedFile]) -> None:
        """Write what is served instead of a release's files to who takes their content codings, as `put_files` does."""

    def has_files(self, widget: str, version: Version) -> bool:
        """Whether any file of a release is public."""

    def put_manifest(self, manifest: Manifest) -> Manifest:
        """Write the manifest unless one exists; returns the stored one."""

    def manifest(self, widget: str, version: Version) -> Manifest | None: ...


@dataclass(frozen=True)
class CheckedUpload:
    """`surface` is what to keep of the upload's public surface; None where it could not be read. `result` is None where
    there is nothing to compare it with. `refused` is why the widget's policy refuses it."""

    surface: bytes | None = None
    result: SurfaceCheck | None = None
    refused: Refused | None = None


class UploadCheck(Protocol):
    def __call__(self, files: Sequence[UnpackedFile], manifest: Manifest) -> CheckedUpload:
        """Compare an upload with the stable release; nothing is written."""

    def may_refuse(self, widget: str) -> bool:
        """Whether a comparison may refuse an upload of this widget, by its policy."""


class KeptSurfaces(Protocol):
    """The public surfaces of releases: private, and kept for as long as the releases."""

    def put(self, widget: str, version: Version, surface: bytes) -> None:
        """Write a release's surface. Again, it changes nothing."""

    def read(self, widget: str, version: Version) -> bytes | None: ...


class SourceMaps(Protocol):
    """The source maps of releases, and their SBOMs: private, and kept for as long as the releases."""

    def put(self, widget: str, version: Version, maps: Iterable[UnpackedFile]) -> None:
        """Write a release's files of this kind; all are written when this returns. Again, it changes nothing."""

    def read(self, widget: str, version: Version, path: str) -> bytes | None:
        """The map, or the SBOM, at a path of the bundle; None when there is none."""


class PublishedFiles(Protocol):
    """The files of releases, as browsers get them."""

    def read(self, widget: str, version: Version, path: str) -> bytes | None:
        """A file's bytes; None when there is none."""


class ReleaseFiles(Protocol):
    """Whether what a release needs to be served is there."""

    def are_gone(self, release: Release) -> bool:
        """Whether its manifest or its entrypoint is certainly not in the site bucket. What can't be read is not gone:
        it must not stop a rescue."""


class PathPatterns(Protocol):
    """Reads patterns of paths. Each gives whether a path matches, and raises `Refused`: `pattern_invalid`."""

    def ignored(self, patterns: Sequence[str]) -> Callable[[str], bool]:
        """Patterns in gitignore's syntax, as git has it: what is in a folder that is ignored can't be taken in again.
        The path of a folder ends with a slash."""

    def packed(self, rules: Sequence[Rule]) -> Callable[[str], bool]:
        """Whether npm packs a file by these rules: they pack it, and lead to each folder that it is in."""


class Packer(Protocol):
    """Builds archives on the operator's machine."""

    def pack(self, files: Mapping[str, Path], extra: Mapping[str, bytes], into: Path) -> None:
        """Write a `.tar.gz` whose bytes depend only on the names and contents."""

    def describe(self, path: str, location: Path) -> UnpackedFile:
        """The size and hashes of a file in place."""


@dataclass(frozen=True)
class Progress:
    """Bytes sent so far, of all there are."""

    sent: int
    total: int


@dataclass(frozen=True)
class Dropped:
    """An object in the inbox, by its ETag (without quotes)."""

    etag: str


class UploadLimits(Protocol):
    """What the stack of an environment says of its uploads."""

    def read(self) -> Limits | None:
        """The limits that uploads are held to; None if they can't be known here: an earlier stack does not say them,
        and an uploader may not be allowed to read them."""


class Dropbox(Protocol):
    """The inbox as an uploader sees it."""

    def put(
        self,
        key: str,
        archive: Path,
        replaces: str | None,
        progress: Callable[[Progress], None],
        signature: str | None = None,
    ) -> Dropped:
        """Upload if the key is free (`replaces` None), or if it still has the object with that ETag. The signature is
        one object with the archive.

        Raises:
            Conflict: the key has another object.
        """

    def find(self, key: str) -> Dropped | None:
        """The object at a key, or None."""

    def holds(self, there: Dropped, archive: Path) -> bool:
        """Whether an object has the archive's bytes."""

    def described(self, archive: Path) -> Dropped:
        """The object that `put` makes of an archive, without reading the inbox."""
