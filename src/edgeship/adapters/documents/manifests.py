"""Manifests as JSON: our own, and the one an uploader may put into the archive as `edgeship.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from edgeship.domain.errors import Refused
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.manifest import Declaration, FileEntry, Manifest
from edgeship.domain.version import Version

MAX_DECLARATION_BYTES = 2 * 1024 * 1024
"""Enough for 2,000 files with paths of 512 bytes and their hashes."""

Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{7,64}$")]
Change = Annotated[str, StringConstraints(max_length=2_000)]


class _Model(BaseModel):
    # Fields of a later schema are ignored, not refused: an older edgeship can still read a newer CI's manifest.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class DeclaredFile(_Model):
    size: int | None = Field(None, ge=0)
    sha256: str | None = None
    sri: str | None = None


class DeclaredChanges(_Model):
    breaking: tuple[Change, ...] = Field((), strict=False, max_length=500)
    features: tuple[Change, ...] = Field((), strict=False, max_length=500)
    fixes: tuple[Change, ...] = Field((), strict=False, max_length=500)


class UploadedManifest(_Model):
    """`edgeship.json`: every field may be left out."""

    schema_: Literal[1] = Field(1, alias="schema")
    widget: str | None = None
    version: str | None = None
    created_at: AwareDatetime | None = Field(None, strict=False)
    git_commit: Commit | None = None
    entrypoint: str | None = None
    kind: Kind | None = None
    changes: DeclaredChanges = DeclaredChanges()
    files: dict[str, DeclaredFile] | None = None


def read_declaration(location: Path) -> Declaration:
    """Read an uploader's manifest.

    Raises:
        Refused: `declaration_invalid`, naming every field that is not valid.
    """
    remedy = "Correct it (edgeship publish writes a valid one), or leave it out."
    if location.stat().st_size > MAX_DECLARATION_BYTES:
        raise Refused(
            "declaration_invalid", f"{UPLOADED_MANIFEST_NAME} is larger than {MAX_DECLARATION_BYTES:,} bytes.", remedy
        )
    content = location.read_bytes()
    try:
        declared = UploadedManifest.model_validate_json(content)
    except ValidationError as invalid:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'document'}: {e['msg']}" for e in invalid.errors()[:10])
        raise Refused("declaration_invalid", f"{UPLOADED_MANIFEST_NAME} is not a manifest: {faults}.", remedy) from None
    # The original text, so that the published manifest has the same.
    created_at = json.loads(content).get("created_at")
    return Declaration(
        widget=declared.widget,
        version=declared.version,
        created_at=str(created_at) if created_at is not None else None,
        git_commit=declared.git_commit,
        entrypoint=declared.entrypoint,
        kind=declared.kind,
        changes=declared.changes.model_dump(),
        files={path: f.model_dump() for path, f in declared.files.items()} if declared.files is not None else None,
    )


def dump_manifest(manifest: Manifest) -> bytes:
    """The bytes of `manifest.json`; equal manifests give equal bytes."""
    return json.dumps(manifest.to_dict(), indent=1, ensure_ascii=False).encode() + b"\n"


def load_manifest(content: bytes) -> Manifest:
    """Read back what `dump_manifest` wrote."""
    document: dict[str, Any] = json.loads(content)
    return Manifest(
        widget=document["widget"],
        version=Version.parse(document["version"]),
        created_at=document["created_at"] or "",
        git_commit=document["git_commit"],
        entrypoint=document["entrypoint"],
        files={path: FileEntry(**entry) for path, entry in document["files"].items()},
        changes={kind: tuple(entries) for kind, entries in document["changes"].items()},
        kind=Kind(document["kind"]) if document.get("kind") else None,
        imports=tuple(document.get("imports", ())),
        style=document.get("style"),
        imported=document.get("imported", False),
        default_export=document.get("default_export", False),
    )
