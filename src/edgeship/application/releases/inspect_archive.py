"""Everything that can refuse an archive: the same for what `publish` packed and for what arrived in the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgeship.application.releases.describe_bundle import describe_bundle
from edgeship.application.releases.ports import Archives, Scripts, UnpackedFile
from edgeship.domain.naming import UploadKey
from edgeship.domain.releases.bundle import EntryCheck
from edgeship.domain.releases.contents.release_paths import release_paths
from edgeship.domain.releases.contents.siblings import siblings, stale
from edgeship.domain.releases.contents.withheld import is_public
from edgeship.domain.releases.limits import Limits
from edgeship.domain.releases.manifest import Manifest


@dataclass(frozen=True)
class InspectArchive:
    archives: Archives
    scripts: Scripts
    limits: Limits

    def __call__(
        self, archive: Path, key: UploadKey, uploaded_at: str, scratch: Path, *, any_version: bool = False
    ) -> tuple[list[UnpackedFile], Manifest]:
        """Unpack an archive into a folder of its own in `scratch`, and describe it. `uploaded_at` counts if it declares
        no time. With `any_version`, the archive may declare another version than the key's.

        Raises:
            Refused: what the upload would be refused with.
        """
        unpacked = scratch / "unpacked"
        unpacked.mkdir()
        check = EntryCheck(self.limits, packed_bytes=archive.stat().st_size)
        files = without_top_folder(self.archives.unpack(archive, key.suffix, unpacked, check))
        self._check_siblings(files)
        declared = self.archives.declaration(files, self.limits.declaration_bytes)
        if any_version:
            declared = replace(declared, version=None)
        created_at = declared.created_at or uploaded_at
        return files, describe_bundle(key, files, declared, created_at, self.scripts).manifest

    def _check_siblings(self, files: Sequence[UnpackedFile]) -> None:
        by_path = {file.path: file for file in files if is_public(file.path)}
        for sibling in siblings(by_path):
            original = by_path[sibling.original]
            decoded = self.archives.decoded_sha256(by_path[sibling.path], sibling.encoding, original.size)
            if decoded != original.sha256:
                raise stale(sibling)


def without_top_folder(files: Sequence[UnpackedFile]) -> list[UnpackedFile]:
    """The files with their paths in the release; those beside a single top folder are left out.

    Raises:
        Refused: `path_invalid` or `path_duplicate`.
    """
    paths = release_paths([file.path for file in files])
    return [replace(file, path=paths[file.path]) for file in files if file.path in paths]
