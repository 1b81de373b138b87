"""However it ends, nothing that it started outlives it: the real supervision, over cheap parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localcloud.lifecycle import AlreadyRunning
from localcloud.state import down, read_state
from tests.localcloud.light_cloud import PROCESSES, LightCloud, PartFailed
from tests.localcloud.processes import HAS_PROC, Process, descendants, running, started_by, survivors
from tests.support.repository import ROOT

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.skipif(not HAS_PROC, reason="reads /proc")]


@contextmanager
def up(state_path: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.localcloud.light_cloud", str(state_path), *words],
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_stop_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    before = descendants(os.getpid())
    with LightCloud(tmp_path / "local.json") as cloud:
        started = started_by(os.getpid(), *PROCESSES) - before
        assert (cloud.scratch / "log").exists()
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
            LightCloud(tmp_path / "local.json").start()
    assert survivors(started, seconds=0.5) == []
    assert not cloud.scratch.exists()
    assert not (tmp_path / "local.json").exists()
    cloud.stop()


def test_a_part_that_does_not_start_leaves_no_process(tmp_path: Path) -> None:
    before = descendants(os.getpid())
    started: set[Process] = set()

    def fail() -> None:
        started.update(started_by(os.getpid(), *PROCESSES) - before)
        raise PartFailed

    cloud = LightCloud(tmp_path / "local.json", fail)
    with pytest.raises(PartFailed):
        cloud.start()
    assert len(started) == len(PROCESSES) + 1
    assert survivors(started, seconds=0.5) == []
    assert not cloud.scratch.exists()
    assert not (tmp_path / "local.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    state_path = tmp_path / "local.json"
    with up(state_path) as process:
        state = running(process, state_path)
        started = started_by(process.pid, *PROCESSES)
        process.send_signal(number)
        status = process.wait(timeout=20)
        assert status == (-signal.SIGKILL if number == signal.SIGKILL else 0)
        assert survivors(started, seconds=6 if number == signal.SIGKILL else 0.5) == []
        assert read_state(state_path) is None
        if number != signal.SIGKILL:
            assert not state_path.exists()
            assert not Path(state.logs).exists()


def test_ctrl_c_while_starting_leaves_no_process(tmp_path: Path) -> None:
    state_path = tmp_path / "local.json"
    with up(state_path, "hang") as process:
        started = started_by(process.pid, *PROCESSES)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert survivors(started, seconds=0.5) == []
        assert not state_path.exists()


def test_down_stops_it_from_another_process(tmp_path: Path) -> None:
    state_path = tmp_path / "local.json"
    with up(state_path) as process:
        state = running(process, state_path)
        started = started_by(process.pid, *PROCESSES)
        reaper = threading.Thread(target=process.wait)  # a zombie would count as gone, but is not
        reaper.start()
        assert down(state_path) == state
        reaper.join(timeout=5)
        assert process.returncode == 0
        assert survivors(started, seconds=0.5) == []
        assert down(state_path) is None
