"""Follow an event to its destinations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from edgeship.application.notifications.ports import Deliveries, Delivery, DeliveryStatus
from edgeship.application.ports import Clock

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class FollowNotification:
    deliveries: Deliveries
    clock: Clock
    sleep: Callable[[float], None]

    def __call__(self, event_id: str, destinations: Sequence[str], timeout: timedelta) -> list[Delivery]:
        """Wait until each destination has taken the event or has failed once, or until the timeout; returns the
        deliveries that exist then."""
        deadline = self.clock() + timeout
        while True:
            found = [each for each in self.deliveries.of(event_id) if each.destination in destinations]
            settled = [each for each in found if each.status is not DeliveryStatus.SENDING]
            if len(settled) == len(set(destinations)) or self.clock() >= deadline:
                return found
            self.sleep(POLL_SECONDS)
