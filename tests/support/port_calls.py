"""Processes whose calls of ports are counted: one can be killed at any of them, or be made to wait there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.crash.death import ProcessDied


@dataclass
class Calls:
    """The calls of one process. `at` is run before the call with the number `number`, or after it."""

    number: int | None = None
    at: Callable[[], object] = lambda: None
    after: bool = False
    made: list[str] = field(default_factory=list)

    def wrap(self, port: Any) -> Any:
        """The port, with its calls counted."""
        return _Counted(port, self)


class _Counted:
    def __init__(self, port: Any, calls: Calls) -> None:
        self._port, self._calls = port, calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            calls, number = self._calls, len(self._calls.made)
            calls.made.append(name)
            if number == calls.number and not calls.after:
                calls.at()
            answer = method(*args, **kwargs)
            if number == calls.number and calls.after:
                calls.at()
            return answer

        return call


def die() -> None:
    raise ProcessDied
