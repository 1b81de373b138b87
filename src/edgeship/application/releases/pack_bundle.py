"""Pack a folder of built files with its manifest, and check the archive by the rules for uploads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from edgeship.application.releases.collect_folder import collect_folder, unreadable_refused
from edgeship.application.releases.describe_bundle import Described, describe_bundle
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.ports import Packer, PathPatterns
from edgeship.application.releases.select_files import select_files
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME, UploadKey
from edgeship.domain.provenance.locked import SBOM_PATH
from edgeship.domain.releases.bundle_warnings import (
    MAX_SEARCHED_BYTES,
    SEARCHED,
    BundleWarning,
    find_warnings,
    large_maps,
)
from edgeship.domain.releases.contents.entry_warnings import candidates, entry_warning, runs_in_browsers
from edgeship.domain.releases.contents.release_paths import BUNDLER_MANIFEST_NAME
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.manifest import Manifest


@dataclass(frozen=True)
class BundleFacts:
    """What the uploader knows about the build; `edgeship.json` in the folder must not contradict it.

    `created_at` is RFC 3339. Without it, the archive of a build has the same bytes whenever it is packed. `exclude`
    are patterns in gitignore's syntax, after those of `.edgeshipignore`. `proposed_around` are the entrypoints that the
    `package.json` of the folder around the build names, by their paths in the build. `changes_around` are those that
    the project lists, where nothing else states some. `sbom` is a CycloneDX document, which is kept in private.
    With `any_version`, the `edgeship.json` may state another version.
    """

    entrypoint: str | None = None
    kind: Kind | None = None
    git_commit: str | None = None
    created_at: str | None = None
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    follow_symlinks: bool = False
    proposed_around: tuple[str, ...] = ()
    changes_around: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sbom: bytes | None = None
    any_version: bool = False


@dataclass(frozen=True)
class Packed:
    """An archive, its SHA-256 in hex, and what is in it: `withheld` are the paths of what is never public, `excluded`
    those of what was not packed. `warnings` are about what will fail in browsers. `renamed` is the bundle's own
    `manifest.json`, which is published as `BUNDLER_MANIFEST_NAME`; empty without one."""

    key: UploadKey
    manifest: Manifest
    archive_bytes: int
    archive_sha256: str
    warnings: tuple[BundleWarning, ...]
    withheld: tuple[str, ...]
    excluded: tuple[str, ...]
    renamed: str = ""


@dataclass(frozen=True)
class PackBundle:
    """`dump` writes a manifest as JSON."""

    inspect: InspectArchive
    packer: Packer
    patterns: PathPatterns
    dump: Callable[[Manifest], bytes]

    def __call__(self, folder: Path, key: UploadKey, facts: BundleFacts, scratch: Path) -> tuple[Path, Packed]:
        """Pack the folder into an archive in `scratch`.

        Raises:
            Refused: with the code that the upload would get, or because the folder can't be packed.
        """
        archive = scratch / "bundle.tar.gz"
        with unreadable_refused():
            selection = select_files(folder, facts.exclude, self.patterns)
            collected = collect_folder(folder, self.inspect.limits, selection, follow_symlinks=facts.follow_symlinks)
            files = collected.files
            described = self._described(key, files, facts)
            manifest = described.manifest
            warnings = [
                *self._about_entry(described, files),
                *find_warnings(manifest, files.keys(), _searched(manifest, files)),
                *large_maps((path, location.stat().st_size) for path, location in sorted(files.items())),
            ]
            extra = {UPLOADED_MANIFEST_NAME: self.dump(manifest)}
            if facts.sbom is not None:
                extra[SBOM_PATH] = facts.sbom
            for path in extra:
                files.pop(path, None)
            self.packer.pack(files, extra, archive)
        self.inspect(archive, key, "", scratch)
        packed = Packed(
            key=key,
            manifest=manifest,
            archive_bytes=archive.stat().st_size,
            archive_sha256=self.packer.describe(archive.name, archive).sha256,
            warnings=tuple(warnings),
            withheld=tuple(sorted((files.keys() | extra.keys()) - manifest.files.keys() - {UPLOADED_MANIFEST_NAME})),
            excluded=collected.excluded,
            renamed=_renamed(files),
        )
        return archive, packed

    def _about_entry(self, described: Described, files: Mapping[str, Path]) -> list[BundleWarning]:
        manifest, syntax = described.manifest, described.syntax
        if syntax is None or runs_in_browsers(syntax):
            return []
        likely = candidates(manifest.files, manifest.entrypoint)
        runnable = [path for path in likely if runs_in_browsers(self.inspect.scripts.syntax(files[path]))]
        warning = entry_warning(manifest.entrypoint, syntax, runnable)
        return [warning] if warning else []

    def _described(self, key: UploadKey, files: Mapping[str, Path], facts: BundleFacts) -> Described:
        described = [self.packer.describe(path, location) for path, location in files.items()]
        declared = self.inspect.archives.declaration(described, self.inspect.limits.declaration_bytes)
        stated = replace(
            declared,
            version=None if facts.any_version else declared.version,
            entrypoint=facts.entrypoint or declared.entrypoint,
            kind=facts.kind or declared.kind,
            git_commit=facts.git_commit or declared.git_commit,
            changes=facts.changes or declared.changes or facts.changes_around,
        )
        created_at = facts.created_at or declared.created_at or ""
        return describe_bundle(key, described, stated, created_at, self.inspect.scripts, facts.proposed_around)


def _renamed(files: Mapping[str, Path]) -> str:
    location = files.get(BUNDLER_MANIFEST_NAME)
    return location.name if location is not None and location.name != BUNDLER_MANIFEST_NAME else ""


def _searched(manifest: Manifest, files: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    """The contents that are searched for what will fail: the entrypoint's first, because there is a limit."""
    for path in sorted(manifest.files, key=lambda path: (path != manifest.entrypoint, path)):
        if path.lower().endswith(SEARCHED):
            with files[path].open("rb") as file:
                yield path, file.read(MAX_SEARCHED_BYTES + 1)
