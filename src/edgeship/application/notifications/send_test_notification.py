"""Send a test along the whole path of an event, to destinations that an operator names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeship.application.notifications.ports import NotificationState
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, Occasion
from edgeship.domain.notifications.rules_record import notification_test


@dataclass(frozen=True)
class SendTestNotification:
    state: NotificationState

    def __call__(self, names: Sequence[str], occasion: Occasion) -> Event:
        """Commit the event of a test of these destinations, or of all when none is named. A test that is sent twice for
        one occasion is one event.

        Raises:
            Refused: `destination_unknown`, naming the known ones.
        """
        known = [destination.name for destination in self.state.notifications().notifications.destinations]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise Refused(
                "destination_unknown",
                f"There is no destination {', '.join(map(repr, unknown))} in {occasion.environment}.",
                f"Known destinations: {', '.join(known)}.",
            )
        event = notification_test(tuple(name for name in known if name in names or not names), occasion)
        self.state.commit(Transaction(puts=(), events=(event,)))
        return event
