"""An incident of a channel: one critical event, and what follows from it.

- it opens with the first critical event of the channel, and has that event's id
- while it is open, each event of the channel carries its id as `incident`, so that receivers update what they opened
- it is over when the channel moves forward, or nothing is locked and nobody is alerted any more; that event has the id
"""

from __future__ import annotations

from dataclasses import replace

from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.events import EventType
from edgeship.domain.severity import Severity, is_rollback, severity_of


def with_incident(moved: Moved) -> Moved:
    """The change as it is written: the incident of the channel in its record and in its events."""
    critical = (event.event_id for event in moved.events if severity_of(event) is Severity.CRITICAL)
    incident = moved.channel.incident or next(critical, None)
    if incident is None:
        return moved
    events = tuple(replace(event, new={**(event.new or {}), "incident": incident}) for event in moved.events)
    return replace(moved, channel=replace(moved.channel, incident=None if _ends(moved) else incident), events=events)


def following(moved: Moved) -> Moved:
    """The change as what follows from an incident of another channel: its events are warnings."""
    return replace(
        moved, events=tuple(replace(event, new={**(event.new or {}), "follows": True}) for event in moved.events)
    )


def _ends(moved: Moved) -> bool:
    forward = any(event.type is EventType.POINTER_MOVED and not is_rollback(event) for event in moved.events)
    return forward or not _goes_on(moved.channel)


def _goes_on(channel: Channel) -> bool:
    rollout = channel.rollout if channel.candidate is not None else None
    alerted = rollout is not None and (rollout.both_unhealthy or rollout.alert is not None)
    return alerted or channel.alert is not None or channel.lock is not None
