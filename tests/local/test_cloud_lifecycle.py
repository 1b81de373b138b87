"""However a local cloud ends, nothing that it started outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from edgeship.local.cloud import LocalCloud
from edgeship.local.sandbox import SandboxSession
from edgeship.local.state import LocalState, down, read_state
from tests.local.handmade import write_assembly
from tests.local.processes import HAS_PROC, Process, descendants, survivors

pytestmark = [
    pytest.mark.cloud,
    pytest.mark.xdist_group("cloud-lifecycle"),
    pytest.mark.skipif(not HAS_PROC, reason="reads /proc"),
]

UP = """
import sys
from pathlib import Path
from edgeship.local.cloud import LocalCloud
LocalCloud(state_path=Path(sys.argv[1]), assembly=Path(sys.argv[2]), on_progress=lambda m: print(m, flush=True)).run()
"""


def busy(endpoint_url: str, edge_url: str) -> None:
    """Leave a Lambda and an edge function in the middle of an invocation."""
    SandboxSession(endpoint_url).client("lambda").invoke(FunctionName="handmade-sleeper", InvocationType="Event")

    def hang() -> None:
        with suppress(OSError):
            urllib.request.urlopen(f"{edge_url}/hang/latest/x", timeout=10).close()

    threading.Thread(target=hang, daemon=True).start()


def started_by(pid: int, *commands: str) -> set[Process]:
    """What `pid` has started, once it includes a process of each of `commands`."""
    deadline = time.monotonic() + 15
    while True:
        found = descendants(pid)
        if all(any(command in process.command for process in found) for command in commands):
            return found
        assert time.monotonic() < deadline, [p.command for p in found]
        time.sleep(0.02)


EVERYTHING = ("guard.py", "-m ministack", "_worker.py", "edge_worker.py")


@contextmanager
def up(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    state_path = tmp_path / "local.json"
    assembly = write_assembly(tmp_path / "assembly")
    process = subprocess.Popen(
        [sys.executable, "-c", UP, str(state_path), str(assembly)], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        yield process, state_path
    finally:
        process.kill()
        process.communicate()


def running(process: subprocess.Popen[bytes], state_path: Path) -> LocalState:
    deadline = time.monotonic() + 60
    while (state := read_state(state_path)) is None:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert state.pid == process.pid
    return state


def test_stop_leaves_no_process(tmp_path: Path) -> None:
    before = descendants(os.getpid())
    with LocalCloud(state_path=None, assembly=write_assembly(tmp_path)) as cloud:
        busy(cloud.endpoint_url, cloud.edge_url)
        started = started_by(os.getpid(), *EVERYTHING) - before
        logs = cloud.logs
        assert (logs / "emulator.log").exists()
    assert survivors(started, seconds=0.5) == []
    assert not logs.exists()
    cloud.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with up(tmp_path) as (process, state_path):
        state = running(process, state_path)
        busy(state.endpoint_url, state.edge_url)
        started = started_by(process.pid, *EVERYTHING)
        process.send_signal(number)
        status = process.wait(timeout=20)
        assert status == (-signal.SIGKILL if number == signal.SIGKILL else 0)
        assert survivors(started, seconds=6 if number == signal.SIGKILL else 0.5) == []
        assert read_state(state_path) is None
        if number != signal.SIGKILL:
            assert not state_path.exists()
            assert not Path(state.logs).exists()


def test_ctrl_c_while_starting_leaves_no_process(tmp_path: Path) -> None:
    with up(tmp_path) as (process, state_path):
        started = started_by(process.pid, "-m ministack")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert survivors(started, seconds=0.5) == []
        assert not state_path.exists()


def test_down_stops_it_from_another_process(tmp_path: Path) -> None:
    with up(tmp_path) as (process, state_path):
        state = running(process, state_path)
        started = started_by(process.pid, "-m ministack")
        reaper = threading.Thread(target=process.wait)  # a zombie would count as gone, but is not
        reaper.start()
        assert down(state_path) == state
        reaper.join(timeout=5)
        assert process.returncode == 0
        assert survivors(started, seconds=0.5) == []
        assert down(state_path) is None
