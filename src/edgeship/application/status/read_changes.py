"""What a release brings: its changes, and its files beside those of the release before it."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.releases.ports import Site
from edgeship.application.releases.registered_release import registered_release
from edgeship.application.status.ports import EnvironmentState
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST
from edgeship.domain.releases.contents.file_changes import FileChange, file_changes
from edgeship.domain.releases.manifest import Manifest
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Brought:
    """`against` is the release that it is compared with; None for the first one. `manifest` is None where its files are
    gone, and then `files` are not known either."""

    release: Release
    manifest: Manifest | None
    against: Release | None
    files: tuple[FileChange, ...] | None


@dataclass(frozen=True)
class ReadChanges:
    state: EnvironmentState
    site: Site

    def __call__(self, widget: str, version: Version | None) -> Brought:
        """Of a version; by default of the candidate of `latest`, else of its live version, else of the newest.

        Raises:
            Refused: `not_registered` or `widget_unknown`.
        """
        releases = self.state.releases(widget)
        release = registered_release(self.state, widget, version or self._default(widget, releases))
        against = self._against(release, releases)
        manifest = self.site.manifest(widget, release.version)
        before = self.site.manifest(widget, against.version) if against is not None else None
        files = None
        if manifest is not None and (against is None or before is not None):
            files = tuple(file_changes(before.files if before is not None else {}, manifest.files))
        return Brought(release, manifest, against, files)

    def _default(self, widget: str, releases: list[Release]) -> Version:
        channel = self.state.channel(widget, LATEST)
        found = channel.candidate or channel.version or next((release.version for release in releases), None)
        if found is None:
            raise Refused("widget_unknown", f"There is no widget {widget!r}.", "See edgeship status.")
        return found

    def _against(self, release: Release, releases: list[Release]) -> Release | None:
        """What was live when it was uploaded, if that is known and older; else the highest version before it."""
        older = [each for each in releases if each.version < release.version]
        checked = release.check.against if release.check is not None else None
        known = next((each for each in older if each.version == checked), None)
        return known or max(older, key=lambda each: each.version, default=None)
