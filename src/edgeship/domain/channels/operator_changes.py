"""What an operator changes of a channel without moving its pointer: its lock, and the flag that routes it."""

from __future__ import annotations

from dataclasses import replace

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.channel_events import channel_event
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion


def unlock(channel: Channel, occasion: Occasion) -> tuple[Channel, Event]:
    """Let uploads move the channel again.

    Raises:
        Refused: `not_locked`.
    """
    if channel.lock is None:
        raise Refused("not_locked", f"{channel.name} of {channel.widget} is not locked.", "There is nothing to unlock.")
    unlocked = replace(channel, lock=None, alert=None)
    return unlocked, channel_event(EventType.CHANNEL_UNLOCKED, channel, unlocked, occasion)


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
