"""The file by which other processes find a running local cloud."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

DOWN_SECONDS = 30.0


@dataclass(frozen=True)
class LocalState:
    """A running local cloud. `started_at` is ISO 8601 in UTC; `process_start` tells the process from a later one that
    got its id; `environment` is what its project calls what is deployed there; `cloudflare_url` is None without a
    Cloudflare, `side_url` without a distribution beside the first; `principals` are whom one can act as where policies
    are enforced, each with its credentials as the SDKs' variables, and empty elsewhere. `speed` is how many times
    faster than real time alarms and periods of metrics go by."""

    pid: int
    process_start: str
    endpoint_url: str
    edge_url: str
    cloudflare_url: str | None
    environment: str
    account: str
    started_at: str
    logs: str
    side_url: str | None = None
    speed: float = 1
    principals: dict[str, dict[str, str]] = field(default_factory=dict)


def write_state(path: Path, state: LocalState) -> None:
    """Put `state` at `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Its owner's alone: it may hold credentials.
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(state), file, indent=2)
            file.write("\n")
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def read_state(path: Path) -> LocalState | None:
    """The local cloud that `path` names, when its process is alive; None otherwise."""
    try:
        state = LocalState(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):  # TypeError: written by another version
        return None
    return state if process_start(state.pid) == state.process_start else None


def remove_state(path: Path, pid: int) -> None:
    """Remove the file, if it is of the process `pid`."""
    state = read_state(path)
    if state is not None and state.pid == pid:
        path.unlink(missing_ok=True)


def down(path: Path) -> LocalState | None:
    """Stop the local cloud that `path` names and wait until it is gone; what was running, if anything.

    Raises:
        TimeoutError: it still runs DOWN_SECONDS later.
    """
    state = read_state(path)
    if state is None:
        path.unlink(missing_ok=True)
        return None
    os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_SECONDS
    while process_start(state.pid) == state.process_start:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the local cloud (process {state.pid}) did not stop within {DOWN_SECONDS:.0f} s")
        time.sleep(0.05)
    path.unlink(missing_ok=True)
    return state


def process_start(pid: int) -> str | None:
    """When the process began, as its system tells it; None when there is none or only its zombie."""
    try:
        # The command's name, in parentheses, may hold spaces; state is field 3 of proc(5), the start time field 22.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except ProcessLookupError:
        return None
    answer = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    status, _, started = answer.stdout.strip().partition(" ")
    return started.strip() or None if status and not status.startswith("Z") else None
