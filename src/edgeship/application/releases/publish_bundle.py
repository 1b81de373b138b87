"""Pack a folder of built files with its manifest and put it into the inbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeship.application.releases.collect_folder import collect_folder, unreadable_refused
from edgeship.application.releases.describe_bundle import describe_bundle
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.ports import Dropbox, Dropped, Packer, Progress, ReleaseState
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME, UploadKey, check_widget
from edgeship.domain.releases.bundle_warnings import SEARCHED, BundleWarning, find_warnings
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.manifest import Manifest
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.version import Version

RECENT_REJECTIONS = 50
"""Of a widget: how many are searched for a refused upload."""


@dataclass(frozen=True)
class BundleFacts:
    """What the uploader knows about the build; `edgeship.json` in the folder must not contradict it.

    `created_at` is RFC 3339. Without it, the archive of a build has the same bytes whenever it is packed.
    """

    entrypoint: str | None = None
    kind: Kind | None = None
    git_commit: str | None = None
    created_at: str | None = None
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """An archive in the inbox; `uploaded` is False when the same bytes were there already.

    `refused_before` are earlier uploads of the same bytes that were refused. `warnings` are about what will fail
    in browsers.
    """

    key: UploadKey
    drop: Dropped
    digest: str
    entrypoint: str
    entrypoint_sha256: str
    kind: Kind | None
    files: int
    archive_bytes: int
    uploaded: bool
    refused_before: frozenset[str] = frozenset()
    warnings: tuple[BundleWarning, ...] = ()
    withheld: tuple[str, ...] = ()
    """Paths of what is in the archive, and never public."""


@dataclass(frozen=True)
class PublishBundle:
    """`dump` writes a manifest as JSON; `state` knows refused uploads, and may not be readable."""

    inspect: InspectArchive
    packer: Packer
    dropbox: Dropbox
    state: ReleaseState
    dump: Callable[[Manifest], bytes]

    def __call__(
        self,
        folder: Path,
        widget: str,
        version: Version,
        facts: BundleFacts,
        progress: Callable[[Progress], None],
    ) -> Published:
        """Check the folder by the rules for uploads, pack it and upload it.

        Raises:
            Refused: with the code that the upload would get, or `version_exists` when the inbox has other bytes.
        """
        key = UploadKey(check_widget(widget), version, ".tar.gz")
        with TemporaryDirectory(prefix="edgeship-") as made:
            scratch, archive = Path(made), Path(made) / "bundle.tar.gz"
            with unreadable_refused():
                files = collect_folder(folder, self.inspect.limits)
                manifest = self._manifest(key, files, facts)
                warnings = find_warnings(manifest, files.keys(), _searched(manifest, files))
                files.pop(UPLOADED_MANIFEST_NAME, None)
                self.packer.pack(files, {UPLOADED_MANIFEST_NAME: self.dump(manifest)}, archive)
            self.inspect(archive, key, "", scratch)
            drop, uploaded, refused = self._drop(key, archive, progress)
            size = archive.stat().st_size
        return Published(
            key=key,
            drop=drop,
            digest=manifest.digest,
            entrypoint=manifest.entrypoint,
            entrypoint_sha256=manifest.files[manifest.entrypoint].sha256,
            kind=manifest.kind,
            files=len(manifest.files),
            archive_bytes=size,
            uploaded=uploaded,
            refused_before=frozenset(r.upload_id for r in refused if r.etag == drop.etag),
            warnings=tuple(warnings),
            withheld=tuple(sorted(files.keys() - manifest.files.keys())),
        )

    def _manifest(self, key: UploadKey, files: Mapping[str, Path], facts: BundleFacts) -> Manifest:
        described = [self.packer.describe(path, location) for path, location in files.items()]
        declared = self.inspect.archives.declaration(described)
        stated = replace(
            declared,
            entrypoint=facts.entrypoint or declared.entrypoint,
            kind=facts.kind or declared.kind,
            git_commit=facts.git_commit or declared.git_commit,
            changes=facts.changes or declared.changes,
        )
        return describe_bundle(
            key, described, stated, facts.created_at or declared.created_at or "", self.inspect.scripts
        )

    def _drop(
        self, key: UploadKey, archive: Path, progress: Callable[[Progress], None]
    ) -> tuple[Dropped, bool, list[Rejection]]:
        """Upload; returns the object at the key, whether it was uploaded now, and the earlier refusals at the key."""
        try:
            return self.dropbox.put(str(key), archive, None, progress), True, []
        except Conflict:
            there = self.dropbox.find(str(key))
        if there is not None:
            refused = [r for r in self.state.rejections(RECENT_REJECTIONS, key.widget) if r.key == str(key)]
            if any(rejection.etag == there.etag for rejection in refused):
                # The object there was refused: replace it by the new archive, unless somebody else does so first.
                return self.dropbox.put(str(key), archive, there.etag, progress), True, refused
            if self.dropbox.holds(there, archive):
                return there, False, []
        raise Refused(
            "version_exists",
            f"The inbox has another archive at {key}, and a version never changes.",
            "Publish these files under a new version.",
        )


def _searched(manifest: Manifest, files: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    """The contents that are searched for what will fail: the entrypoint's first, because there is a limit."""
    for path in sorted(manifest.files, key=lambda path: (path != manifest.entrypoint, path)):
        if path.lower().endswith(SEARCHED):
            yield path, files[path].read_bytes()
