"""Whether an upload is signed as its widget asks for, before anything of the archive is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from edgeship.application.provenance.ports import ProvenanceState
from edgeship.domain.naming import UploadKey
from edgeship.domain.provenance.signed import NewestStatement, Signed
from edgeship.domain.provenance.verification import SignedUpload, Verify, refuse_overtaken, refuse_replayed, verified
from edgeship.domain.releases.rejection import Upload
from edgeship.domain.releases.release import Release


@dataclass(frozen=True)
class CheckSignature:
    """`required` refuses unsigned uploads of every widget."""

    state: ProvenanceState
    verify: Verify
    required: bool

    def __call__(
        self, upload: Upload, key: UploadKey, archive: Path, carried: str | None, release: Release | None
    ) -> Signed | None:
        """By whom the archive is signed; None for a widget that takes unsigned uploads. `release` is the version's, if
        it is registered.

        Raises:
            Refused: as `verified`, or `signature_replayed`.
        """
        seen, signed = self._verified(upload, key, archive, carried)
        if signed is None:
            return None
        if release is not None:
            refuse_replayed(seen, signed, release.signed)
        else:
            refuse_overtaken(seen, signed, self.state.newest_statement(key.widget))
        return signed

    def of_preview(
        self, upload: Upload, key: UploadKey, archive: Path, carried: str | None, before: Signed | None
    ) -> Signed | None:
        """The same for a preview. `before` is by whom the build was signed that the preview's name led to last.

        Raises:
            Refused: as `verified`, or `signature_replayed`.
        """
        seen, signed = self._verified(upload, key, archive, carried)
        if signed is not None:
            refuse_replayed(seen, signed, before)
        return signed

    def _verified(
        self, upload: Upload, key: UploadKey, archive: Path, carried: str | None
    ) -> tuple[SignedUpload, Signed | None]:
        with archive.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        seen = SignedUpload(upload.upload_id, key.widget, key.version, sha256, carried, upload.uploaded_at)
        found = verified(seen, self.state.identities(), self.verify, required=self.required)
        return seen, found[1] if found is not None else None

    def newest(self, release: Release) -> tuple[NewestStatement, ...]:
        """What a release's registration writes beside it: its statement, if it is the widget's newest."""
        if release.signed is None:
            return ()
        after = self.state.newest_statement(release.widget).with_statement(str(release.version), release.signed)
        return (after,) if after is not None else ()
