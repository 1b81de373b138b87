"""Turn an upload into a registered release, or into a rejection that says why.

The signature is verified first, before anything of the archive is read. The order of the rest makes it safe to die at
any point and run again:
check (writes nothing), claim (binds the version to its bytes), source maps and SBOM, files, surface, manifest,
transaction (release and event), copy to `accepted/`. A check that can't refuse the upload runs beside the claim and the
files.
Each step may be repeated, and the event is written only after everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeship.application.ports import Clock
from edgeship.application.provenance.check_signature import CheckSignature
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.ports import (
    CheckedUpload,
    EncodedFile,
    Inbox,
    KeptSurfaces,
    ReleaseState,
    Site,
    SourceMaps,
    UnpackedFile,
    UploadCheck,
)
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.events import Occasion, timestamp
from edgeship.domain.naming import UploadKey
from edgeship.domain.provenance.locked import is_kept_sbom
from edgeship.domain.provenance.signed import NewestStatement, Signed
from edgeship.domain.releases.bundle import check_packed
from edgeship.domain.releases.claim import Claim
from edgeship.domain.releases.contents.siblings import served, siblings
from edgeship.domain.releases.contents.source_maps import is_kept_map
from edgeship.domain.releases.contents.withheld import is_public
from edgeship.domain.releases.manifest import DIRECTORY_INDEX, FileEntry, Manifest
from edgeship.domain.releases.rejection import Rejection, Upload
from edgeship.domain.releases.release import Release, register

_ATTEMPTS = 10
"""Of a registration, among other versions of its widget that are registered at the same time."""


@dataclass(frozen=True)
class AcceptUpload:
    inbox: Inbox
    site: Site
    maps: SourceMaps
    surfaces: KeptSurfaces
    state: ReleaseState
    inspect: InspectArchive
    check: UploadCheck
    signatures: CheckSignature
    reject: RejectUpload
    environment: str
    clock: Clock

    def __call__(self, upload: Upload) -> Release | Rejection:
        """Publish and register what was uploaded; the same upload again changes nothing."""
        try:
            return self._accept(upload)
        except Refused as refused:
            return self.reject(upload, refused)

    def _accept(self, upload: Upload) -> Release:
        key = UploadKey.parse(upload.key)
        with TemporaryDirectory(prefix="edgeship-") as scratch:
            archive, signed = self._fetch(upload, key, Path(scratch))
            files, manifest = self.inspect(archive, key, timestamp(upload.uploaded_at), Path(scratch))
            release = self._registered(manifest)
            if release is None:
                checked = self._checked_and_put(files, manifest)
                if checked.surface is not None:
                    self.surfaces.put(key.widget, key.version, checked.surface)
                release = self._register(self.site.put_manifest(manifest), upload, checked, signed)
        self.inbox.keep_accepted(upload)
        return release

    def _checked_and_put(self, files: Sequence[UnpackedFile], manifest: Manifest) -> CheckedUpload:
        """Files are put while scripts are read, except where the check may refuse them: nothing is public then."""
        widget, version = manifest.widget, manifest.version
        with ThreadPoolExecutor(1) as beside:
            checking = beside.submit(self.check, files, manifest)
            if self.check.may_refuse(widget):
                refused = checking.result().refused
                # What an attempt that died has made public stays what it is.
                if refused is not None and not self.site.has_files(widget, version):
                    raise refused
            self._claim(manifest)
            kept = (f for f in files if is_kept_map(f.path, f.size) or is_kept_sbom(f.path, f.size))
            self.maps.put(widget, version, kept)
            public = [(file, manifest.files[file.path]) for file in files if is_public(file.path)]
            self.site.put_files(widget, version, [*public, *_directory_index(manifest, public)])
            self.site.put_encoded(widget, version, _encoded(manifest, public))
            return checking.result()

    def _fetch(self, upload: Upload, key: UploadKey, scratch: Path) -> tuple[Path, Signed | None]:
        check_packed(upload.size, self.inspect.limits)
        archive = scratch / "archive"
        carried = self.inbox.fetch(upload, archive)
        release = self.state.release(key.widget, key.version)
        return archive, self.signatures(upload, key, archive, carried, release)

    def _registered(self, manifest: Manifest) -> Release | None:
        """The release, if these bytes are registered already.

        Raises:
            Refused: `version_exists`: the version belongs to other bytes.
        """
        release = self.state.release(manifest.widget, manifest.version)
        if release is not None and release.pruned is not None:
            raise _version_exists(manifest, "was pruned, so it may not come back", "")
        if release is not None and release.digest != manifest.digest:
            raise _version_exists(manifest, f"exists {_DIFFERENT}", "")
        return release

    def _claim(self, manifest: Manifest) -> None:
        """Claims again for each attempt, so the claim is as old as the last attempt to write under it.

        A claim under which nothing became public, and under which nobody writes any more, gives way to other bytes. One
        with a public file never does: browsers and CDNs keep the bytes of an exact path for a year.
        """
        widget, version, now = manifest.widget, manifest.version, self.clock()
        wanted = Claim(manifest.digest, now)
        held = self.state.claim(widget, version, wanted)
        if held.digest == manifest.digest:
            return
        public = self.site.has_files(widget, version)
        if not public and held.is_over(now):
            held = self.state.claim(widget, version, wanted, instead_of=held)
            if held.digest == manifest.digest:
                return
        until = f", or upload them again after {timestamp(held.until)}" if held.until and not public else ""
        raise _version_exists(manifest, f"was started by another upload {_DIFFERENT}", until)

    def _register(self, manifest: Manifest, upload: Upload, checked: CheckedUpload, signed: Signed | None) -> Release:
        occasion = Occasion(self.environment, upload.actor, f"upload of {upload.key}", self.clock())
        release, event = register(manifest, occasion, checked.result, signed)
        for attempt in range(_ATTEMPTS):
            puts: tuple[Release | NewestStatement, ...] = (release, *self.signatures.newest(release))
            try:
                self.state.commit(Transaction(puts=puts, events=(event,), registers=release))
            except Conflict:
                # Another delivery of this event, or another archive with the same bytes, came first. Or another version
                # of the widget did, and its statement is the newest now.
                registered = self.state.release(release.widget, release.version)
                if registered is not None:
                    return registered
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return release
        raise AssertionError("the last attempt returns or raises")


def _directory_index(
    manifest: Manifest, public: list[tuple[UnpackedFile, FileEntry]]
) -> list[tuple[UnpackedFile, FileEntry]]:
    """A document in the top folder once more, under the folder's own path: `/checkout/v1.4.2/`, to which
    `/checkout/latest/` leads. Exact paths run no code that could add a name."""
    if not manifest.has_directory_index:
        return []
    return [(replace(file, path=DIRECTORY_INDEX), entry) for file, entry in public if file.path == manifest.entrypoint]


def _encoded(manifest: Manifest, public: list[tuple[UnpackedFile, FileEntry]]) -> list[EncodedFile]:
    files = {file.path: file for file, _ in public}
    return [
        EncodedFile(taken, each.original, manifest.files[each.original].content_type, each.encoding, files[each.path])
        for taken, each in served(siblings(files), {path: file.size for path, file in files.items()})
    ]


_DIFFERENT = "with different bytes, and a version never changes"


def _version_exists(manifest: Manifest, state: str, or_later: str) -> Refused:
    return Refused(
        "version_exists",
        f"{manifest.widget} {manifest.version} {state}.",
        f"Publish these files under a new version{or_later}.",
    )
