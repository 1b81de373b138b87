"""From start to end: parts that stop in reverse order, signals, and the state file by which others find it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from localcloud.state import LocalState, read_state, remove_state, write_state

# The system may hand a signal to any thread, and Python runs its handler in the main one: which therefore never waits
# long without a look.
_LOOK_SECONDS = 0.25


class AlreadyRunning(RuntimeError):
    """The state file names a local cloud that runs."""


class Lifecycle(ABC):
    """Whatever starts processes, threads and folders: none of them is left once it has stopped, however it stops."""

    def __init__(self, state_path: Path | None) -> None:
        """
        Args:
            state_path: where other processes look for it; None to be found by nobody.
        """
        self.state_path = state_path
        self._parts = ExitStack()

    @abstractmethod
    def _start(self, parts: ExitStack) -> LocalState:
        """Start everything. A part's stop becomes a callback of `parts` before the part is started."""

    def start(self) -> None:
        """Start everything; whatever had started is stopped when a part does not.

        Raises:
            AlreadyRunning: the state file names another.
        """
        other = read_state(self.state_path) if self.state_path is not None else None
        if other is not None:
            raise AlreadyRunning(
                f"a local cloud already runs here (process {other.pid}, {other.endpoint_url}): "
                "stop it, or use another folder"
            )
        try:
            state = self._start(self._parts)
            if self.state_path is not None:
                write_state(self.state_path, state)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything and wait until it is gone. Safe to call twice."""
        if self.state_path is not None:
            remove_state(self.state_path, os.getpid())
        self._parts.close()

    def run(self) -> None:
        """Start, stay until SIGINT, SIGTERM or SIGHUP, stop. Call it from the main thread."""
        with interruptible() as interruption, contextlib.suppress(KeyboardInterrupt):
            try:
                self.start()
                interruption.wait()
            finally:
                self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Interruption:
    """Whether the process was asked to end."""

    def __init__(self) -> None:
        self.happened = False

    def wait(self) -> None:
        """Stay until it is; a KeyboardInterrupt usually ends the wait. Call it from the main thread."""
        while not self.happened:
            time.sleep(_LOOK_SECONDS)


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """SIGTERM and SIGHUP raise KeyboardInterrupt, as SIGINT does.

    Further signals while the block winds down are ignored: an impatient second Ctrl-C leaves nothing running.
    """
    interruption = Interruption()

    def interrupt(*_: object) -> None:
        if not interruption.happened:
            interruption.happened = True
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
