"""The scripts and source maps of a release, as a bundle that another error tracker reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from edgeship.application.releases.ports import PublishedFiles, Site, SourceMaps
from edgeship.domain.errors import Refused
from edgeship.domain.releases.contents.source_maps import named_map
from edgeship.domain.telemetry.artifact_bundle import (
    MANIFEST,
    SCRIPTS,
    BundledScript,
    bundle_manifest,
    bundled_path,
    debug_id,
)
from edgeship.domain.version import Version

Write = Callable[[str, bytes], None]
"""Adds a file to the bundle, by its path there; a path that it has already changes nothing."""
OpenBundle = Callable[[Path], AbstractContextManager[Write]]
"""Opens a bundle, which is there when the context ends without an exception, and not before."""


@dataclass(frozen=True)
class ExportArtifacts:
    site: Site
    files: PublishedFiles
    maps: SourceMaps
    open_bundle: OpenBundle

    def __call__(self, widget: str, version: Version, target: Path) -> list[BundledScript]:
        """Write the bundle to `target`; returns the release's scripts, all of which it has.

        Raises:
            Refused: `files_gone`; nothing was written.
        """
        manifest = self.site.manifest(widget, version)
        if manifest is None:
            raise Refused(
                "files_gone", f"The files of {widget} {version} are not there.", "See edgeship releases for others."
            )
        paths = [path for path in sorted(manifest.files) if path.lower().endswith(SCRIPTS)]
        with self.open_bundle(target) as write:
            scripts = [self._add(widget, version, path, write) for path in paths]
            found = [script for script in scripts if script is not None]
            document = json.dumps(bundle_manifest(widget, version, found), indent=2)
            write(MANIFEST, document.encode())
        return found

    def _add(self, widget: str, version: Version, path: str, write: Write) -> BundledScript | None:
        script = self.files.read(widget, version, path)
        if script is None:  # deleted by hand
            return None
        named = named_map(path, script)
        content = self.maps.read(widget, version, named) if isinstance(named, str) else named
        map_path = None
        if content is not None:
            map_path = named if isinstance(named, str) else f"{path}.map"
            write(bundled_path(widget, version, map_path), content)
        write(bundled_path(widget, version, path), script)
        return BundledScript(path, map_path, debug_id(script, content))
