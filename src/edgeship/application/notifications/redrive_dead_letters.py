"""Let what failed be tried again, after its cause is fixed."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.notifications.ports import DeadLetters
from edgeship.application.notifications.read_dead_letters import ReadDeadLetters
from edgeship.domain.errors import Refused


@dataclass(frozen=True)
class RedriveDeadLetters:
    """What takes the messages is idempotent: a redrive that is asked for twice, or dies, does no harm."""

    queues: DeadLetters
    read: ReadDeadLetters

    def __call__(self, name: str) -> int:
        """Move a queue's messages to the queue that they failed in; returns how many were moved.

        Raises:
            Refused: `queue_unknown`, `queue_empty`, or `not_redrivable` when no queue takes them.
        """
        queue = self.read.one(name)
        if queue.messages == 0:
            raise Refused("queue_empty", f"The queue {name} is empty.", "Nothing has to be done.")
        if queue.source is None:
            raise Refused(
                "not_redrivable",
                f"The messages of {name} did not fail in a queue: none takes them again.",
                "Do what the runbook of its alarm says.",
            )
        return self.queues.redrive(queue)
