"""Kills a process at every AWS call it makes: just before the call, and just after it has taken effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Literal

import boto3

When = Literal["before", "after"]


class ProcessDied(BaseException):
    """Not an Exception: nothing in the program may catch it and tidy up, as nothing could after a power cut."""


@dataclass
class Death:
    """At which AWS call, counted from 0, and on which side of it; None never comes."""

    call: int | None = None
    when: When = "before"
    calls: int = 0
    dead: bool = False

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._numbers: dict[int, int] = {}

    def before(self, context: dict[str, Any], **_: Any) -> None:
        with self._lock:
            number, self.calls = self.calls, self.calls + 1
            context["crash.number"] = number
            self._die_if(number == self.call and self.when == "before")

    def after(self, context: dict[str, Any], **_: Any) -> None:
        with self._lock:
            self._die_if(context["crash.number"] == self.call and self.when == "after")

    def _die_if(self, now: bool) -> None:
        # Once dead, always dead: the other threads of the process make no further call either.
        self.dead = self.dead or now
        if self.dead:
            raise ProcessDied


class _Session(boto3.Session):
    """Keeps its clients, since making one costs more than all a use case does; the death changes under them."""

    def __init__(self) -> None:
        super().__init__()
        self.death = Death()
        self._clients: dict[str, Any] = {}
        events = self._session.get_component("event_emitter")
        events.register_first("before-call.*.*", lambda **kwargs: self.death.before(**kwargs))
        events.register_last("after-call.*.*", lambda **kwargs: self.death.after(**kwargs))

    def client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if service_name not in self._clients:
            self._clients[service_name] = super().client(service_name, *args, **kwargs)  # type: ignore[call-overload]
        return self._clients[service_name]


@cache
def _session() -> _Session:
    return _Session()


@contextmanager
def process(death: Death) -> Iterator[None]:
    """What boto3.client returns inside belongs to a process that will meet this death."""
    session = _session()
    session.death = death
    previous, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, session
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = previous


def run(body: Callable[[], object], death: Death) -> bool:
    """Run a process's body; whether it lived to its end."""
    try:
        with process(death):
            body()
    except ProcessDied:
        return False
    return True
