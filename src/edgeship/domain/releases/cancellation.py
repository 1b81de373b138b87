"""A release whose rollout a person cancelled: no event starts it in that channel again until a person does."""

from __future__ import annotations

from dataclasses import replace

from edgeship.domain.events import Occasion, timestamp
from edgeship.domain.releases.release import Cancelled, Release


def cancelled_in(release: Release, channel: str) -> Cancelled | None:
    """Since when, by whom and why; None where no rollout was cancelled, or a person has started it since."""
    return next((each for each in release.cancelled if each.channel == channel), None)


def cancel(release: Release, channel: str, occasion: Occasion) -> Release:
    """The release after its rollout in a channel was cancelled."""
    mark = Cancelled(channel, timestamp(occasion.at), occasion.actor, occasion.cause)
    return replace(release, cancelled=(*uncancel(release, channel).cancelled, mark))


def uncancel(release: Release, channel: str) -> Release:
    """The release after it was started in a channel again."""
    return replace(release, cancelled=tuple(each for each in release.cancelled if each.channel != channel))
