"""What an upload does to `latest`."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.domain.channel import Channel
from edgeship.domain.release import Release
from edgeship.domain.version import Bump, Version


@dataclass(frozen=True)
class Policy:
    """The kinds of release that go live by themselves; the others wait for `edgeship promote`."""

    auto: frozenset[Bump] = frozenset({"patch", "minor"})


@dataclass(frozen=True)
class Widget:
    """A widget that has at least one release; `first` is the first that was registered."""

    name: str
    first: Version
    policy: Policy = Policy()


@dataclass(frozen=True)
class Decision:
    """Whether an upload moves the channel, and the reason that goes into the event or the log."""

    promote: bool
    reason: str


def decide_upload(policy: Policy, channel: Channel, release: Release, first: Version) -> Decision:
    """What a newly registered release does to the channel."""
    version = release.version
    if release.quarantine is not None:
        return Decision(False, f"{version} is quarantined")
    if channel.version is None:
        if version == first:
            return Decision(True, "first release of the widget")
        return Decision(False, f"the first release, {first}, has not gone live")
    if channel.lock is not None:
        return Decision(False, f"{channel.name} is locked since {channel.lock.since}: {channel.lock.cause}")
    if version <= channel.version:
        return Decision(False, f"{channel.name} is at {channel.version}, which is not older")
    bump = version.bump_from(channel.version)
    if bump in policy.auto:
        return Decision(True, f"policy: a {bump} release goes live by itself")
    return Decision(False, f"policy: a {bump} release waits for approval")
