"""Kills a process at its writes: just before one, or when it has taken effect and its answer is lost.

At reads nobody dies: nothing but its writes outlives a process, so a death after a read is the death after the write
before it. For the same reason just before a write is just after the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import Any, Literal

import boto3

from tests.support.moto.sessions import KeptClients

When = Literal["before", "after"]

_READS = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan")


def is_write(operation: str) -> bool:
    return not operation.startswith(_READS)


class ProcessDied(BaseException):
    """Not an Exception: nothing in the program may catch it and tidy up, as nothing could after a power cut."""


@dataclass
class Death:
    """At which write, counted from 0, and on which side of it; None never comes. `writes` are those there were."""

    write: int | None = None
    when: When = "after"
    writes: list[str] = field(default_factory=list)
    dead: bool = False

    def __post_init__(self) -> None:
        self._lock = Lock()

    def before(self, operation: str, context: dict[str, Any]) -> None:
        with self._lock:
            self._die_if(False)
            if is_write(operation):
                context["crash.write"] = len(self.writes)
                self.writes.append(operation)
                self._die_if(context["crash.write"] == self.write and self.when == "before")

    def after(self, operation: str, context: dict[str, Any]) -> None:
        with self._lock:
            self._die_if("crash.write" in context and context["crash.write"] == self.write and self.when == "after")

    def _die_if(self, now: bool) -> None:
        # Once dead, always dead: the other threads of the process make no further call either.
        self.dead = self.dead or now
        if self.dead:
            raise ProcessDied


def deaths(life: Death) -> list[Death]:
    """Every way to die for a process that lives as this one did: before its first write, and after each."""
    return [Death(0, "before"), *(Death(write) for write in range(len(life.writes)))]


class _Session(KeptClients):
    """The death changes under its clients."""

    def __init__(self) -> None:
        super().__init__()
        self.death = Death()
        events = self._session.get_component("event_emitter")
        events.register_first("before-call.*.*", lambda model, context, **_: self.death.before(model.name, context))
        events.register_last("after-call.*.*", lambda model, context, **_: self.death.after(model.name, context))


@cache
def _session() -> _Session:
    return _Session()


@contextmanager
def process(death: Death | None = None) -> Iterator[None]:
    """What boto3.client returns inside belongs to a process that will meet this death, or none."""
    session = _session()
    outer_death, session.death = session.death, death or Death()
    outer_session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, session
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION, session.death = outer_session, outer_death


def run(body: Callable[[], object], death: Death | None = None) -> bool:
    """Run a process's body; whether it lived to its end."""
    try:
        with process(death):
            body()
    except ProcessDied:
        return False
    return True
