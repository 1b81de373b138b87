"""What ended in the queues of failures, and where it failed."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.notifications.ports import DeadLetters, FailureQueue
from edgeship.domain.errors import Refused


@dataclass(frozen=True)
class ReadDeadLetters:
    queues: DeadLetters

    def __call__(self) -> list[FailureQueue]:
        """Every queue of failures of the environment, those with messages first; without their messages."""
        return sorted(self.queues.list(), key=lambda queue: (queue.messages == 0, queue.name))

    def one(self, name: str) -> FailureQueue:
        """A queue with some of its messages. They stay where they are.

        Raises:
            Refused: `queue_unknown`.
        """
        found = next((queue for queue in self.queues.list() if queue.name == name), None)
        if found is None:
            raise Refused("queue_unknown", f"There is no queue of failures {name!r:.100}.", "See the notifications.")
        return self.queues.peek(found)
