"""What the delivery of notices needs from outside, as Protocols."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from edgeship.application.channels.ports import ChannelState
from edgeship.domain.events import Event
from edgeship.domain.notifications.notice import Notice
from edgeship.domain.notifications.rules import Destination, NotificationsRecord


class NotificationState(ChannelState, Protocol):
    """What the table holds of whom events are sent to, beside the channels that they are about."""

    def notifications(self) -> NotificationsRecord:
        """Whom events are told to; the default at revision 0 when that was never set."""


class NotSent(Exception):
    """A destination did not take a notice. `reason` holds no secret, and of a URL its host alone; `retry_after` is for
    how many seconds it asks to be left alone, if it says."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Sender(Protocol):
    """A way to reach destinations of one kind."""

    def send(self, destination: Destination, notice: Notice, now: datetime, /) -> None:
        """Send it once; `now` is the time of this attempt.

        Raises:
            NotSent: it was not taken, or nobody knows whether it was.
        """


class DeliveryStatus(StrEnum):
    SENDING = "sending"
    """Claimed: by a process that is sending it, or that died."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True)
class Delivery:
    """How far an event has got on its way to one destination. `reason` is why the last attempt failed, if it did;
    `attempts` counts from 1; times are RFC 3339."""

    event_id: str
    destination: str
    title: str
    widget: str | None
    occurred_at: str
    status: DeliveryStatus
    attempts: int
    reason: str
    updated_at: str


@dataclass(frozen=True)
class Claim:
    """The right to send one event to one destination, until the lease is over. `attempt` tells this claim from earlier
    ones."""

    attempt: int


@dataclass(frozen=True)
class AlreadyDelivered:
    """There is nothing left to send."""


@dataclass(frozen=True)
class Busy:
    """Somebody else has the claim, for at most so many seconds more."""

    seconds: float


class Deliveries(Protocol):
    """The table's record of what was sent where: it makes sure that what was delivered is never sent again."""

    def claim(
        self, event: Event, destination: str, title: str, now: datetime, lease: timedelta
    ) -> Claim | AlreadyDelivered | Busy:
        """Ask for the right to send. Of any number that ask at once one gets it; a claim that nobody has settled when
        its lease is over may be had by the next."""

    def delivered(self, event_id: str, destination: str, now: datetime) -> None:
        """It was sent: for good, whoever has the claim by now."""

    def undelivered(self, event_id: str, destination: str, claim: Claim, reason: str, now: datetime) -> None:
        """It was not: the next may claim it at once. Nothing happens if somebody else has claimed it since."""

    def list_undelivered(self, limit: int, widget: str | None = None) -> list[Delivery]:
        """What is not delivered, of a widget if one is named, the newest events first; may lag behind by a moment."""

    def of(self, event_id: str) -> list[Delivery]:
        """An event's deliveries, by destination."""
