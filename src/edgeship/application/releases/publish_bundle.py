"""Pack a folder of built files with its manifest and put it into the inbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeship.application.releases.pack_bundle import BundleFacts, PackBundle, Packed
from edgeship.application.releases.ports import Dropbox, Dropped, Progress, ReleaseState, UploadLimits
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.naming import UploadKey, check_widget
from edgeship.domain.provenance.envelope import Envelope
from edgeship.domain.releases.bundle_warnings import BundleWarning
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.limits import DEFAULT_LIMITS, Limits
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.version import Version

RECENT_REJECTIONS = 50
"""Of a widget: how many are searched for a refused upload."""


@dataclass(frozen=True)
class Published:
    """An archive in the inbox; `uploaded` is False when the same bytes are there and are a release already.

    `refused_before` are earlier uploads of the same bytes that were refused. Where the environment's limits are not
    known, the bundle was checked by the defaults, and may still be refused by others. The rest is as in `Packed`.
    """

    key: UploadKey
    drop: Dropped
    digest: str
    entrypoint: str
    entrypoint_sha256: str
    kind: Kind | None
    files: int
    archive_bytes: int
    archive_sha256: str
    uploaded: bool
    refused_before: frozenset[str] = frozenset()
    warnings: tuple[BundleWarning, ...] = ()
    withheld: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    limits_known: bool = True
    renamed: str = ""


@dataclass(frozen=True)
class PublishBundle:
    """`packing` makes what packs by given limits. `state` knows refused uploads, and may not be readable."""

    packing: Callable[[Limits], PackBundle]
    limits: UploadLimits
    dropbox: Dropbox
    state: ReleaseState

    def __call__(
        self,
        folder: Path,
        widget: str,
        version: Version,
        facts: BundleFacts,
        progress: Callable[[Progress], None],
        sign: Callable[[Packed], Envelope] | None = None,
    ) -> Published:
        """Check the folder by the rules for uploads, pack it, sign it and upload it.

        Raises:
            Refused: with the code that the upload would get, or `version_exists` when the inbox has other bytes.
        """
        key = UploadKey(check_widget(widget), version, ".tar.gz")
        limits = self.limits.read()
        pack = self.packing(limits or DEFAULT_LIMITS)
        with TemporaryDirectory(prefix="edgeship-") as scratch:
            archive, packed = pack(folder, key, facts, Path(scratch))
            signature = sign(packed).carried if sign is not None else None
            manifest = packed.manifest
            drop, uploaded, refused = self._drop(key, archive, manifest.digest, progress, signature)
        return Published(
            key=key,
            drop=drop,
            digest=manifest.digest,
            entrypoint=manifest.entrypoint,
            entrypoint_sha256=manifest.files[manifest.entrypoint].sha256,
            kind=manifest.kind,
            files=len(manifest.files),
            archive_bytes=packed.archive_bytes,
            archive_sha256=packed.archive_sha256,
            uploaded=uploaded,
            refused_before=frozenset(r.upload_id for r in refused if r.etag == drop.etag),
            warnings=packed.warnings,
            withheld=packed.withheld,
            excluded=packed.excluded,
            limits_known=limits is not None,
            renamed=packed.renamed,
        )

    def _drop(
        self, key: UploadKey, archive: Path, digest: str, progress: Callable[[Progress], None], signature: str | None
    ) -> tuple[Dropped, bool, list[Rejection]]:
        """Upload; returns the object at the key, whether it was uploaded now, and the earlier refusals at the key."""
        try:
            return self.dropbox.put(str(key), archive, None, progress, signature), True, []
        except Conflict:
            release = self.state.release(key.widget, key.version)
        if release is not None and release.digest == digest:
            # Who may only upload reads this in the table, and nothing in the inbox.
            return self.dropbox.described(archive), False, []
        there = self.dropbox.find(str(key))
        if there is not None:
            refused = [r for r in self.state.rejections(RECENT_REJECTIONS, key.widget) if r.key == str(key)]
            was_refused = any(rejection.etag == there.etag for rejection in refused)
            same = self.dropbox.holds(there, archive)
            if same and release is not None and not was_refused:
                return there, False, []
            # What was refused is replaced, unless somebody else does so first. Of the same bytes nothing came: they are
            # under way, or their event was lost, or the table is an older one, restored. A second event changes
            # nothing.
            if was_refused or same:
                return self.dropbox.put(str(key), archive, there.etag, progress, signature), True, refused
        raise Refused(
            "version_exists",
            f"The inbox has another archive at {key}, and a version never changes.",
            "Publish these files under a new version.",
        )
