"""What every page of the console stands on: one environment, and the person who acts on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from edgeship.application.ports import Clock
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion

if TYPE_CHECKING:
    from edgeship.bootstrap.operator import Operator

T = TypeVar("T")

USED = (
    "state",
    "overview",
    "status",
    "numbers",
    "series",
    "errors",
    "changes",
    "recent_events",
    "evaluate",
    "dead_letters",
    "deliveries",
    "redrive",
    "promote",
    "start_rollout",
    "steer_rollout",
    "roll_back",
    "unlock",
    "unquarantine",
    "freeze",
    "flags",
    "request_deployment",
)
"""The use cases of its pages."""


class Failure(Protocol):
    """Why something did not happen: a stable code, a sentence, and what to do."""

    @property
    def code(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def remedy(self) -> str: ...


class ReadOnly(Refused):
    """The console was started to read alone."""

    def __init__(self) -> None:
        super().__init__(
            "read_only", "This console only reads. Nothing was changed.", "Start it without --read-only to act."
        )


@dataclass(frozen=True)
class Part(Generic[T]):
    """A part of a page: what was read, or why it could not be."""

    value: T | None
    failure: Failure | None = None


@dataclass(frozen=True)
class Desk:
    """`explain` gives the failure of an expected error, and None for a fault of edgeship; `occasion` is this person,
    now, for a reason. `where` names what is acted on."""

    operator: Operator
    environment: str
    actor: str
    where: str
    clock: Clock
    explain: Callable[[BaseException], Failure | None]
    occasion: Callable[[str], Occasion]
    read_only: bool = False
    _notes: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def prepare(self) -> None:
        """Make every use case, with its client, here: a session makes no clients in two threads at once.
        Source: https://docs.aws.amazon.com/boto3/latest/guide/session.html#multithreading-or-multiprocessing"""
        for name in USED:
            getattr(self.operator, name)

    def part(self, read: Callable[[], T]) -> Part[T]:
        """Read a part of a page, without which the others are still shown."""
        try:
            return Part(read())
        except Exception as error:
            failure = self.explain(error)
            if failure is None:
                raise
            return Part(None, failure)

    def check_may_act(self) -> None:
        """
        Raises:
            ReadOnly: it only reads.
        """
        if self.read_only:
            raise ReadOnly

    def note(self, text: str) -> str:
        """Keep a text for the page that follows; returns its id. Only the newest are kept."""
        with self._lock:
            name = f"n{len(self._notes) + 1}" if len(self._notes) < _NOTES_KEPT else next(iter(self._notes))
            self._notes.pop(name, None)
            self._notes[name] = text
        return name

    def noted(self, name: str | None) -> str | None:
        """The text that was kept under an id."""
        return self._notes.get(name or "")


_NOTES_KEPT = 200
