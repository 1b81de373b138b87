"""Runs a CloudFront Function in a Node process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import signal
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from localcloud.cloudfront.functions.code import FunctionCode
from localcloud.cloudfront.functions.event import Event
from localcloud.cloudfront.functions.failure import FunctionFailed, FunctionThrottled
from localcloud.cloudfront.functions.key_value_store import Content
from localcloud.node import node

BUDGET_SECONDS = 1.0
"""CPU time of one run. CloudFront's budget is under a millisecond on machines of its own, and not published; this one
ends what would never end."""

_SCRIPT = Path(__file__).with_name("function_worker.mjs")
_LINE_BYTES = 8 * 1024 * 1024
_DRAIN_SECONDS = 2.0

Reply = asyncio.Future[dict[str, Any]]


@dataclass(eq=False)
class _Worker:
    """A process, and the runs that it has been asked for, in the order in which it answers them."""

    process: asyncio.subprocess.Process
    waiting: OrderedDict[int, tuple[bytes, Reply]] = field(default_factory=OrderedDict)
    reader: asyncio.Task[None] | None = None


class FunctionRuntime:
    """One function. Its process runs one event after the other and is asked for many at a time: a run takes
    microseconds, as nothing that a function may call waits for anything.

    Not thread safe: used from one event loop.
    """

    def __init__(
        self, code: FunctionCode, log: IO[bytes] | None = None, *, budget_seconds: float = BUDGET_SECONDS
    ) -> None:
        """
        Args:
            log: takes what the function logs; standard error when None.
        """
        self.code = code
        self._log = log
        self._budget = budget_seconds
        self._content = Content()
        self._worker: _Worker | None = None
        self._starting = asyncio.Lock()
        self._ids = itertools.count(1)

    async def invoke(self, event: Event, raw_query: str = "") -> Any:
        """The function's result.

        Raises:
            FunctionFailed: see there; the message carries the function's own.
        """
        return (await self.run(event, raw_query))[0]

    async def run(self, event: Event, raw_query: str = "") -> tuple[Any, Any]:
        """The function's result, and the origin group that it chose, if it did.

        Raises:
            FunctionFailed: as `invoke`.
        """
        worker = await self._running()
        run_id = next(self._ids)
        line = _line({"id": run_id, "event": event, "rawQuery": raw_query})
        reply: Reply = asyncio.get_running_loop().create_future()
        worker.waiting[run_id] = (line, reply)
        _write(worker, line)
        answered = await reply
        if "error" in answered:
            raise FunctionFailed(f"{self.code.name}: {answered['error']}")
        return answered.get("result"), answered.get("group")

    def show(self, content: Content) -> None:
        """Runs that are asked for from now on read `content`."""
        self._content = content
        if self._worker is not None:
            _write(self._worker, self._store_line())

    async def close(self) -> None:
        """End the process, once it has answered what it was asked for."""
        async with self._starting:
            worker, self._worker = self._worker, None
        if worker is None:
            return
        replies = [reply for _, reply in worker.waiting.values()]
        if replies:
            await asyncio.wait(replies, timeout=_DRAIN_SECONDS)
        _kill(worker.process)
        await worker.process.wait()
        if worker.reader is not None:
            await worker.reader

    async def _running(self) -> _Worker:
        async with self._starting:
            if self._worker is None:
                self._worker = await self._start()
            return self._worker

    async def _start(self) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            *(node(), "--no-warnings", str(_SCRIPT)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
            env={"PATH": "/usr/bin:/bin", "TZ": "UTC"},
            start_new_session=True,
            limit=_LINE_BYTES,
        )
        worker = _Worker(process)
        store = self.code.store
        settings = {
            "name": self.code.name,
            "source": self.code.source,
            "storeId": store.rpartition("/")[2] if store else None,
            "budgetSeconds": self._budget,
        }
        _write(worker, _line(settings))
        _write(worker, self._store_line())
        worker.reader = asyncio.create_task(self._read(worker))
        return worker

    async def _read(self, worker: _Worker) -> None:
        """Hand out replies until the process ends; what it was running then has failed, what came after runs again."""
        assert worker.process.stdout is not None
        while line := await worker.process.stdout.readline():
            answered: dict[str, Any] = json.loads(line)
            _, reply = worker.waiting.pop(answered["id"])
            _settle(reply, answered)
        status = await worker.process.wait()
        current = self._worker is worker
        if current:
            self._worker = None
        if not worker.waiting:
            return
        _, (_, failed) = worker.waiting.popitem(last=False)
        _settle(failed, self._failure(status))
        if not current:
            for _, reply in worker.waiting.values():
                _settle(reply, FunctionFailed(f"{self.code.name} was replaced"))
            return
        successor = await self._running()
        for run_id, (line, reply) in worker.waiting.items():
            successor.waiting[run_id] = (line, reply)
            _write(successor, line)

    def _failure(self, status: int) -> FunctionFailed:
        if status == -signal.SIGKILL:
            return FunctionThrottled(f"{self.code.name} ran for more than {self._budget:g} s")
        return FunctionFailed(f"{self.code.name} ended with status {status}")

    def _store_line(self) -> bytes:
        content = self._content
        shown = {"values": dict(content.values), "created": content.created, "updated": content.updated}
        return _line({"store": shown})


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _write(worker: _Worker, line: bytes) -> None:
    # Not drained: at most what viewers under way have asked for is held. A process that has ended is the reader's.
    assert worker.process.stdin is not None
    with contextlib.suppress(ConnectionError):
        worker.process.stdin.write(line)


def _settle(reply: Reply, outcome: dict[str, Any] | FunctionFailed) -> None:
    if reply.done():  # its viewer has gone
        return
    if isinstance(outcome, FunctionFailed):
        reply.set_exception(outcome)
    else:
        reply.set_result(outcome)


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
