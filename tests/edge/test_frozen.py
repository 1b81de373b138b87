"""The built function stopped between two requests, as Lambda stops it, in the middle of a read beside the answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.fake_s3 import ACCESS_KEY, SECRET_KEY, Exchange, FakeS3
from tests.edge.ofrep_request import BULK, flags_body, ofrep
from tests.edge.zip_layout import CONFIG, lay_out

FLAGS_PATH = f"/{CONFIG['bucket']}/{CONFIG['flags_key']}"
FRESHNESS, MOST_AGE, TIMEOUT = 0.2, 1.2, 1.0
WORKER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from functions.edge.handler import handler
for line in sys.stdin:
    outcome = handler({"Records": [{"cf": {"request": json.loads(line)}}]}, None)
    print(outcome.get("body"), flush=True)
"""


class Function:
    """One sandbox, which runs during requests alone."""

    def __init__(self, server: FakeS3, layout: Path) -> None:
        self.server = server
        env = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", WORKER, str(layout)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        )

    def store(self, value: int) -> None:
        flag = {"variants": {"it": value}, "default_variant": "it"}
        self.server.objects[FLAGS_PATH] = flags_body({"n": flag}, revision=value)

    def value(self, after: float = 0, runs_on: float = 0) -> Any:
        """The flag's value after the function stood still for so long; then it may run on for a moment."""
        time.sleep(after)
        os.kill(self.process.pid, signal.SIGCONT)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(ofrep(uri=f"{BULK}/n")) + "\n")
        self.process.stdin.flush()
        body = self.process.stdout.readline()
        time.sleep(runs_on)
        os.kill(self.process.pid, signal.SIGSTOP)
        return json.loads(body).get("value")


@pytest.fixture
def function(tmp_path: Path) -> Iterator[Function]:
    config = {**CONFIG, "freshness_seconds": FRESHNESS, "timeout_seconds": TIMEOUT}
    with FakeS3() as server:
        running = Function(server, lay_out(tmp_path / "layout", config))
        running.store(1)
        try:
            yield running
        finally:
            running.process.kill()
            running.process.communicate()


def asked(function: Function, times: int) -> None:
    deadline = time.monotonic() + 10
    while len(function.server.requests) < times:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_answer_that_came_while_the_function_stood_still_is_taken_when_it_goes_on(function: Function) -> None:
    assert function.value() == 1
    function.store(2)
    assert function.value(after=FRESHNESS, runs_on=0.1) in (1, 2)
    # What was asked for beside that answer has come by now, or comes with this request.
    values = [function.value(after=FRESHNESS, runs_on=0.05) for _ in range(5)]
    assert values[-1] == 2


def test_a_read_that_hangs_on_a_dead_connection_costs_no_answer(function: Function) -> None:
    assert function.value() == 1
    reads = len(function.server.requests)
    function.server.reactions = [Exchange.wait_for_hang_up]
    assert function.value(after=FRESHNESS, runs_on=0.2) == 1
    asked(function, reads + 1)
    function.store(3)
    # Too old to answer, and the read under way began longer ago than a request may wait: it is abandoned.
    started = time.monotonic()
    assert function.value(after=MOST_AGE + 0.3) == 3
    assert time.monotonic() - started < MOST_AGE + 0.3 + 2 * TIMEOUT
