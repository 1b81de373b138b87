"""Runs a command and tells when it began and ended, how it ended and its peak memory. Standard library only.

    python -I -S launcher.py REPORT COMMAND...

The peak that wait4 tells of begins with that of the process it was forked from, so what forks is kept this small.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(report: str, command: list[str]) -> None:
    began = time.monotonic()
    _, status, usage = os.wait4(os.posix_spawn(command[0], command, os.environ), 0)
    finished = {
        "began": began,
        "ended": time.monotonic(),
        "exit_code": os.waitstatus_to_exitcode(status),
        # getrusage(2): kilobytes on Linux, bytes on macOS.
        "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    with open(report, "w") as file:  # noqa: PTH123  pathlib would double this process's size
        json.dump(finished, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
