"""The SBOM that a release was published with."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.provenance.ports import KeptFiles
from edgeship.domain.errors import Refused
from edgeship.domain.provenance.locked import SBOM_PATH
from edgeship.domain.version import Version


@dataclass(frozen=True)
class ReadSbom:
    files: KeptFiles

    def __call__(self, widget: str, version: Version) -> bytes:
        """The document, as it lay in the archive.

        Raises:
            Refused: `sbom_missing`.
        """
        content = self.files.read(widget, version, SBOM_PATH)
        if content is None:
            raise Refused(
                "sbom_missing",
                f"{widget} {version} has no SBOM.",
                "See edgeship releases for the versions that there are. Publish with --sbom LOCKFILE to have one.",
            )
        return content
