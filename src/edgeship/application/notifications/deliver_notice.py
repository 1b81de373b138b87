"""Send an event to the destinations that the rules choose for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from edgeship.application.notifications.ports import (
    AlreadyDelivered,
    Busy,
    Deliveries,
    NotificationState,
    NotSent,
    Sender,
)
from edgeship.application.ports import Clock
from edgeship.domain.events import Event
from edgeship.domain.notifications.notice import Notice, channel_of, notice_of
from edgeship.domain.notifications.rules import Destination, Kind

LEASE = timedelta(seconds=60)
"""Longer than any attempt to send. A process that dies blocks other processes for at most this long."""


class Undelivered(Exception):
    """Some destinations have not taken the event: `reasons` by their names. Try it again, after `retry_after` seconds
    if given; destinations that have it do not get it again."""

    def __init__(self, reasons: Mapping[str, str], retry_after: float | None) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))
        self.reasons = reasons
        self.retry_after = retry_after


@dataclass(frozen=True)
class Delivered:
    """The destinations that it was sent to now, and those that had it already."""

    sent: tuple[str, ...]
    before: tuple[str, ...]


@dataclass(frozen=True)
class DeliverNotice:
    """At least once to each destination, and exactly once unless a process dies between sending and recording it."""

    state: NotificationState
    deliveries: Deliveries
    senders: Mapping[Kind, Sender]
    clock: Clock

    def __call__(self, event: Event) -> Delivered:
        """Try every destination that does not have it, even if some fail.

        Raises:
            Undelivered: a destination did not take it, or another process is sending it there now.
        """
        sent: list[str] = []
        before: list[str] = []
        reasons: dict[str, str] = {}
        waits: list[float] = []
        for destination in self.state.notifications().notifications.route(event):
            try:
                (sent if self._deliver(event, destination) else before).append(destination.name)
            except NotSent as fault:
                reasons[destination.name] = fault.reason
                waits += [] if fault.retry_after is None else [fault.retry_after]
        if reasons:
            raise Undelivered(reasons, max(waits, default=None))
        return Delivered(tuple(sent), tuple(before))

    def _deliver(self, event: Event, destination: Destination) -> bool:
        """Whether it was sent now; False when it had been sent before."""
        title = notice_of(event, None).title
        claim = self.deliveries.claim(event, destination.name, title, self.clock(), LEASE)
        match claim:
            case AlreadyDelivered():
                return False
            case Busy():
                raise NotSent("another process is sending it", claim.seconds)
        try:
            self.senders[destination.kind].send(destination, self._notice(event), self.clock())
        except NotSent as fault:
            self.deliveries.undelivered(event.event_id, destination.name, claim, fault.reason, self.clock())
            raise
        self.deliveries.delivered(event.event_id, destination.name, self.clock())
        return True

    def _notice(self, event: Event) -> Notice:
        """Made right before sending, so that it shows the channel as the table has it then."""
        about = channel_of(event)
        return notice_of(event, self.state.channel(*about) if about else None)
