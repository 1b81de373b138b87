"""A cloud of cheap parts under the real supervision: a process with a child in the emulator's place, and an edge
function in the middle of an invocation.

    python -m tests.localcloud.light_cloud STATE_FILE [hang]

runs until it is interrupted; with `hang` it never gets to the end of its start.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from localcloud.cloudfront.lambda_edge.edge_runtime import EdgeRuntime
from localcloud.lifecycle import Lifecycle
from localcloud.processes.serving_thread import ServingThread
from localcloud.processes.supervised_process import SupervisedProcess
from localcloud.state import LocalState, process_start
from tests.localcloud.edge_code import code

STAND_IN = """
import pathlib, subprocess, sys, time
subprocess.Popen([sys.executable, pathlib.Path(__file__).with_name("stand_in_worker.py")])
time.sleep(60)
"""
WORKER = "import time\ntime.sleep(60)\n"
HANGS = "import time\n\ndef handler(event, context):\n    time.sleep(60)\n"
PROCESSES = ("guard.py", "stand_in_worker.py", "edge_worker.py")
"""And between the first two, as one's child and the other's parent, stand_in.py."""


class PartFailed(Exception):
    """The last part did not start."""


class LightCloud(Lifecycle):
    def __init__(self, state_path: Path | None, last: Callable[[], None] = lambda: None) -> None:
        """`last` is the last thing that is started."""
        super().__init__(state_path)
        self.scratch = Path(tempfile.gettempdir())
        self._last = last

    def _start(self, parts: ExitStack) -> LocalState:
        self.scratch = Path(tempfile.mkdtemp(prefix="light-cloud-"))
        parts.callback(shutil.rmtree, self.scratch, ignore_errors=True)
        for name, source in (("stand_in.py", STAND_IN), ("stand_in_worker.py", WORKER)):
            (self.scratch / name).write_text(source)
        process = SupervisedProcess([sys.executable, str(self.scratch / "stand_in.py")])
        parts.callback(process.stop)
        with (self.scratch / "log").open("ab") as log:
            process.start(self.scratch, dict(os.environ), log)
        edge = ServingThread("edge", self._serve)
        parts.callback(edge.stop)
        edge.start()
        self._last()
        return LocalState(
            pid=os.getpid(),
            process_start=process_start(os.getpid()) or "",
            endpoint_url="http://127.0.0.1:1",
            edge_url="http://127.0.0.1:2",
            cloudflare_url=None,
            environment="light",
            account="000000000000",
            started_at="2026-11-23T12:00:00+00:00",
            logs=str(self.scratch),
        )

    async def _serve(self, answering: Callable[[], None], stopping: asyncio.Event) -> None:
        runtime = EdgeRuntime(code(HANGS, timeout=60), "http://127.0.0.1:1")
        invocation = asyncio.create_task(runtime.invoke({}))
        try:
            answering()
            await stopping.wait()
        finally:
            invocation.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await invocation
            await runtime.close()


def _hang() -> None:
    while True:
        time.sleep(0.05)


if __name__ == "__main__":
    LightCloud(Path(sys.argv[1]), _hang if sys.argv[2:] else lambda: None).run()
