"""What moves a channel, and what else an operator does to it, each as one change of the channel with its event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from edgeship.domain.channels.channel import (
    Channel,
    Moved,
    Watch,
    event_of_rollout,
    locked,
    measured,
    refuse_quarantined,
)
from edgeship.domain.channels.rollout import Phase, Rollout, RolloutEvent, transition
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.releases.release import Release, quarantine
from edgeship.domain.version import Version

TRAIL_LENGTH = 50
"""Versions a channel remembers to go back to; the whole history is in the events."""


def promote(
    channel: Channel,
    target: Release,
    occasion: Occasion,
    window_seconds: int = 0,
    numbers: Mapping[str, Any] | None = None,
) -> Moved:
    """Point the channel at a release, at once. A rollout under way is completed by it if that is its candidate, and
    aborted if it is not; the rollback window is open for `window_seconds` from now. `numbers` say what was measured.

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
    exposed_at = occasion.at
    rollout = channel.rollout
    if rollout is not None and rollout.phase is Phase.RUNNING and rollout.candidate == target.version:
        exposed_at = rollout.exposed_at
    ended, how = _end_rollout(channel, target.version, occasion)
    trail = tuple(v for v in channel.trail if v != target.version)
    if channel.version is not None:
        trail = (*trail, channel.version)[-TRAIL_LENGTH:]
    watch = Watch(occasion.at + timedelta(seconds=window_seconds), goes_back=True) if window_seconds else None
    after = replace(channel, version=target.version, trail=trail, rollout=ended, watch=watch, exposed_at=exposed_at)
    moved, event = _move(channel, after, occasion, numbers)
    told = (event_of_rollout(how, channel, moved, occasion, numbers),) if how else ()
    if target.promoted_at is None:
        return Moved(moved, (event, *told), changed=(replace(target, promoted_at=timestamp(occasion.at)),))
    return Moved(moved, (event, *told), unchanged=(target,))


def rollback_targets(channel: Channel, releases: Iterable[Release]) -> list[Version]:
    """The versions that a rollback may land on, the one it would choose by itself first.

    That is the channel's trail from its end, then every other release that was live once, newest first.
    """
    good = {r.version for r in releases if r.quarantine is None and r.promoted_at is not None}
    if channel.version is not None:
        good.discard(channel.version)
    trail = [version for version in reversed(channel.trail) if version in good]
    return trail + sorted(good.difference(trail), reverse=True)


def roll_back(
    channel: Channel,
    releases: Iterable[Release],
    to: Version | None,
    occasion: Occasion,
    window_seconds: int = 0,
    numbers: Mapping[str, Any] | None = None,
) -> Moved:
    """Take the channel back to `to`, or to the last good version before the live one.

    What it goes back to has been live before and opens no rollback window: for `window_seconds` it is watched, but two
    ill versions in a row are more likely a backend's fault than theirs. `numbers` say what was measured.

    Raises:
        Refused: `nothing_live`, `no_good_version` or `target_invalid`, naming the versions that would do.
    """
    known = {release.version: release for release in releases}
    if channel.version is None:
        raise Refused(
            "nothing_live",
            f"{channel.name} of {channel.widget} points at no version.",
            f"Promote one: edgeship promote {channel.widget} VERSION.",
        )
    targets = rollback_targets(channel, known.values())
    target = to if to is not None else next((v for v in targets if v in channel.trail), None)
    if target is None:
        raise Refused(
            "no_good_version",
            f"{channel.name} of {channel.widget} has no good version before {channel.version} to go back to.",
            _would_do(targets) if targets else "Publish a fixed version; a locked channel takes it by promote.",
        )
    if target not in targets:
        raise Refused("target_invalid", _why_not(channel, known.get(target), target), _would_do(targets))

    changed, barred = bar(known[channel.version], occasion)
    ended, how = _take_back_rollout(channel, target, occasion)
    # Going back to a version on the trail drops what came after it; any other version leaves the trail as it is.
    trail = channel.trail[: channel.trail.index(target)] if target in channel.trail else channel.trail
    watch = Watch(occasion.at + timedelta(seconds=window_seconds), goes_back=False) if window_seconds else None
    after = replace(
        channel,
        version=target,
        trail=trail,
        rollout=ended,
        lock=locked(channel, occasion),
        watch=watch,
        exposed_at=occasion.at,
    )
    moved, event = _move(channel, after, occasion, numbers)
    told = (event_of_rollout(how, channel, moved, occasion),) if how else ()
    return Moved(moved, (event, *barred, *told), changed=changed, unchanged=(known[target],))


