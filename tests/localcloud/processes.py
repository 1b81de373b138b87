"""The processes that a process has started, by /proc."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from localcloud.state import LocalState, process_start, read_state

HAS_PROC = Path("/proc/self/stat").exists()


@dataclass(frozen=True)
class Process:
    pid: int
    start: str
    command: str

    def lives(self) -> bool:
        return process_start(self.pid) == self.start


def descendants(pid: int) -> set[Process]:
    """Everything that `pid` and its descendants have started and that lives."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found: set[int] = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    result = set()
    for each in found - {pid}:
        start = process_start(each)
        if start is not None:
            command = Path(f"/proc/{each}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            result.add(Process(each, start, command))
    return result


def started_by(pid: int, *commands: str) -> set[Process]:
    """What `pid` has started, once it includes a process of each of `commands`."""
    deadline = time.monotonic() + 30
    while True:
        found = descendants(pid)
        if all(any(command in process.command for process in found) for command in commands):
            return found
        assert time.monotonic() < deadline, [p.command for p in found]
        time.sleep(0.02)


def running(process: subprocess.Popen[bytes], state_path: Path) -> LocalState:
    """What the state file says, once the process has written it."""
    deadline = time.monotonic() + 120
    while (state := read_state(state_path)) is None:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert state.pid == process.pid
    return state


def survivors(processes: Iterable[Process], seconds: float) -> list[Process]:
    """Those that still live after at most `seconds`."""
    deadline = time.monotonic() + seconds
    alive = list(processes)
    while alive and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = [p for p in alive if p.lives()]
    return alive
