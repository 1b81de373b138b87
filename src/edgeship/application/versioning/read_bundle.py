"""What the public surface of a bundle is read from: a folder, or a release of the stack."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edgeship.application.releases.collect_folder import collect_folder, unreadable_refused
from edgeship.application.releases.ports import Archives, PathPatterns, PublishedFiles, Scripts, UnpackedFile
from edgeship.application.releases.select_files import select_files
from edgeship.application.versioning.ports import Surfaces
from edgeship.domain.errors import Refused
from edgeship.domain.releases.contents.entrypoint import choose_entrypoint
from edgeship.domain.releases.contents.kind_hint import kind_hint
from edgeship.domain.releases.contents.package_json import PACKAGE_NAME, Package, read_package
from edgeship.domain.releases.contents.withheld import is_public
from edgeship.domain.releases.entry import Kind, imported_files, is_script, kind_of
from edgeship.domain.releases.limits import LARGEST_LIMITS
from edgeship.domain.releases.manifest import Declaration, Manifest
from edgeship.domain.version import Version
from edgeship.domain.versioning.surface.public_files import is_code
from edgeship.domain.versioning.surface.surface import Bundle


@dataclass(frozen=True)
class ReadBundle:
    """Both ways read the same files to the same surface."""

    archives: Archives
    scripts: Scripts
    patterns: PathPatterns
    surfaces: Surfaces

    def folder(self, folder: Path) -> Bundle:
        """The bundle of a folder, of the files that `edgeship publish` would pack.

        Raises:
            Refused: what packing the folder is refused with, but for a missing entrypoint.
        """
        with unreadable_refused():
            selection = select_files(folder, [], self.patterns)
            files = collect_folder(folder, LARGEST_LIMITS, selection).files
            sizes = {path: location.stat().st_size for path, location in files.items()}
            declared = self._declared(files, sizes)
            content = files[PACKAGE_NAME].read_bytes() if PACKAGE_NAME in files else None
            package = read_package(content) if content is not None else Package()
            entrypoint = _entrypoint(
                package.widget or folder.name, declared, package, [p for p in files if is_public(p)]
            )
            kind, loaded = self._kind(entrypoint, declared, package, files) if entrypoint else (None, ())
            return Bundle(
                version=_version(declared.version or package.version),
                entrypoint=entrypoint,
                kind=kind,
                loaded=loaded,
                sizes=sizes,
                scripts=self.surfaces.scripts({path: place for path, place in files.items() if is_code(path)}),
                package=content,
            )

    def release(self, manifest: Manifest, published: PublishedFiles, scratch: Path) -> Bundle:
        """The bundle of a release; only its scripts are fetched.

        Raises:
            Refused: `files_gone`.
        """
        places: dict[str, Path] = {}
        package = None
        for number, path in enumerate(sorted(manifest.files)):
            if not (is_code(path) or path == PACKAGE_NAME):
                continue
            content = published.read(manifest.widget, manifest.version, path)
            if content is None:
                raise Refused(
                    "files_gone",
                    f"{path} of {manifest.widget} {manifest.version} is gone.",
                    "Compare with an archive of the release instead.",
                )
            if path == PACKAGE_NAME:
                package = content
                continue
            # Only the ending of its name matters.
            places[path] = scratch / f"{number}.{Path(path).name[-10:]}"
            places[path].write_bytes(content)
        return Bundle(
            version=manifest.version,
            entrypoint=manifest.entrypoint,
            kind=manifest.kind,
            loaded=(manifest.entrypoint, *manifest.imports),
            sizes={path: entry.size for path, entry in manifest.files.items()},
            scripts=self.surfaces.scripts(places),
            package=package,
        )

    def _declared(self, files: Mapping[str, Path], sizes: Mapping[str, int]) -> Declaration:
        listed = [UnpackedFile(path, location, sizes[path], "", "") for path, location in files.items()]
        return self.archives.declaration(listed, LARGEST_LIMITS.declaration_bytes)

    def _kind(
        self, entrypoint: str, declared: Declaration, package: Package, files: Mapping[str, Path]
    ) -> tuple[Kind | None, tuple[str, ...]]:
        syntax = self.scripts.syntax(files[entrypoint]) if is_script(entrypoint) else None
        hint = kind_hint(entrypoint, package) if syntax is not None and not syntax.complete else None
        loaded = (entrypoint, *(imported_files(entrypoint, syntax.imports, files.keys()) if syntax else ()))
        try:
            return kind_of(entrypoint, declared.kind, syntax, hint), loaded
        except Refused:
            return None, loaded


def _entrypoint(widget: str, declared: Declaration, package: Package, paths: list[str]) -> str | None:
    """None where nothing says which file it is: the files are compared without one."""
    try:
        return choose_entrypoint(widget, declared.entrypoint, paths, package.entrypoints)
    except Refused:
        return None


def _version(text: str | None) -> Version | None:
    with suppress(Refused):
        return Version.parse(text or "")
    return None
