"""Bring the moving manifests of a widget to what the table says.

Each write has the condition that the document is still the one that was listed before the table was read. So no run
puts back what a later one has written, and the last run to write leaves what the table says.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from edgeship.application.ports import Pause
from edgeship.application.propagation.ports import DeploymentState, MovingManifests
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.propagation.moving_manifest import moving_manifests


@dataclass(frozen=True)
class PublishManifests:
    state: DeploymentState
    manifests: MovingManifests
    environment: str
    site_url: str
    pause: Pause

    def __call__(self, widget: str) -> int:
        """Write the documents that are not what they should be; how many were written. They are never ahead of a
        pointer: they say what was read from the table."""

        def attempt() -> int:
            there = self.manifests.etags(widget)
            channels, releases = self.state.channels(widget), self.state.releases(widget)
            wanted = moving_manifests(channels, releases, self.environment, self.site_url)
            changed = [v for v, body in wanted.items() if there.get(v, "").strip('"') != _etag(body)]
            for version in changed:
                self.manifests.put(widget, version, wanted[version], there.get(version))
            return len(changed)

        return retry_conflict(attempt, self.pause)


def _etag(body: bytes) -> str:
    """S3's, of an object that was put whole; where it is another, a document is written again, and no more."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
