"""Deliveries of notices in memory, with the same conditions; safe among threads. And destinations that can fail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from edgeship.application.notifications.ports import (
    AlreadyDelivered,
    Busy,
    Claim,
    Delivery,
    DeliveryStatus,
    FailureQueue,
    NotSent,
)
from edgeship.domain.events import Event, timestamp
from edgeship.domain.notifications.notice import Notice
from edgeship.domain.notifications.rules import Destination


class FakeDeliveries:
    def __init__(self) -> None:
        self._records: dict[tuple[str, str], Delivery] = {}
        self._claimed_until: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def claim(
        self, event: Event, destination: str, title: str, now: datetime, lease: timedelta
    ) -> Claim | AlreadyDelivered | Busy:
        key = (event.event_id, destination)
        with self._lock:
            held = self._records.get(key)
            if held and held.status is DeliveryStatus.DELIVERED:
                return AlreadyDelivered()
            if held and held.status is DeliveryStatus.SENDING and self._claimed_until[key] > now:
                return Busy((self._claimed_until[key] - now).total_seconds())
            attempts = held.attempts + 1 if held else 1
            self._records[key] = Delivery(
                event_id=event.event_id,
                destination=destination,
                title=title,
                widget=event.widget,
                occurred_at=event.occurred_at,
                status=DeliveryStatus.SENDING,
                attempts=attempts,
                reason=held.reason if held else "",
                updated_at=timestamp(now),
            )
            self._claimed_until[key] = now + lease
            return Claim(attempts)

    def delivered(self, event_id: str, destination: str, now: datetime) -> None:
        key = (event_id, destination)
        with self._lock:
            held = self._records.get(key)
            if held and held.status is not DeliveryStatus.DELIVERED:
                self._records[key] = replace(
                    held, status=DeliveryStatus.DELIVERED, reason="", updated_at=timestamp(now)
                )

    def undelivered(self, event_id: str, destination: str, claim: Claim, reason: str, now: datetime) -> None:
        key = (event_id, destination)
        with self._lock:
            held = self._records.get(key)
            if held and held.status is DeliveryStatus.SENDING and held.attempts == claim.attempt:
                self._records[key] = replace(
                    held, status=DeliveryStatus.UNDELIVERED, reason=reason, updated_at=timestamp(now)
                )

    def list_undelivered(self, limit: int, widget: str | None = None) -> list[Delivery]:
        left = [
            record
            for record in self._records.values()
            if record.status is not DeliveryStatus.DELIVERED and widget in (None, record.widget)
        ]
        return sorted(left, key=lambda record: (record.occurred_at, record.event_id), reverse=True)[:limit]

    def of(self, event_id: str) -> list[Delivery]:
        return sorted(
            (record for record in self._records.values() if record.event_id == event_id),
            key=lambda record: record.destination,
        )


class FakeSender:
    """Keeps what it was sent; `failing` maps a destination's name to the faults of its next attempts."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Notice]] = []
        self.failing: dict[str, list[NotSent]] = {}

    def send(self, destination: Destination, notice: Notice, _now: datetime) -> None:
        faults = self.failing.get(destination.name)
        if faults:
            raise faults.pop(0)
        self.sent.append((destination.name, notice))


class FakeDeadLetters:
    """Queues of failures in memory; a redrive empties one at once."""

    def __init__(self, queues: Iterable[FailureQueue]) -> None:
        self._queues = {queue.name: queue for queue in queues}

    def list(self) -> list[FailureQueue]:
        return [replace(queue, sample=()) for queue in self._queues.values()]

    def peek(self, queue: FailureQueue) -> FailureQueue:
        return self._queues[queue.name]

    def redrive(self, queue: FailureQueue) -> int:
        self._queues[queue.name] = replace(queue, messages=0, sample=())
        return queue.messages
