"""Find what users get, or are to get, although what runs in the environment does not serve it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgeship.application.status.ports import EnvironmentState
from edgeship.domain.channels.channel import Channel
from edgeship.domain.releases.release import Release
from edgeship.domain.requirements.environment import EnvironmentRecord
from edgeship.domain.requirements.requirement import first_unmet
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Unserved:
    """The version that a channel exposes, and why it is not served: `1.4.0 requires api >=3, and api is 2`."""

    widget: str
    channel: str
    version: Version
    clause: str


@dataclass(frozen=True)
class UnservedReleases:
    state: EnvironmentState

    def __call__(self) -> tuple[Unserved, ...]:
        """Of every widget: one call a widget, and one for a hundred of the versions that they expose."""
        environment = self.state.environment()
        channels = [channel for each in self.state.widgets() for channel in self.state.channels(each.name)]
        exposed = [(each.widget, version) for each in channels for version in _exposed(each)]
        return find_unserved(channels, self.state.releases_of(exposed) if exposed else (), environment)


def find_unserved(
    channels: Iterable[Channel], releases: Iterable[Release], environment: EnvironmentRecord
) -> tuple[Unserved, ...]:
    """The live versions and candidates that require what does not run. A name that is not set is not known to be
    missing."""
    known = {(release.widget, release.version): release for release in releases}
    found = []
    for channel in channels:
        for version in _exposed(channel):
            release = known.get((channel.widget, version))
            unmet = first_unmet(release, environment, rescue=True) if release is not None else None
            if unmet is not None:
                found.append(Unserved(channel.widget, channel.name, version, unmet.clause(str(version))))
    return tuple(found)


def _exposed(channel: Channel) -> list[Version]:
    return [version for version in (channel.version, channel.candidate) if version is not None]
