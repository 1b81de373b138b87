"""A child process that cannot outlive this one, with everything that it starts: run under guard.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from localcloud.processes import guard


class SupervisedProcess:
    """One command, from start() to stop()."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self, folder: Path, environment: Mapping[str, str], log: IO[bytes]) -> None:
        """
        Args:
            folder: where it runs.
            log: takes its output.
        """
        self._guard = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", guard.__file__, *self._command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )

    @property
    def runs(self) -> bool:
        return self._guard is not None and self._guard.poll() is None

    def stop(self) -> None:
        """Stop it and everything it started; returns when all of it is gone. Safe to call twice."""
        process, self._guard = self._guard, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=guard.GRACE_SECONDS + 10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        _wait_until_group_is_gone(process.pid)


def _wait_until_group_is_gone(group: int) -> None:
    # After the guard's SIGKILL the group's members are reaped by init, which takes a moment.
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            return
        time.sleep(0.01)
