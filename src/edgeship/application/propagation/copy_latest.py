"""Bring the latest copies of a widget to the version that its `latest` points at.

Several runs may overlap, each started by another move. A run that has written reads the pointer again, and continues
until the copies match it. So the last run to write leaves the correct copies, whatever earlier runs wrote. A run that
dies is repeated by its event, and finds the mismatch by the ETags.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.propagation.overtaken import Overtaken, refuse_overtaken
from edgeship.application.propagation.ports import DeploymentState, LatestCopies
from edgeship.application.propagation.released_manifest import released_manifest
from edgeship.application.releases.ports import Site
from edgeship.domain.channels.channel import Channel
from edgeship.domain.naming import LATEST, MANIFEST_NAME
from edgeship.domain.releases.manifest import DIRECTORY_INDEX, Manifest

BATCH = 100
"""Files that are copied between two reads of the pointer."""


@dataclass(frozen=True)
class CopyLatest:
    state: DeploymentState
    site: Site
    copies: LatestCopies

    def __call__(self, channel: Channel) -> None:
        """Copy every file of the release that the channel points at. Files whose bytes are there already are copied as
        well, because each copy names its version.

        Raises:
            Overtaken: the channel has moved on; the copies match the version that it points at now.
        """
        assert channel.version is not None  # it has moved
        try:
            self._copy(channel)
            refuse_overtaken(self.state, channel)
        except Overtaken:
            self.settle(channel.widget)
            raise

    def settle(self, widget: str) -> None:
        """Copy until the bytes match the version that `latest` points at; does nothing when they match already."""
        while True:
            channel = self.state.channel(widget, LATEST)
            if channel.version is None or self._matches(channel):
                return
            try:
                self._copy(channel)
            except Overtaken:
                continue

    def _copy(self, channel: Channel) -> None:
        """New files first. The entrypoint and then the manifest, which refer to them, come last."""
        assert channel.version is not None
        manifest = released_manifest(self.site, channel)
        there = self.copies.files(channel.widget)
        paths = sorted(manifest.files.keys() - {manifest.entrypoint}, key=lambda path: (path in there, path))
        for start in range(0, len(paths), BATCH):
            refuse_overtaken(self.state, channel)
            types = {path: manifest.files[path].content_type for path in paths[start : start + BATCH]}
            self.copies.copy(channel.widget, channel.version, types)
        refuse_overtaken(self.state, channel)
        entrypoint = {manifest.entrypoint: manifest.files[manifest.entrypoint].content_type}
        for types in (entrypoint, self._directory_index(manifest), {MANIFEST_NAME: "application/json"}):
            self.copies.copy(channel.widget, channel.version, types)

    def _directory_index(self, manifest: Manifest) -> dict[str, str]:
        """Releases from before there was one have none."""
        if not manifest.has_directory_index:
            return {}
        files = self.copies.release_files(manifest.widget, manifest.version)
        return {DIRECTORY_INDEX: manifest.files[manifest.entrypoint].content_type} if DIRECTORY_INDEX in files else {}

    def _matches(self, channel: Channel) -> bool:
        assert channel.version is not None
        there = self.copies.files(channel.widget)
        wanted = self.copies.release_files(channel.widget, channel.version)
        return all(there.get(path) == stored for path, stored in wanted.items())
