"""Composes what writes an SBOM on this machine. It needs the extra `sbom`."""

from __future__ import annotations

from pathlib import Path

from edgeship.adapters.sbom.cyclonedx_document import write_sbom
from edgeship.adapters.sbom.lock_files import read_lock_file
from edgeship.domain.naming import UploadKey


def sbom_of(key: UploadKey, lock_file: Path) -> bytes:
    """The SBOM of a version, from the project's lock file.

    Raises:
        Refused: `lock_invalid`.
    """
    return write_sbom(key, read_lock_file(lock_file))
