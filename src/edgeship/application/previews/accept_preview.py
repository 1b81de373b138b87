"""Turn an upload into a preview that is served, or into a rejection that says why.

As for a release, the signature is verified before anything of the archive is read, and each step may be repeated:
check (writes nothing), files, transaction (record and event), copy to `accepted/`. The files lie under the digest of
the build, and no path leads there before the record says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeship.application.ports import Clock, Pause
from edgeship.application.previews.ports import PreviewComparison, PreviewFiles, PreviewState
from edgeship.application.provenance.check_signature import CheckSignature
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.ports import Inbox, Site, UnpackedFile
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion, timestamp
from edgeship.domain.previews.comparison import Comparison
from edgeship.domain.previews.preview import Preview, check_room, publish_preview
from edgeship.domain.previews.preview_name import BUILD_LENGTH, PreviewKey, build_prefix
from edgeship.domain.provenance.signed import Signed
from edgeship.domain.releases.bundle import check_packed
from edgeship.domain.releases.contents.surface_check import SurfaceCheck
from edgeship.domain.releases.contents.withheld import is_public
from edgeship.domain.releases.manifest import Manifest
from edgeship.domain.releases.rejection import Rejection, Upload


@dataclass(frozen=True)
class AcceptPreview:
    """`files` is None in an environment without previews."""

    inbox: Inbox
    files: PreviewFiles | None
    site: Site
    state: PreviewState
    inspect: InspectArchive
    comparison: PreviewComparison
    signatures: CheckSignature
    reject: RejectUpload
    environment: str
    clock: Clock
    pause: Pause

    def __call__(self, upload: Upload) -> Preview | Rejection:
        """The preview that its name leads to now: this upload's, or that of a newer one. The same upload again changes
        nothing."""
        try:
            return self._accept(upload)
        except Refused as refused:
            return self.reject(upload, refused)

    def _accept(self, upload: Upload) -> Preview:
        key = PreviewKey.parse(upload.key)
        if self.files is None:
            raise Refused(
                "previews_off",
                f"Environment {self.environment} serves no previews.",
                "Deploy its stack with the option previews, or publish a release.",
            )
        record = self.state.previews(key.widget)
        held = record.find(key.name)
        if held is not None and held.upload_id == upload.upload_id:
            self.inbox.keep_accepted(upload)
            return held
        check_room(record, key.name, self.clock())
        with TemporaryDirectory(prefix="edgeship-") as scratch:
            accepted = self._publish(self.files, upload, key, Path(scratch), held.signed if held else None)
        self.inbox.keep_accepted(upload)
        return accepted

    def _publish(
        self, bucket: PreviewFiles, upload: Upload, key: PreviewKey, scratch: Path, before: Signed | None
    ) -> Preview:
        check_packed(upload.size, self.inspect.limits)
        archive = scratch / "archive"
        carried = self.inbox.fetch(upload, archive)
        signed = self.signatures.of_preview(upload, key.checked_as, archive, carried, before)
        uploaded_at = timestamp(upload.uploaded_at)
        files, manifest = self.inspect(archive, key.checked_as, uploaded_at, scratch, any_version=True)
        preview = self._preview(upload, key, manifest, signed, self._compared(files, manifest))
        public = [(file, manifest.files[file.path]) for file in files if is_public(file.path)]
        bucket.put(build_prefix(key.widget, key.name, preview.build), manifest, public)
        return retry_conflict(lambda: self._commit(key, preview, upload), self.pause)

    def _commit(self, key: PreviewKey, preview: Preview, upload: Upload) -> Preview:
        record = self.state.previews(key.widget)
        occasion = Occasion(self.environment, upload.actor, f"upload of {upload.key}", self.clock())
        change = publish_preview(record, preview, occasion)
        if change is None:
            held = record.find(preview.name)
            assert held is not None
            return held
        after, events = change
        self.state.commit(Transaction(puts=(after,), events=events))
        return preview

    def _preview(
        self,
        upload: Upload,
        key: PreviewKey,
        manifest: Manifest,
        signed: Signed | None,
        comparison: Comparison | None,
    ) -> Preview:
        entry = manifest.entry
        assert entry is not None
        return Preview(
            name=key.name,
            build=manifest.digest[:BUILD_LENGTH],
            entrypoint=manifest.entrypoint,
            entry=entry,
            entry_bytes=manifest.files[manifest.entrypoint].size,
            files=len(manifest.files),
            total_bytes=manifest.total_bytes,
            git_commit=manifest.git_commit,
            archive=key.archive,
            upload_id=upload.upload_id,
            uploaded_at=timestamp(upload.uploaded_at),
            published_by=upload.actor,
            until=timestamp(upload.uploaded_at + key.ttl),
            comparison=comparison,
            signed=signed,
        )

    def _compared(self, files: list[UnpackedFile], manifest: Manifest) -> Comparison | None:
        check = self.comparison.compare(files, manifest)
        return self._with_sizes(manifest.widget, check) if check is not None else None

    def _with_sizes(self, widget: str, check: SurfaceCheck) -> Comparison | None:
        stable = self.state.release(widget, check.against)
        if stable is None:
            return None
        manifest = self.site.manifest(widget, stable.version)
        entry_bytes = manifest.files[manifest.entrypoint].size if manifest is not None else None
        return Comparison(stable.files, stable.total_bytes, entry_bytes, check)
