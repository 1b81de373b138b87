"""Channels: a name such as `latest` that points at one release, with a linear history.

- every move has the next sequence number, and starts from the version the move before it ended on
- a channel never moves to a release that is not registered or that is quarantined
- a rollback goes back: it quarantines the version it leaves, locks the channel and never lands on a quarantined one
- while a channel is locked, uploads don't move it; operators still can
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.release import Release, quarantine
from edgeship.domain.version import Version

TRAIL_LENGTH = 50
"""Versions a channel remembers to go back to; the whole history is in the events."""


@dataclass(frozen=True)
class Lock:
    """Since when (RFC 3339), by whom and why uploads don't move the channel."""

    since: str
    actor: str
    cause: str


@dataclass(frozen=True)
class Channel:
    """`trail` holds the good versions it pointed at before, the most recent last; `sequence` counts its moves.

    `revision` counts this record's writes; 0 is a record not yet written.
    """

    widget: str
    name: str
    version: Version | None = None
    sequence: int = 0
    moved_at: str | None = None
    moved_by: str | None = None
    trail: tuple[Version, ...] = ()
    lock: Lock | None = None
    revision: int = 0
    flag: str | None = None
    """The flag whose string variant chooses among live releases for each user; `version` serves everybody else."""

    def summary(self) -> dict[str, Any]:
        """What events say of a channel."""
        return {
            "channel": self.name,
            "version": str(self.version) if self.version else None,
            "sequence": self.sequence,
            "locked": self.lock is not None,
            **({"flag": self.flag} if self.flag else {}),
        }


@dataclass(frozen=True)
class Moved:
    """What one move writes, all in one transaction."""

    channel: Channel
    events: tuple[Event, ...]
    changed: tuple[Release, ...] = ()
    unchanged: tuple[Release, ...] = ()
    """Releases whose state the decision relied on: the write is conditioned on it."""


def promote(channel: Channel, target: Release, occasion: Occasion) -> Moved:
    """Point the channel at a release.

    Raises:
        Refused: `quarantined` or `already_live`.
    """
    if target.quarantine is not None:
        raise Refused(
            "quarantined",
            f"{target.widget} {target.version} is quarantined since {target.quarantine.since} "
            f"({target.quarantine.cause}).",
            f"Publish a fixed version, or release it: edgeship unquarantine {target.widget} {target.version}.",
        )
    if channel.version == target.version:
        raise Refused(
            "already_live",
            f"{channel.name} of {channel.widget} is at {target.version} already.",
            "There is nothing to do.",
        )
    trail = tuple(v for v in channel.trail if v != target.version)
    if channel.version is not None:
        trail = (*trail, channel.version)[-TRAIL_LENGTH:]
    moved, event = _move(channel, target.version, trail, channel.lock, occasion)
    if target.promoted_at is None:
        return Moved(moved, (event,), changed=(replace(target, promoted_at=timestamp(occasion.at)),))
    return Moved(moved, (event,), unchanged=(target,))


def rollback_targets(channel: Channel, releases: Iterable[Release]) -> list[Version]:
    """The versions that a rollback may land on, the one it would choose by itself first.

    That is the channel's trail from its end, then every other release that was live once, newest first.
    """
    good = {r.version for r in releases if r.quarantine is None and r.promoted_at is not None}
    if channel.version is not None:
        good.discard(channel.version)
    trail = [version for version in reversed(channel.trail) if version in good]
    return trail + sorted(good.difference(trail), reverse=True)


def roll_back(channel: Channel, releases: Iterable[Release], to: Version | None, occasion: Occasion) -> Moved:
    """Take the channel back to `to`, or to the last good version before the live one.

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

    left, quarantined = quarantine(known[channel.version], occasion)
    # Going back to a version on the trail drops what came after it; any other version leaves the trail as it is.
    trail = channel.trail[: channel.trail.index(target)] if target in channel.trail else channel.trail
    lock = channel.lock or Lock(timestamp(occasion.at), occasion.actor, occasion.cause)
    moved, event = _move(channel, target, trail, lock, occasion)
    return Moved(moved, (event, quarantined), changed=(left,), unchanged=(known[target],))


def unlock(channel: Channel, occasion: Occasion) -> tuple[Channel, Event]:
    """Let uploads move the channel again.

    Raises:
        Refused: `not_locked`.
    """
    if channel.lock is None:
        raise Refused("not_locked", f"{channel.name} of {channel.widget} is not locked.", "There is nothing to unlock.")
    unlocked = replace(channel, lock=None)
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


def _move(
    channel: Channel, to: Version, trail: tuple[Version, ...], lock: Lock | None, occasion: Occasion
) -> tuple[Channel, Event]:
    moved = replace(
        channel,
        version=to,
        sequence=channel.sequence + 1,
        moved_at=timestamp(occasion.at),
        moved_by=occasion.actor,
        trail=trail,
        lock=lock,
    )
    event = Event.of(
        EventType.POINTER_MOVED,
        occasion,
        channel.widget,
        (channel.name, moved.sequence),
        old=channel.summary(),
        new=moved.summary(),
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
