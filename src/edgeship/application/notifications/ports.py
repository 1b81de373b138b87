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
    """The part of the table about notifications, and the channels that events are about."""

    def notifications(self) -> NotificationsRecord:
        """The notification rules; the default at revision 0 when none were ever applied."""


class NotSent(Exception):
    """A destination did not take a notice. `reason` contains no secret, and only the host of a URL. `retry_after` is
    the number of seconds that the destination asks to wait, if it does."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Sender(Protocol):
    """A way to reach destinations of one kind."""

    def send(self, destination: Destination, notice: Notice, now: datetime, /) -> None:
        """Send it once; `now` is the time of this attempt.

        Raises:
            NotSent: it was not taken, or that is not known.
        """


class DeliveryStatus(StrEnum):
    SENDING = "sending"
    """Claimed by a process that is sending it, or that has died."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True)
class Delivery:
    """The delivery of one event to one destination. `reason` is why the last attempt failed, if it did; `attempts`
    counts from 1; times are RFC 3339."""

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
    """The right to send one event to one destination, until the lease ends. `attempt` is different in each claim."""

    attempt: int


@dataclass(frozen=True)
class AlreadyDelivered:
    """The destination has the event: there is nothing to send."""


@dataclass(frozen=True)
class Busy:
    """Another process has the claim, for at most so many seconds more."""

    seconds: float


class Deliveries(Protocol):
    """The table's deliveries. They make sure that a delivered event is never sent again."""

    def claim(
        self, event: Event, destination: str, title: str, now: datetime, lease: timedelta
    ) -> Claim | AlreadyDelivered | Busy:
        """Ask for the right to send. Of several concurrent calls one gets it. A claim that is not settled when its
        lease ends can be taken by the next call."""

    def delivered(self, event_id: str, destination: str, now: datetime) -> None:
        """It was sent. This is final, whichever process has the claim now."""

    def undelivered(self, event_id: str, destination: str, claim: Claim, reason: str, now: datetime) -> None:
        """It was not sent: the next call may claim it at once. Nothing happens if another process has claimed it
        since."""

    def list_undelivered(self, limit: int, widget: str | None = None) -> list[Delivery]:
        """The deliveries that are not done, of one widget if named, the newest events first; may lag by a moment."""

    def of(self, event_id: str) -> list[Delivery]:
        """An event's deliveries, sorted by destination."""


@dataclass(frozen=True)
class FailureQueue:
    """A queue in which failures end: about how many `messages` it has, and the name of the queue that they failed in;
    None where they failed elsewhere. `sample` has the bodies of some."""

    name: str
    messages: int
    source: str | None
    sample: tuple[str, ...] = ()


class DeadLetters(Protocol):
    """The queues of failures of an environment."""

    def list(self) -> list[FailureQueue]:
        """All of them, without samples."""

    def peek(self, queue: FailureQueue) -> FailureQueue:
        """The queue with a sample of its messages, which stay in it."""

    def redrive(self, queue: FailureQueue) -> int:
        """Move about as many messages as it has, 1,000 at most, to its source; returns how many were moved. One may
        be there twice, and none is lost."""
