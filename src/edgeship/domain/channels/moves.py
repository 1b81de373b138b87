"""The moves of a channel's pointer: promotion and rollback. Each is one change of the channel with its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from edgeship.domain.channels.channel import Channel, Moved, Watch
from edgeship.domain.channels.channel_events import Numbers, move_events
from edgeship.domain.channels.conditions.eligible import ALL_ELIGIBLE, IneligibleReleases
from edgeship.domain.channels.rollout import Phase, after_move, after_rollback
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion, timestamp
from edgeship.domain.releases.cancellation import uncancel
from edgeship.domain.releases.quarantine import quarantine, refuse_quarantined
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version

TRAIL_LENGTH = 50
"""Versions that a channel remembers to roll back to; the whole history is in the events."""


def promote(
    channel: Channel, target: Release, occasion: Occasion, window_seconds: int = 0, numbers: Numbers = None
) -> Moved:
    """Point the channel at a release, at once. A running or paused rollout is completed if the release is its
    candidate, else aborted. The rollback window is open for `window_seconds` from now. `numbers` are those of the
    analysis.

    Raises:
        Refused: `quarantined` or `already_live`.
    """
    refuse_quarantined(target)
    if channel.version == target.version:
        raise Refused(
            "already_live",
            f"{channel.name} of {channel.widget} is at {target.version} already.",
            "There is nothing to do.",
        )
    exposed_at, alert = occasion.at, None
    rollout = channel.rollout
    if rollout is not None and rollout.phase is Phase.RUNNING and rollout.candidate == target.version:
        exposed_at = rollout.exposed_at
        # Of a version that is unhealthy, it is the same incident.
        alert = rollout.alert if rollout.alert is not None and rollout.alert.health == "unhealthy" else None
    ended = after_move(rollout, target.version, occasion.at, channel.widget)
    trail = tuple(v for v in channel.trail if v != target.version)
    if channel.version is not None:
        trail = (*trail, channel.version)[-TRAIL_LENGTH:]
    watch = Watch(occasion.at + timedelta(seconds=window_seconds), automatic_rollback=True) if window_seconds else None
    after = replace(channel, trail=trail, rollout=ended, watch=watch, exposed_at=exposed_at)
    moved = replace(_point_at(target.version, after, occasion), alert=alert)
    events = move_events(channel, moved, occasion, numbers)
    live = replace(uncancel(target, channel.name), promoted_at=target.promoted_at or timestamp(occasion.at))
    if live != target:
        return Moved(moved, events, changed=(live,))
    return Moved(moved, events, unchanged=(target,))


def rollback_targets(
    channel: Channel, releases: Iterable[Release], ineligible: IneligibleReleases = ALL_ELIGIBLE
) -> list[Version]:
    """The versions that a rollback may choose, the default first.

    That is the channel's trail from its end, then every other release that was live once, newest first. A candidate
    under test that was live before is the last: people may choose it, nothing else does.
    """
    good = {r.version for r in releases if r.may_be_chosen and r.promoted_at is not None}.difference(ineligible)
    if channel.version is not None:
        good.discard(channel.version)
    trail = [version for version in reversed(channel.trail) if version in good]
    ordered = trail + sorted(good.difference(trail), reverse=True)
    return sorted(ordered, key=lambda version: version == channel.candidate)


def last_good(channel: Channel, targets: Iterable[Version]) -> list[Version]:
    """The targets that a rollback chooses where nobody names one: those of the channel's trail, but for a candidate
    under test."""
    return [version for version in targets if version in channel.trail and version != channel.candidate]


def roll_back(
    channel: Channel,
    releases: Iterable[Release],
    to: Version | None,
    occasion: Occasion,
    window_seconds: int = 0,
    numbers: Numbers = None,
    ineligible: IneligibleReleases = ALL_ELIGIBLE,
) -> Moved:
    """Roll the channel back to `to`, or to the last good version before the live one. The live one is quarantined, and
    the channel is locked.

    The target has been live before and opens no rollback window. It is watched for `window_seconds`, but if it is
    unhealthy, too, the fault is more likely in a backend. `numbers` are those of the analysis. The versions in
    `ineligible` are no targets.

    Raises:
        Refused: `nothing_live`, `no_good_version`, `target_invalid` or the code of an ineligible target, naming the
            valid targets.
    """
    known = {release.version: release for release in releases}
    if channel.version is None:
        raise Refused(
            "nothing_live",
            f"{channel.name} of {channel.widget} points at no version.",
            f"Promote one: edgeship promote {channel.widget} VERSION.",
        )
    target = _rollback_target(channel, known, to, ineligible)
    ended = after_rollback(channel.rollout, channel.version, target, occasion.at, channel.widget)
    # A rollback to a version on the trail drops the later ones; any other version does not change the trail.
    trail = channel.trail[: channel.trail.index(target)] if target in channel.trail else channel.trail
    watch = Watch(occasion.at + timedelta(seconds=window_seconds), automatic_rollback=False) if window_seconds else None
    after = replace(channel, trail=trail, rollout=ended, watch=watch, exposed_at=occasion.at)
    moved = _point_at(target, after.locked(occasion), occasion)
    changed, quarantined = quarantine(known[channel.version], occasion)
    events = move_events(channel, moved, occasion, numbers, rollback=True)
    return Moved(moved, (*events, *quarantined), changed=changed, unchanged=(known[target],))


def _point_at(target: Version, channel: Channel, occasion: Occasion) -> Channel:
    return replace(
        channel,
        version=target,
        sequence=channel.sequence + 1,
        moved_at=timestamp(occasion.at),
        moved_by=occasion.actor,
        alert=None,
    )


def _rollback_target(
    channel: Channel, known: dict[Version, Release], to: Version | None, ineligible: IneligibleReleases
) -> Version:
    targets = rollback_targets(channel, known.values(), ineligible)
    target = to if to is not None else next(iter(last_good(channel, targets)), None)
    if target is None:
        raise Refused(
            "no_good_version",
            f"{channel.name} of {channel.widget} has no good version before {channel.version} to roll back to.",
            _valid(targets) if targets else "Publish a fixed version, and promote it: a locked channel takes it.",
        )
    if target not in targets:
        if target in ineligible:
            raise Refused(ineligible[target].code, ineligible[target].reason, _valid(targets))
        raise Refused("target_invalid", _why_not(channel, known.get(target), target), _valid(targets))
    return target


def _why_not(channel: Channel, release: Release | None, target: Version) -> str:
    name = f"{channel.widget} {target}"
    if release is None:
        return f"{name} is not a registered release."
    if target == channel.version:
        return f"{name} is the version that {channel.name} points at now."
    if release.quarantine is not None:
        return f"{name} is quarantined since {release.quarantine.since} ({release.quarantine.cause})."
    if release.pruned is not None:
        return f"{name} was pruned at {release.pruned.since}: its files are deleted."
    return f"{name} has never been live, so a rollback may not choose it (edgeship promote may)."


def target_of(moved: Moved) -> Release | None:
    """The release that a rollback moves the channel to; None for a change that moves it to none."""
    releases = (each for each in moved.unchanged if isinstance(each, Release))
    return next((each for each in releases if each.version == moved.channel.version), None)


def _valid(targets: list[Version]) -> str:
    return f"Valid targets: {', '.join(map(str, targets))}." if targets else "There is no valid target."
