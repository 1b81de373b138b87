"""An archive as the folder that it was packed from, so that it can be published as a folder is."""

from __future__ import annotations

from pathlib import Path

from edgeship.application.releases.ports import Archives
from edgeship.domain.errors import Refused
from edgeship.domain.naming import ARCHIVE_SUFFIXES
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.bundle import EntryCheck
from edgeship.domain.releases.limits import Limits
from edgeship.domain.releases.paths.top_folder import top_folder


def unpack_build(archive: Path, archives: Archives, limits: Limits, scratch: Path) -> Path:
    """Unpack an archive by the rules for uploads; returns a folder in `scratch` that holds its files. A single top
    folder is taken off.

    Raises:
        Refused: what the upload would be refused with, or `archive_invalid`: it has no archive's suffix.
    """
    suffix = next((s for s in ARCHIVE_SUFFIXES if archive.name.endswith(s)), None)
    if suffix is None:
        raise Refused(
            "archive_invalid",
            f"{quoted(str(archive))} is neither a folder nor an archive.",
            f"Name the folder that the build wrote, or an archive ({', '.join(ARCHIVE_SUFFIXES)}).",
        )
    numbered, folder = scratch / "numbered", scratch / "build"
    numbered.mkdir()
    folder.mkdir()
    check = EntryCheck(limits, packed_bytes=archive.stat().st_size)
    files = archives.unpack(archive, suffix, numbered, check)
    top = top_folder([file.path for file in files])
    for file in files:
        if not file.path.startswith(top):
            continue
        # Paths are checked: none is absolute, climbs, or is both a file and a folder.
        place = folder / file.path.removeprefix(top)
        place.parent.mkdir(parents=True, exist_ok=True)
        file.location.rename(place)
    return folder
