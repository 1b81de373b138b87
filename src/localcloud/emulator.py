"""MiniStack, the AWS emulator, as a child process on loopback.

Settings come from the emulator's own environment variables. Facts about it that the rest of the local cloud leans
on, read in its sources at version 1.5.33:
- it runs Python Lambdas with its own interpreter, as children that inherit its environment;
- a failed asynchronous invocation is tried again LAMBDA_ASYNC_RETRY_BASE_SECONDS later (1 s here, a minute on AWS);
- event source mappings are polled once a second and woken by a write; a failing DynamoDB batch is tried again each
  second without end (only MaximumRecordAgeInSeconds bounds it), and `batchItemFailures` of a stream are not read; those
  of a queue are, and visibility timeouts and dead-letter queues are as on AWS;
- at start it removes every Docker container that carries its label, other instances' too: DOCKER_HOST is pointed at
  nothing, so that it never meets the user's Docker.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from localcloud.account import ACCOUNT, REGION
from localcloud.iam.credentials import ROOT, Credentials
from localcloud.kept_state import KeptState
from localcloud.processes.supervised_process import SupervisedProcess
from localcloud.sandbox import SandboxSession, child_environment

HOST = "127.0.0.1"
START_SECONDS = 60.0
_POLL_SECONDS = 0.05

# iot is left out because it binds 8883, and transfer because it binds an SSH port: neither follows GATEWAY_PORT.
SERVICES = (
    "cloudformation",
    "cloudfront",
    "cloudfront-keyvaluestore",
    "dynamodb",
    "dynamodbstreams",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "tagging",
)


class EmulatorFailed(RuntimeError):
    """The emulator did not start; the message ends with the tail of its log."""


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Emulator:
    """One MiniStack; several can run side by side, each with its own port, state and log."""

    def __init__(
        self,
        port: int | None = None,
        log: Path | None = None,
        *,
        private_variables: tuple[str, ...] = (),
        enforce_iam: bool = False,
        kept: KeptState | None = None,
    ) -> None:
        """
        Args:
            port: where to listen on 127.0.0.1; a free one when None.
            log: the file that its output, its Lambdas' included, is appended to; in its scratch folder when None.
            private_variables: prefixes of environment variables that its Lambdas must not inherit from this process.
            enforce_iam: whether policies count. The placeholder credentials are those of the account's root, whom none
                binds; its Lambdas get those of their roles.
            kept: where its state lies between starts; in its scratch folder, which goes, when None.
        """
        self.port = port or free_port()
        self.endpoint_url = f"http://{HOST}:{self.port}"
        self.log = log
        self._private = private_variables
        self._enforce_iam = enforce_iam
        self._kept = kept
        self._scratch: Path | None = None
        self._process = SupervisedProcess([sys.executable, "-m", "ministack"])

    def session(self, credentials: Credentials = ROOT) -> SandboxSession:
        return SandboxSession(self.endpoint_url, credentials=credentials)

    def start(self) -> None:
        """Start and wait until it answers.

        Raises:
            EmulatorFailed: the port is taken, the process ended, or it did not answer within START_SECONDS.
        """
        _require_free(self.port)
        # Resolved, because a scratch folder behind a symlink makes the emulator's zip checks refuse its own files.
        self._scratch = Path(tempfile.mkdtemp(prefix="localcloud-emulator-")).resolve()
        if self._kept is not None:
            self._kept.prepare()
        self.log = self.log or self._scratch / "emulator.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process.start(self._scratch, self._environment(self._scratch), log)
        atexit.register(self.stop)
        try:
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it and everything it started; returns when all of it is gone. Safe to call twice."""
        atexit.unregister(self.stop)
        self._process.stop()
        scratch, self._scratch = self._scratch, None
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _environment(self, scratch: Path) -> dict[str, str]:
        return child_environment(os.environ, self.endpoint_url, without=self._private) | {
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": "localhost",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "SERVICES": ",".join(SERVICES),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # What it keeps is written when it stops.
            "PERSIST_STATE": "1" if self._kept else "0",
            "S3_PERSIST": "1" if self._kept else "0",
            "STATE_DIR": str(self._kept.services if self._kept else scratch / "state"),
            "S3_DATA_DIR": str(self._kept.objects if self._kept else scratch / "s3"),
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "1",
            "AUTH": "true" if self._enforce_iam else "false",
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            # The Lambdas see this interpreter's site-packages; the bundle must win, and warnings stay out of the log.
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _wait_until_healthy(self) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self._process.runs:
                raise EmulatorFailed(f"the emulator ended while starting:\n{self._log_tail()}")
            with (
                contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
                opener.open(f"{self.endpoint_url}/_ministack/health", timeout=1) as answer,
            ):
                if answer.status == 200:
                    return
            time.sleep(_POLL_SECONDS)
        raise EmulatorFailed(f"the emulator did not answer within {START_SECONDS:.0f} s:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        assert self.log is not None
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise EmulatorFailed(
                f"port {port} of {HOST} is taken: stop what listens there or choose another"
            ) from error
