"""The reaction of a channel to an unhealthy release, and to a failed deployment: the rollout is aborted, the channel is
rolled back, or people are notified.

An alarm may come late, twice or out of order. A breach counts only for a version that the channel exposes now, and only
if it was found after that exposure began.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.channel_events import Numbers, channel_event
from edgeship.domain.channels.moves import roll_back
from edgeship.domain.channels.policy import Mode
from edgeship.domain.channels.rollout_moves import abort_rollout
from edgeship.domain.channels.watch_mode import notify_of_candidate
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion, timestamp
from edgeship.domain.health.breach import Breach
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


def react(
    channel: Channel,
    releases: Iterable[Release],
    breach: Breach,
    occasion: Occasion,
    window_seconds: int,
    gone: Collection[Version] = (),
    mode: Mode = "act",
) -> Moved | None:
    """The change of the channel because of a breach; None when the breach is late, or people have been notified. The
    files of the versions in `gone` are not there: a rollback passes over them. In mode `watch`, people are notified."""
    occasion = occasion.because(breach.cause)
    rollout = channel.rollout
    if rollout is not None and rollout.active and rollout.candidate == breach.version:
        if breach.at < rollout.exposed_at:
            return None
        if mode == "watch":
            return notify_of_candidate(channel, "unhealthy", occasion, breach.numbers)
        candidate = next(r for r in releases if r.version == rollout.candidate)
        return abort_rollout(channel, candidate, occasion, breach.numbers)
    if channel.version != breach.version or channel.exposed_at is None or breach.at < channel.exposed_at:
        return None
    rolls_back = channel.watch is not None and channel.watch.automatic_rollback and breach.at < channel.watch.until
    if mode == "watch" or not rolls_back:
        return _notify(EventType.RELEASE_UNHEALTHY, channel, occasion, breach.numbers)
    return _roll_back_or_freeze(channel, releases, occasion, window_seconds, gone, breach.numbers)


def react_to_failed_deployment(
    channel: Channel,
    releases: Iterable[Release],
    sequence: int,
    occasion: Occasion,
    window_seconds: int,
    gone: Collection[Version] = (),
) -> Moved | None:
    """The change of the channel when browsers don't get the version of move number `sequence`; None when the channel
    has moved since, or people have been notified that there is nothing to roll back to.

    A locked channel is not moved: it may have been rolled back already, and a CDN that fails again and again would roll
    it back without end.
    """
    if channel.sequence != sequence or channel.lock is not None:
        return None
    return _roll_back_or_freeze(channel, releases, occasion, window_seconds, gone)


def close_window(channel: Channel, occasion: Occasion) -> Moved | None:
    """End the watch on the live version when its time is over; None while it is not."""
    if channel.watch is None or occasion.at < channel.watch.until:
        return None
    closed = replace(channel, watch=None)
    return Moved(closed, (channel_event(EventType.ROLLBACK_WINDOW_CLOSED, channel, closed, occasion),))


def _roll_back_or_freeze(
    channel: Channel,
    releases: Iterable[Release],
    occasion: Occasion,
    window_seconds: int,
    gone: Collection[Version],
    numbers: Numbers = None,
) -> Moved | None:
    """Roll back, or freeze the channel where there is no good version."""
    if gone:
        passed = ", ".join(map(str, sorted(gone, reverse=True)))
        occasion = occasion.because(f"{occasion.cause}; not to {passed}, whose files are gone")
    try:
        return roll_back(channel, releases, None, occasion, window_seconds, numbers, gone)
    except Refused as refused:
        if refused.code != "no_good_version":
            raise
        frozen = occasion.because(f"{occasion.cause}; {refused.reason}")
        return _notify(EventType.CHANNEL_FROZEN, channel, frozen, numbers)


def _notify(kind: EventType, channel: Channel, occasion: Occasion, numbers: Numbers) -> Moved | None:
    """Set the channel's alert, with its event, once for each version that it points at; freezing also locks it."""
    if channel.alert is not None:
        return None
    after = replace(channel, alert=Alert(timestamp(occasion.at), occasion.cause))
    if kind is EventType.CHANNEL_FROZEN:
        after = after.locked(occasion)
    return Moved(after, (channel_event(kind, channel, after, occasion, numbers),))
