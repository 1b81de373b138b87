"""Edge functions in their own processes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from localcloud.cloudfront.lambda_edge.edge_runtime import EdgeFunctionFailed, EdgeRuntime
from localcloud.sandbox import NotLoopback
from localcloud.state import process_start
from tests.localcloud.edge_code import code

ENDPOINT = "http://127.0.0.1:1"

PROBE = """
import os, sys
print("printed by the function")
def handler(event, context):
    print("handling", event)
    return {
        "pid": os.getpid(),
        "event": event,
        "environment": dict(os.environ),
        "path": sys.path,
        "function": [context.function_name, context.function_version, context.memory_limit_in_mb],
        "remaining": context.get_remaining_time_in_millis(),
        "request": context.aws_request_id,
    }
"""


def run(
    story: Callable[[EdgeRuntime], Awaitable[None]], source: str, timeout: float = 5.0, log: Path | None = None
) -> None:
    async def play() -> None:
        with (log or Path(os.devnull)).open("ab") as stream:
            runtime = EdgeRuntime(code(source, timeout), ENDPOINT, stream)
            try:
                await story(runtime)
            finally:
                await runtime.close()

    asyncio.run(play())


def test_a_function_sees_its_code_the_standard_library_and_lambdas_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "REAL")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    log = tmp_path / "edge.log"

    async def story(runtime: EdgeRuntime) -> None:
        seen = await runtime.invoke({"a": "ä"})
        assert isinstance(seen, dict)
        assert seen["event"] == {"a": "ä"}
        assert seen["environment"]["AWS_REGION"] == "us-east-1"
        assert seen["environment"]["AWS_ENDPOINT_URL"] == ENDPOINT
        assert seen["environment"]["AWS_ACCESS_KEY_ID"] == "test"
        assert not {"AWS_PROFILE", "HOME", "PYTHONPATH"} & seen["environment"].keys()
        assert not any("site-packages" in p or "edgeship/src" in p for p in seen["path"])
        assert seen["function"] == ["edge", "1", "128"]
        assert 4000 < seen["remaining"] <= 5000

    run(story, PROBE, log=log)
    assert "printed by the function" in log.read_text()
    assert "handling {'a': 'ä'}" in log.read_text()


def test_a_process_stays_warm_and_goes_at_the_end() -> None:
    pids: list[int] = []

    async def story(runtime: EdgeRuntime) -> None:
        results = [await runtime.invoke({}) for _ in range(3)]
        pids.extend(r["pid"] for r in results if isinstance(r, dict))
        assert len({r["request"] for r in results if isinstance(r, dict)}) == 3

    run(story, PROBE)
    assert len(set(pids)) == 1
    assert process_start(pids[0]) is None


def test_concurrent_invocations_run_in_processes_of_their_own() -> None:
    source = "import os, time\ndef handler(event, context):\n    time.sleep(0.3)\n    return [os.getpid(), event]"

    async def story(runtime: EdgeRuntime) -> None:
        results = await asyncio.gather(*(runtime.invoke({"n": n}) for n in range(3)))
        assert [r[1]["n"] for r in results if isinstance(r, list)] == [0, 1, 2]
        assert len({r[0] for r in results if isinstance(r, list)}) == 3

    run(story, source)


def test_a_function_that_hangs_is_killed_and_the_next_invocation_works() -> None:
    source = (
        "import time\ndef handler(event, context):\n    if event['hang']:\n        time.sleep(60)\n    return event"
    )

    async def story(runtime: EdgeRuntime) -> None:
        began = time.monotonic()
        with pytest.raises(EdgeFunctionFailed, match=r"timed out after 0\.5 s"):
            await runtime.invoke({"hang": True})
        assert time.monotonic() - began < 3
        assert await runtime.invoke({"hang": False}) == {"hang": False}

    run(story, source, timeout=0.5)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def handler(event, context):\n    raise KeyError('snapshot')", "KeyError: 'snapshot'"),
        ("def handler(event, context):\n    return object()", "not JSON"),
        ("import os\ndef handler(event, context):\n    os._exit(3)", "edge ended"),
        ("import boto3\ndef handler(event, context): ...", "No module named 'boto3'"),
        ("import edgeship\ndef handler(event, context): ...", "No module named 'edgeship'"),
        ("def other(event, context): ...", "no attribute 'handler'"),
        ("raise SystemExit(1)", "SystemExit"),
    ],
)
def test_failures_carry_their_cause(source: str, reason: str) -> None:
    async def story(runtime: EdgeRuntime) -> None:
        for _ in range(2):
            with pytest.raises(EdgeFunctionFailed, match=reason):
                await runtime.invoke({})

    run(story, source)


def test_an_abandoned_invocation_does_not_answer_the_next() -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(event['seconds'])\n    return event"

    async def story(runtime: EdgeRuntime) -> None:
        slow = asyncio.create_task(runtime.invoke({"seconds": 30}))
        await asyncio.sleep(0.3)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert await runtime.invoke({"seconds": 0}) == {"seconds": 0}

    run(story, source)


def test_its_calls_stay_on_this_machine() -> None:
    with pytest.raises(NotLoopback):
        EdgeRuntime(code(PROBE), "https://s3.amazonaws.com")
