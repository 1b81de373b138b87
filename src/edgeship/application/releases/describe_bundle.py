"""The manifest of a bundle, from its files and what its uploader declared: the same before an upload and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from edgeship.application.releases.ports import Scripts, UnpackedFile
from edgeship.domain.naming import UploadKey
from edgeship.domain.releases.contents.entrypoint import choose_entrypoint
from edgeship.domain.releases.contents.kind_hint import kind_hint
from edgeship.domain.releases.contents.package_json import MAX_PACKAGE_BYTES, PACKAGE_NAME, Package, read_package
from edgeship.domain.releases.contents.release_paths import BUNDLER_MANIFEST_NAME, released_path
from edgeship.domain.releases.contents.withheld import is_public
from edgeship.domain.releases.entry import Kind, Syntax, imported_files, is_script, kind_of, may_import, style_of
from edgeship.domain.releases.manifest import (
    Declaration,
    FileEntry,
    Manifest,
    check_declaration,
)
from edgeship.domain.releases.media_types import content_type

MAX_PARSED = 4
"""Scripts, besides the entrypoint, the smallest first. A script is parsed only if it has a string that could import the
entrypoint, so usually the first one does."""
_WINDOW, _OVERLAP = 1024 * 1024, 4096
"""Bytes of a file that are held at a time, and those of the window before: longer than any path."""


@dataclass(frozen=True)
class Described:
    """`syntax` is the entrypoint's; None if it is no script."""

    manifest: Manifest
    syntax: Syntax | None


def describe_bundle(
    key: UploadKey,
    files: Sequence[UnpackedFile],
    declared: Declaration,
    created_at: str,
    scripts: Scripts,
    proposed_around: Iterable[str] = (),
) -> Described:
    """Every public file with its hashes, and the entrypoint with its kind. `proposed_around` is as in
    `choose_entrypoint`.

    Raises:
        Refused: `package_invalid`, `entrypoint_missing`, `kind_unknown` or `declaration_mismatch`.
    """
    declared = _as_released(declared, {file.path for file in files})
    entries = {f.path: FileEntry(f.size, f.sha256, f.sri, content_type(f.path)) for f in files if is_public(f.path)}
    # A package.json counts only where nothing else names the entrypoint; so may be what it holds.
    package = _package(files) if declared.entrypoint is None else None
    proposed = package.entrypoints if package else ()
    entrypoint = choose_entrypoint(key.widget, declared.entrypoint, entries, proposed, proposed_around)
    (location,) = (f.location for f in files if f.path == entrypoint)
    syntax = scripts.syntax(location) if is_script(entrypoint) else None
    hint = None
    if declared.kind is None and syntax is not None and not syntax.complete:
        hint = kind_hint(entrypoint, package or _package(files))
    kind = kind_of(entrypoint, declared.kind, syntax, hint)
    manifest = Manifest(
        widget=key.widget,
        version=key.version,
        created_at=created_at,
        git_commit=declared.git_commit,
        entrypoint=entrypoint,
        files=entries,
        changes=declared.changes,
        kind=kind,
        imports=tuple(
            path for path in imported_files(entrypoint, syntax.imports if syntax else (), entries) if path != entrypoint
        ),
        style=style_of(entrypoint, _windows(location), entries) if syntax else None,
        imported=kind is Kind.MODULE and _is_imported(entrypoint, [f for f in files if is_public(f.path)], scripts),
        default_export=syntax is not None and syntax.default_export,
        requires=declared.requires,
    )
    check_declaration(declared, manifest)
    return Described(manifest, syntax)


def _as_released(declared: Declaration, paths: Collection[str]) -> Declaration:
    """An `edgeship.json` that was made by hand names a bundler's `manifest.json` as the bundle does."""
    if BUNDLER_MANIFEST_NAME not in paths:
        return declared
    files = declared.files
    return replace(
        declared,
        entrypoint=released_path(declared.entrypoint) if declared.entrypoint is not None else None,
        files={released_path(path): claims for path, claims in files.items()} if files is not None else None,
    )


def _package(files: Iterable[UnpackedFile]) -> Package | None:
    """What the bundle's `package.json` says; None without one."""
    for file in files:
        if file.path == PACKAGE_NAME:
            with file.location.open("rb") as content:
                return read_package(content.read(MAX_PACKAGE_BYTES + 1))
    return None


def _is_imported(entrypoint: str, files: Iterable[UnpackedFile], scripts: Scripts) -> bool:
    """Whether a script among the files imports the entrypoint, itself included.

    A script that can't be read whole may do so, and so may those beyond `MAX_PARSED`. To serve what is not imported as
    if it were costs a request; the opposite would run it twice.
    """
    for number, file in enumerate(islice(_candidates(entrypoint, files), MAX_PARSED + 1)):
        if number == MAX_PARSED:
            return True
        syntax = scripts.syntax(file.location)
        if not syntax.complete or imported_files(file.path, (*syntax.imports, *syntax.dynamic_imports), (entrypoint,)):
            return True
    return False


def _candidates(entrypoint: str, files: Iterable[UnpackedFile]) -> Iterator[UnpackedFile]:
    for file in sorted(files, key=lambda file: (file.size, file.path)):
        if is_script(file.path) and may_import(file.path, _windows(file.location), entrypoint):
            yield file


def _windows(location: Path) -> Iterator[bytes]:
    """The bytes of a file in parts that overlap."""
    kept = b""
    with location.open("rb") as file:
        while window := file.read(_WINDOW):
            yield kept + window
            kept = window[-_OVERLAP:]
