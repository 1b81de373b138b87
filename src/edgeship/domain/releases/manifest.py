"""The manifest of a release: its files, with their sizes and hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.entry import Entry, Kind, entry_of
from edgeship.domain.requirements.requirement import Requirement
from edgeship.domain.version import Version

SCHEMA = 1
DIRECTORY_INDEX = ""
"""The path of a document in the top folder once more: the folder's own, `/checkout/v1.4.2/`. S3 keeps and serves an
object whose key ends with a slash as any other; its console alone shows it as a folder
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-folders.html)."""
CHANGE_KINDS = ("breaking", "features", "fixes")


@dataclass(frozen=True)
class FileEntry:
    """One published file: its size in bytes, SHA-256 in hex, Subresource Integrity value and Content-Type."""

    size: int
    sha256: str
    sri: str
    content_type: str


@dataclass(frozen=True)
class Manifest:
    """`created_at` is RFC 3339. It is empty in an uploader's manifest without one: then the time of the upload
    counts. `kind` is the entrypoint's, `imports` are the files that it imports statically, and `style` is the
    stylesheet that a page has to link beside it; `imported` and `default_export` are as in `Entry`. A manifest that was
    published before one of these was known does not have it."""

    widget: str
    version: Version
    created_at: str
    git_commit: str | None
    entrypoint: str
    files: Mapping[str, FileEntry]
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kind: Kind | None = None
    imports: tuple[str, ...] = ()
    style: str | None = None
    imported: bool = False
    default_export: bool = False
    requires: tuple[Requirement, ...] = ()

    @property
    def entry(self) -> Entry | None:
        """What the release knows about its entry; None before kinds were known."""
        if self.kind is None:
            return None
        return entry_of(
            self.kind,
            self.entrypoint,
            self.files[self.entrypoint].sha256,
            self.files,
            self.style,
            imported=self.imported,
            default_export=self.default_export,
        )

    @property
    def has_directory_index(self) -> bool:
        """Whether the entrypoint is served by the path of the folder, too."""
        return self.kind is Kind.HTML and "/" not in self.entrypoint

    @property
    def digest(self) -> str:
        """SHA-256 of what the release serves: its entrypoint, and every path with the SHA-256 of its bytes.

        Two archives with the same digest are the same release, whenever and however they were packed.
        """
        lines = [f"{path}\0{self.files[path].sha256}\n" for path in sorted(self.files)]
        return hashlib.sha256(f"{self.entrypoint}\n{''.join(lines)}".encode()).hexdigest()

    @property
    def total_bytes(self) -> int:
        return sum(entry.size for entry in self.files.values())

    def to_dict(self) -> dict[str, Any]:
        """The document published as `manifest.json`."""
        return {
            "schema": SCHEMA,
            "widget": self.widget,
            "version": str(self.version),
            "created_at": self.created_at or None,
            "git_commit": self.git_commit,
            "entrypoint": self.entrypoint,
            "kind": self.kind.value if self.kind else None,
            "imports": list(self.imports),
            "style": self.style,
            "imported": self.imported,
            "default_export": self.default_export,
            # Left out where there is none: a stack from before it was known refuses an edgeship.json with it.
            **({"requires": {each.name: each.range for each in self.requires}} if self.requires else {}),
            "changes": {kind: list(self.changes.get(kind, ())) for kind in CHANGE_KINDS},
            "files": {
                path: {"size": e.size, "sha256": e.sha256, "sri": e.sri, "content_type": e.content_type}
                for path, e in sorted(self.files.items())
            },
        }


@dataclass(frozen=True)
class Declaration:
    """The claims of an uploader's `edgeship.json`. Every claim is optional, and every claim is checked."""

    widget: str | None = None
    version: str | None = None
    created_at: str | None = None
    git_commit: str | None = None
    entrypoint: str | None = None
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] | None = None
    kind: Kind | None = None
    requires: tuple[Requirement, ...] = ()


def check_declaration(declared: Declaration, manifest: Manifest) -> None:
    """Compare what the uploader declared with the archive and the key.

    Raises:
        Refused: `declaration_mismatch`, naming the first claim that does not match.
    """
    for claim, said, named in (
        ("widget", declared.widget, manifest.widget),
        ("version", declared.version, str(manifest.version)),
    ):
        if said is not None and said != named:
            raise _mismatch(f"{claim} {quoted(said)}, but the key says {named!r}")
    if declared.files is None:
        return
    for path in sorted(declared.files.keys() | manifest.files.keys()):
        if path not in manifest.files:
            raise _mismatch(f"file {quoted(path)}, which is not a published file of the archive")
        if path not in declared.files:
            raise _mismatch(f"a list of files without {quoted(path)}, which the archive has")
        entry = manifest.files[path]
        for claim, actual in (("size", entry.size), ("sha256", entry.sha256), ("sri", entry.sri)):
            value = declared.files[path].get(claim)
            if value is not None and value != actual:
                raise _mismatch(f"{claim} {value!r} for {quoted(path)}, but its bytes have {actual!r}")


def _mismatch(what: str) -> Refused:
    return Refused(
        "declaration_mismatch",
        f"edgeship.json declares {what}.",
        "Build edgeship.json from the same files that are packed (edgeship publish does), or leave it out.",
    )
