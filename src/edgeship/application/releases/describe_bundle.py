"""The manifest of a bundle, from its files and what its uploader declared: the same before an upload and after it."""

from __future__ import annotations

from collections.abc import Sequence

from edgeship.application.releases.ports import Scripts, UnpackedFile
from edgeship.domain.naming import UploadKey
from edgeship.domain.releases.bundle import is_public
from edgeship.domain.releases.entry import imported_files, is_script, kind_of, style_of
from edgeship.domain.releases.manifest import (
    Declaration,
    FileEntry,
    Manifest,
    check_declaration,
    choose_entrypoint,
)
from edgeship.domain.releases.media_types import content_type


def describe_bundle(
    key: UploadKey, files: Sequence[UnpackedFile], declared: Declaration, created_at: str, scripts: Scripts
) -> Manifest:
    """Every public file with its hashes, and the entrypoint with its kind.

    Raises:
        Refused: `entrypoint_missing` or `declaration_mismatch`.
    """
    entries = {f.path: FileEntry(f.size, f.sha256, f.sri, content_type(f.path)) for f in files if is_public(f.path)}
    entrypoint = choose_entrypoint(key.widget, declared.entrypoint, entries)
    (location,) = (f.location for f in files if f.path == entrypoint)
    syntax = scripts.syntax(location) if is_script(entrypoint) else None
    manifest = Manifest(
        widget=key.widget,
        version=key.version,
        created_at=created_at,
        git_commit=declared.git_commit,
        entrypoint=entrypoint,
        files=entries,
        changes=declared.changes,
        kind=kind_of(entrypoint, declared.kind, syntax),
        imports=imported_files(entrypoint, syntax.imports, entries) if syntax else (),
        style=style_of(entrypoint, location.read_bytes(), entries) if syntax else None,
    )
    check_declaration(declared, manifest)
    return manifest
