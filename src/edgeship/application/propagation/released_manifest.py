"""The manifest of the release that a channel points at."""

from __future__ import annotations

from edgeship.application.releases.ports import Site
from edgeship.domain.channels.channel import Channel
from edgeship.domain.releases.manifest import Manifest


def released_manifest(site: Site, channel: Channel) -> Manifest:
    """
    Raises:
        RuntimeError: it is not in the site bucket, though every registered release has one.
    """
    assert channel.version is not None  # it points at a release
    manifest = site.manifest(channel.widget, channel.version)
    if manifest is None:
        raise RuntimeError(f"the manifest of {channel.widget} {channel.version} is not in the site bucket")
    return manifest
