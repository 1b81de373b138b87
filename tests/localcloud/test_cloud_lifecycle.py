"""A whole local cloud in the middle of its work leaves nothing; every way to end is in test_lifecycle.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from localcloud.cloud import Cloud
from localcloud.sandbox import SandboxSession
from localcloud.state import read_state
from tests.localcloud.handmade import project, write_assembly
from tests.localcloud.processes import HAS_PROC, descendants, running, started_by, survivors
from tests.support.repository import ROOT

pytestmark = [
    pytest.mark.cloud,
    pytest.mark.nightly,
    pytest.mark.xdist_group("cloud-lifecycle"),
    pytest.mark.skipif(not HAS_PROC, reason="reads /proc"),
]

UP = """
import sys
from pathlib import Path
from localcloud.cloud import Cloud
from tests.localcloud.handmade import project
Cloud(project(Path(sys.argv[2])), state_path=Path(sys.argv[1])).run()
"""
PROCESSES = ("guard.py", "-m ministack", "_worker.py", "edge_worker.py")


def busy(endpoint_url: str, edge_url: str) -> None:
    """Leave a Lambda and an edge function in the middle of an invocation."""
    SandboxSession(endpoint_url).client("lambda").invoke(FunctionName="handmade-sleeper", InvocationType="Event")

    def hang() -> None:
        with suppress(OSError):
            urllib.request.urlopen(f"{edge_url}/hang/latest/x", timeout=10).close()

    threading.Thread(target=hang, daemon=True).start()


def test_stop_leaves_no_process(tmp_path: Path) -> None:
    before = descendants(os.getpid())
    with Cloud(project(write_assembly(tmp_path))) as cloud:
        busy(cloud.endpoint_url, cloud.edge_url)
        started = started_by(os.getpid(), *PROCESSES) - before
        logs = cloud.logs
        assert (logs / "emulator.log").exists()
    assert survivors(started, seconds=0.5) == []
    assert not logs.exists()
    cloud.stop()


@pytest.mark.nightly
def test_a_kill_leaves_no_process(tmp_path: Path) -> None:
    state_path, assembly = tmp_path / "local.json", write_assembly(tmp_path / "assembly")
    process = subprocess.Popen(
        [sys.executable, "-c", UP, str(state_path), str(assembly)], cwd=ROOT, start_new_session=True
    )
    try:
        state = running(process, state_path)
        busy(state.endpoint_url, state.edge_url)
        started = started_by(process.pid, *PROCESSES)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=20) == -signal.SIGKILL
        assert survivors(started, seconds=6) == []
        assert read_state(state_path) is None
    finally:
        process.kill()
        process.wait()
