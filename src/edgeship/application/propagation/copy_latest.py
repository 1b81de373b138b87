"""Bring the latest copies of a widget to what its `latest` points at.

Several of these may run at once, each begun by another move. Whoever has written reads the pointer again afterwards and
goes on until the copies are those of what it says: the last one to write therefore leaves the right ones, whatever the
others did before it. One that dies in between is run again by its event, and finds the mismatch by the ETags.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.propagation.overtaken import Overtaken, refuse_overtaken
from edgeship.application.propagation.ports import DeploymentState, LatestCopies
from edgeship.application.propagation.released_manifest import released_manifest
from edgeship.application.releases.ports import Site
from edgeship.domain.channels.channel import Channel
from edgeship.domain.naming import LATEST, MANIFEST_NAME

BATCH = 100
"""Files that are copied between two looks at the pointer."""


@dataclass(frozen=True)
class CopyLatest:
    state: DeploymentState
    site: Site
    copies: LatestCopies

    def __call__(self, channel: Channel) -> None:
        """Copy the release that the channel points at, every file: also those whose bytes are there already, since they
        name the version that they came with.

        Raises:
            Overtaken: the channel has moved on; the copies are those of what it points at now.
        """
        assert channel.version is not None  # it has moved
        try:
            self._copy(channel)
            refuse_overtaken(self.state, channel)
        except Overtaken:
            self.settle(channel.widget)
            raise

    def settle(self, widget: str) -> None:
        """Copy until the bytes are those of what `latest` points at; nothing when they are already."""
        while True:
            channel = self.state.channel(widget, LATEST)
            if channel.version is None or not self._wrong(channel):
                return
            try:
                self._copy(channel)
            except Overtaken:
                continue

    def _copy(self, channel: Channel) -> None:
        """New files first, and what refers to them last: the entrypoint, then the manifest."""
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
        for types in (entrypoint, {MANIFEST_NAME: "application/json"}):
            self.copies.copy(channel.widget, channel.version, types)

    def _wrong(self, channel: Channel) -> bool:
        assert channel.version is not None
        there = self.copies.files(channel.widget)
        wanted = self.copies.release_files(channel.widget, channel.version)
        return any(there.get(path) != stored for path, stored in wanted.items())
