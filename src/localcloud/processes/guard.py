"""Runs a command so that it cannot outlive the process that asked for it. Standard library only, run as a script.

    python -I -S guard.py COMMAND...

The guard leads a session of its own, so the command and whatever it starts share the guard's process group. The
asking process holds the other end of the guard's standard input and never writes to it: when that end closes, by
intention or because the process died (SIGKILL included), the group gets SIGTERM and, GRACE_SECONDS later, SIGKILL.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 3.0
_CHECK_SECONDS = 0.2


def main(command: list[str]) -> int:
    if os.getpgrp() != os.getpid():
        os.setsid()
    # The group's SIGTERM reaches the guard too; Ctrl-C is the asking process's business.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_default_signals)  # noqa: S603
    while child.poll() is None and not _closed(sys.stdin.fileno(), _CHECK_SECONDS):
        pass
    os.killpg(0, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    # Whatever is left of the group goes, the guard with it: its exit status is of no use to anybody.
    os.killpg(0, signal.SIGKILL)
    return 0


def _default_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _closed(descriptor: int, timeout: float) -> bool:
    readable, _, _ = select.select([descriptor], [], [], timeout)
    return bool(readable) and not os.read(descriptor, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
