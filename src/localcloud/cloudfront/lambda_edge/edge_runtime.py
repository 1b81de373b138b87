"""Runs Lambda@Edge functions from their deployed zips, each in processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import shutil
import sys
import tempfile
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from localcloud.account import REGION
from localcloud.cloudfront.lambda_edge import edge_worker
from localcloud.iam.credentials import ROOT, Credentials
from localcloud.iam.principals import of_role
from localcloud.sandbox import SandboxSession, require_loopback

INIT_SECONDS = 10.0
"""Lambda's own limit for loading a function."""
MAX_WORKERS = 8
"""Concurrent invocations of one function; more wait their turn."""

_LINE_BYTES = 8 * 1024 * 1024


class EdgeFunctionFailed(Exception):
    """The function raised, died, timed out or did not load: a viewer gets 503."""


@dataclass(frozen=True)
class FunctionCode:
    """A numbered version of a function. `timeout` is in seconds, `memory` in MB."""

    name: str
    version: str
    handler: str
    timeout: float
    memory: int
    archive: bytes
    credentials: Credentials = ROOT
    """Of its role."""


def download(session: SandboxSession, arn: str) -> FunctionCode:
    """The deployed code of a version.

    Raises:
        botocore.exceptions.ClientError: no such version, or its role can't be assumed.
        NotLoopback: its code is not on this machine.
    """
    function, _, version = arn.rpartition(":")
    answer = session.client("lambda").get_function(FunctionName=function, Qualifier=version)
    configuration = answer["Configuration"]
    location = require_loopback(answer["Code"]["Location"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(location, timeout=30) as body:
        archive = body.read()
    return FunctionCode(
        name=configuration["FunctionName"],
        version=version,
        handler=configuration["Handler"],
        timeout=float(configuration["Timeout"]),
        memory=int(configuration["MemorySize"]),
        archive=archive,
        credentials=of_role(session, configuration["Role"], configuration["FunctionName"]),
    )


class EdgeRuntime:
    """One function, scaled out as Lambda does: a process serves one invocation at a time and is then kept warm."""

    def __init__(self, code: FunctionCode, endpoint_url: str, log: IO[bytes] | None = None) -> None:
        """
        Args:
            endpoint_url: where the function's AWS calls go.
            log: takes what the function prints; standard error when None.
        """
        self.code = code
        self._log = log
        self._folder = Path(tempfile.mkdtemp(prefix="localcloud-edge-"))
        with zipfile.ZipFile(io.BytesIO(code.archive)) as archive:
            archive.extractall(self._folder)
        self._environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **code.credentials.variables(),
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": code.name,
            "AWS_LAMBDA_FUNCTION_VERSION": code.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(code.memory),
            "_HANDLER": code.handler,
            "LAMBDA_TASK_ROOT": str(self._folder),
            "AWS_ENDPOINT_URL": require_loopback(endpoint_url),
        }
        self._idle: list[asyncio.subprocess.Process] = []
        self._all: set[asyncio.subprocess.Process] = set()
        self._slots = asyncio.Semaphore(MAX_WORKERS)
        self._ids = itertools.count(1)

    async def invoke(self, event: dict[str, Any]) -> object:
        """The function's result.

        Raises:
            EdgeFunctionFailed: see there; the message carries the function's own.
        """
        async with self._slots:
            worker = await self._worker()
            message = {"id": f"local-{next(self._ids)}", "timeout": self.code.timeout, "event": event}
            try:
                async with asyncio.timeout(self.code.timeout):
                    reply = await self._ask(worker, message)
            except TimeoutError as error:
                await self._kill(worker)
                raise EdgeFunctionFailed(f"{self.code.name} timed out after {self.code.timeout:g} s") from error
            except BaseException:
                # A half-done exchange: the next invocation must not read this one's reply.
                await self._kill(worker)
                raise
            self._idle.append(worker)
        if "error" in reply:
            raise EdgeFunctionFailed(f"{self.code.name} raised:\n{reply['error']}")
        return reply["result"]

    async def close(self) -> None:
        for worker in list(self._all):
            await self._kill(worker)
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _worker(self) -> asyncio.subprocess.Process:
        while self._idle:
            worker = self._idle.pop()
            if worker.returncode is None:
                return worker
            self._all.discard(worker)
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", edge_worker.__file__, str(self._folder), self.code.handler),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
            cwd=self._folder,
            env=self._environment,
            start_new_session=True,
            limit=_LINE_BYTES,
        )
        self._all.add(worker)
        try:
            async with asyncio.timeout(INIT_SECONDS):
                reply = await self._read(worker)
        except TimeoutError as error:
            await self._kill(worker)
            raise EdgeFunctionFailed(f"{self.code.name} did not load within {INIT_SECONDS:g} s") from error
        except BaseException:
            await self._kill(worker)
            raise
        if "error" in reply:
            await self._kill(worker)
            raise EdgeFunctionFailed(f"{self.code.name} did not load:\n{reply['error']}")
        return worker

    async def _ask(self, worker: asyncio.subprocess.Process, message: dict[str, Any]) -> dict[str, Any]:
        assert worker.stdin is not None
        try:
            worker.stdin.write(json.dumps(message).encode() + b"\n")
            await worker.stdin.drain()
        except ConnectionError as error:
            raise EdgeFunctionFailed(f"{self.code.name} ended") from error
        return await self._read(worker)

    async def _read(self, worker: asyncio.subprocess.Process) -> dict[str, Any]:
        assert worker.stdout is not None
        line = await worker.stdout.readline()
        if not line:
            raise EdgeFunctionFailed(f"{self.code.name} ended")
        reply: dict[str, Any] = json.loads(line)
        return reply

    async def _kill(self, worker: asyncio.subprocess.Process) -> None:
        self._all.discard(worker)
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()