def bar(release: Release, occasion: Occasion) -> tuple[tuple[Release, ...], tuple[Event, ...]]:
    """Quarantine a release, if it is not quarantined yet: what that changes, and its event."""
    if release.quarantine is not None:
        return (), ()
    barred, event = quarantine(release, occasion)
    return (barred,), (event,)


def unlock(channel: Channel, occasion: Occasion) -> tuple[Channel, Event]:
    """Let uploads move the channel again.

    Raises:
        Refused: `not_locked`.
    """
    if channel.lock is None:
        raise Refused("not_locked", f"{channel.name} of {channel.widget} is not locked.", "There is nothing to unlock.")
    unlocked = replace(channel, lock=None, alert=None)
    event = Event.of(
        EventType.CHANNEL_UNLOCKED,
        occasion,
        channel.widget,
        (channel.name, channel.revision),
        old=channel.summary(),
        new=unlocked.summary(),
    )
    return unlocked, event


def route_by_flag(channel: Channel, flag: str | None, occasion: Occasion) -> tuple[Channel, Event]:
    """Let a flag choose the version for each user, or no flag any more.

    Raises:
        Refused: `nothing_live` or `already_routed`.
    """
    if channel.version is None:
        raise Refused(
            "nothing_live",
            f"{channel.name} of {channel.widget} points at no version to fall back on.",
            f"Promote one: edgeship promote {channel.widget} VERSION.",
        )
    if channel.flag == flag:
        how = f"by flag {flag!r}" if flag else "by no flag"
        raise Refused(
            "already_routed", f"{channel.name} of {channel.widget} is routed {how} already.", "There is nothing to do."
        )
    routed = replace(channel, flag=flag)
    event = Event.of(
        EventType.CHANNEL_ROUTED,
        occasion,
        channel.widget,
        (channel.name, channel.revision),
        old={**channel.summary(), "flag": channel.flag},
        new={**routed.summary(), "flag": flag},
    )
    return routed, event


def _end_rollout(channel: Channel, target: Version, occasion: Occasion) -> tuple[Rollout | None, EventType | None]:
    """What becomes of the channel's rollout when it moves to `target`, and the event that tells of it."""
    rollout = channel.rollout
    if rollout is None or not rollout.active:
        return rollout, None
    if rollout.candidate == target:
        completed = transition(rollout, RolloutEvent.COMPLETE, occasion.at, channel.widget)
        return completed, EventType.ROLLOUT_COMPLETED
    return transition(rollout, RolloutEvent.ABORT, occasion.at, channel.widget), EventType.ROLLOUT_ABORTED


def _take_back_rollout(
    channel: Channel, target: Version, occasion: Occasion
) -> tuple[Rollout | None, EventType | None]:
    rollout = channel.rollout
    if rollout is not None and rollout.phase is Phase.COMPLETED and rollout.candidate == channel.version:
        return transition(rollout, RolloutEvent.ROLL_BACK, occasion.at, channel.widget), None
    return _end_rollout(channel, target, occasion)


def _move(
    before: Channel, after: Channel, occasion: Occasion, numbers: Mapping[str, Any] | None = None
) -> tuple[Channel, Event]:
    moved = replace(
        after,
        sequence=before.sequence + 1,
        moved_at=timestamp(occasion.at),
        moved_by=occasion.actor,
        alert=None,
    )
    event = Event.of(
        EventType.POINTER_MOVED,
        occasion,
        before.widget,
        (before.name, moved.sequence),
        old=before.summary(),
        new={**moved.summary(), **measured(numbers)},
    )
    return moved, event


def _why_not(channel: Channel, release: Release | None, target: Version) -> str:
    name = f"{channel.widget} {target}"
    if release is None:
        return f"{name} is not a registered release."
    if target == channel.version:
        return f"{name} is what {channel.name} points at now."
    if release.quarantine is not None:
        return f"{name} is quarantined since {release.quarantine.since} ({release.quarantine.cause})."
    return f"{name} has never been live, so a rollback may not choose it (edgeship promote may)."


def _would_do(targets: list[Version]) -> str:
    return f"These would do: {', '.join(map(str, targets))}." if targets else "No other version would do."
