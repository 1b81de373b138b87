"""A release was quarantined because of another channel, or by a person: what the channels do that expose it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.conditions.eligible import ALL_ELIGIBLE, IneligibleReleases
from edgeship.domain.channels.incidents.incident import following
from edgeship.domain.channels.policy import Mode
from edgeship.domain.channels.reaction import withdraw
from edgeship.domain.channels.rollout_moves import abort_rollout
from edgeship.domain.events import Occasion
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


def exposes_quarantined(channel: Channel, quarantined: Collection[Version]) -> bool:
    """Whether there may be something to do: the candidate is quarantined, or the live version is and nobody knows."""
    return channel.candidate in quarantined or (channel.version in quarantined and channel.alert is None)


def react_to_quarantine(
    channel: Channel,
    releases: Iterable[Release],
    occasion: Occasion,
    window_seconds: int,
    ineligible: IneligibleReleases = ALL_ELIGIBLE,
    mode: Mode = "act",
) -> Moved | None:
    """End the rollout of a quarantined candidate, in any mode: nobody gets it. Treat a quarantined live version like an
    unhealthy one. None when neither is quarantined, or people know already.

    Args:
        ineligible: a rollback passes over them.
    """
    known = {release.version: release for release in releases}
    for version in (channel.candidate, channel.version):
        release = known.get(version) if version is not None else None
        if release is None or release.quarantine is None:
            continue
        because = occasion.because(f"{version} is quarantined: {release.quarantine.cause}")
        if version == channel.candidate:
            return following(abort_rollout(channel, release, because))
        moved = withdraw(channel, known.values(), because, window_seconds, ineligible, mode, at=occasion.at)
        return following(moved) if moved is not None else None
    return None
