"""Replace the notification rules by a reviewed document: whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.notifications.ports import NotificationState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.notifications.rules import Notifications
from edgeship.domain.notifications.rules_record import change_notifications, from_document
from edgeship.domain.notifications.validate_rules import Problem, problems


class NotificationsRefused(Refused):
    """The document has faults; `problems` lists each with its place."""

    def __init__(self, found: list[Problem]) -> None:
        shown = "\n".join(f"  {place or '/'}: {message}" for place, message in found)
        faults = f"{len(found)} fault{'' if len(found) == 1 else 's'}"
        super().__init__(
            "notifications_invalid",
            f"The notifications have {faults}; nothing was applied.\n{shown}",
            "Fix each of them.",
        )
        self.problems = found


@dataclass(frozen=True)
class NotificationsChange:
    """The notifications before and after; equal when there was nothing to do."""

    old: Notifications
    new: Notifications


@dataclass(frozen=True)
class ChangeNotifications:
    state: NotificationState
    pause: Pause

    def __call__(
        self, document: object, occasion: Occasion, *, dry_run: bool = False, loopback: bool = False
    ) -> NotificationsChange:
        """Replace the notifications of the occasion's environment by the document. With `loopback`, for the local
        cloud, webhooks may be on this machine.

        Raises:
            NotificationsRefused: `notifications_invalid`, with every problem.
        """
        found = problems(document, occasion.environment, loopback=loopback)
        if found:
            raise NotificationsRefused(found)
        assert isinstance(document, dict)
        new = from_document(document)

        def attempt() -> NotificationsChange:
            before = self.state.notifications()
            if new != before.notifications and not dry_run:
                record, event = change_notifications(before, new, occasion)
                self.state.commit(Transaction(puts=(record,), events=(event,)))
            return NotificationsChange(before.notifications, new)

        return retry_conflict(attempt, self.pause)
