"""How much a bundle may hold: one choice for an environment, which its stack and the command line share."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

MIB: Final = 1024 * 1024
MAX_FILES: Final = 20_000
"""That an environment may allow: their copies under `latest` are made and verified within the ten minutes of a run."""
MAX_FILE_MIB: Final = 800
"""That an environment may allow for a file. An archive and what it unpacks to then fit into the 10 GB that a function
may have in /tmp (https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html), and each file into
one PutObject and one CopyObject, which take 5 GB."""
_FILES_IN_TOTAL = 5
_DECLARED_FILE_BYTES = 1024
_DECLARED_REST_BYTES = 120 * 1024
_TAR_ENTRY_BYTES = 2_560
"""Of a tar beside the contents of a file: its header, a pax header with a path of 512 bytes, and padding."""
_TAR_END_BYTES = 10_240


@dataclass(frozen=True)
class Limits:
    """Bounds of one bundle. Sizes are bytes, unpacked; `ratio` is unpacked over packed."""

    files: int = 5_000
    file_bytes: int = 100 * MIB
    total_bytes: int = _FILES_IN_TOTAL * 100 * MIB
    ratio: int = 100

    @classmethod
    def chosen(cls, files: int, file_mib: int) -> Self:
        """Those of an environment: a bundle may be as large as five of its largest files."""
        return cls(files, file_mib * MIB, _FILES_IN_TOTAL * file_mib * MIB)

    def to_dict(self) -> dict[str, int]:
        """What an environment says of its limits."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Any) -> Self:
        """Read what `to_dict` wrote, in this version or in a later one with more fields.

        Raises:
            ValueError: a limit is missing, or not a positive integer.
        """
        if not isinstance(document, dict):
            raise ValueError("not an object")
        said = {field.name: document.get(field.name) for field in fields(cls)}
        limits = {name: limit for name, limit in said.items() if type(limit) is int and limit > 0}
        if missing := said.keys() - limits.keys():
            raise ValueError(f"{', '.join(sorted(missing))}: not a positive integer")
        return cls(**limits)

    @property
    def entries(self) -> int:
        """Files and folders of an archive together."""
        return 2 * self.files + 1

    @property
    def declaration_bytes(self) -> int:
        """Of `edgeship.json`, which counts neither as a file nor to the bundle's bytes: enough for all files with their
        hashes and paths of 512 bytes."""
        return _DECLARED_REST_BYTES + _DECLARED_FILE_BYTES * self.files

    @property
    def archive_bytes(self) -> int:
        """Of the largest archive: all that is allowed, in a tar that is not compressed, with 5 bytes for each stored
        block of 65,535 (RFC 1951, section 3.2.4)."""
        tar = self.total_bytes + self.declaration_bytes + _TAR_ENTRY_BYTES * (self.files + 1) + _TAR_END_BYTES
        return tar + tar // 10_000 + _TAR_END_BYTES


DEFAULT_LIMITS: Final = Limits()
LARGEST_LIMITS: Final = Limits.chosen(MAX_FILES, MAX_FILE_MIB)
"""No environment allows more."""
