"""The local cloud: the emulator, the project's own stack deployed to it, the local CloudFront in front, a second CDN
before that, and a monitor that does what the emulator lacks.

with LocalCloud() as cloud:
    cloud.session().client("s3").put_object(...)
    requests.get(f"{cloud.edge_url}/checkout/latest/widget.js")
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from edgeship.local.assembly import LOCAL_ENVIRONMENT, Assembly, project_root, synthesise
from edgeship.local.cdn.local_cdn import LocalCdn
from edgeship.local.deploy import Stack, deploy
from edgeship.local.monitor.emulator import MonitoredEmulator
from edgeship.local.monitor.monitor import BASE_PERIOD, Monitor, require_speed
from edgeship.local.monitor.periods import real_seconds
from edgeship.local.sandbox import LOCAL_ACCOUNT, SandboxSession
from edgeship.local.second_cdn.second_cdn import ZONE, SecondCdn
from edgeship.local.state import STATE_PATH, LocalState, process_start, read_state, remove_state, write_state
from edgeship.local.warm_up import warm_up
from edgeship.resource_names import ResourceNames
from edgeship.settings import PropagationSettings

PERIOD_VARIABLE = "EDGESHIP_PERIOD_SECONDS"
"""Of the rollout function: how long its periods of measurements last."""
SECOND_CDN_TOKEN = f"/edgeship/{LOCAL_ENVIRONMENT}/cloudflare"
"""The parameter that holds the token of the second CDN's API."""

_T = TypeVar("_T")

DISTRIBUTION = "AWS::CloudFront::Distribution"
CACHE_FOLDER = "assemblies"

# The system may hand a signal to any thread, and Python runs its handler in the main one: which therefore never waits
# long without a look.
_LOOK_SECONDS = 0.25


class AlreadyRunning(RuntimeError):
    """The state file tells of a local cloud that runs."""


class LocalCloud:
    """One local cloud; several can run side by side, each on its own ports and with its own state file."""

    def __init__(
        self,
        *,
        port: int | None = None,
        edge_port: int | None = None,
        second_cdn_port: int | None = None,
        state_path: Path | None = STATE_PATH,
        root: Path | None = None,
        assembly: Path | None = None,
        speed: float = 1,
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        """
        Args:
            port, edge_port, second_cdn_port: of 127.0.0.1, for the AWS API, the CDN and the second CDN; free ones when
                None.
            state_path: where other processes look for it; None to be found by nobody.
            root: the checkout whose CDK app is deployed; the one this package is in when None.
            assembly: the folder of a cloud assembly to deploy instead of synthesising one.
            speed: so many times faster than real time alarms, rates of rules and periods of measurements go by.
            on_progress: is told each step in a line, from any thread.

        Raises:
            ValueError: the speed is out of the monitor's range.
        """
        self.speed = require_speed(speed)
        self._edge_port = edge_port
        self._second_cdn_port = second_cdn_port
        self._state_path = state_path
        self._root = root
        self._assembly = assembly
        self._on_progress = on_progress
        self._emulator = MonitoredEmulator(port)
        self._scratch: Path | None = None
        self._cdn: LocalCdn | None = None
        self._second_cdn: SecondCdn | None = None
        self._monitor: Monitor | None = None
        self._stack: Stack | None = None
        self.names = ResourceNames(LOCAL_ENVIRONMENT, LOCAL_ACCOUNT)

    @property
    def endpoint_url(self) -> str:
        """Of every AWS service."""
        return self._emulator.endpoint_url

    @property
    def edge_url(self) -> str:
        """Of the CDN."""
        return self._started(self._cdn).url

    @property
    def second_cdn(self) -> SecondCdn:
        """Stands in for Cloudflare, in front of the CDN."""
        return self._started(self._second_cdn)

    @property
    def second_cdn_url(self) -> str:
        return self.second_cdn.url

    @property
    def stack(self) -> Stack:
        return self._started(self._stack)

    @property
    def monitor(self) -> Monitor:
        return self._started(self._monitor)

    @property
    def logs(self) -> Path:
        """The folder of emulator.log, Lambdas included, and edge.log; it goes when the cloud stops."""
        return self._started(self._scratch)

    def session(self) -> SandboxSession:
        """A boto3 session bound to this cloud."""
        return self._emulator.session()

    def start(self) -> None:
        """Start everything, in a quarter of a minute when the assembly is in the cache.

        Raises:
            AlreadyRunning: the state file tells of another.
            EmulatorFailed, SynthesisFailed, DeploymentFailed, OSError: as they say; whatever had started is stopped.
        """
        running = read_state(self._state_path) if self._state_path is not None else None
        if running is not None:
            raise AlreadyRunning(
                f"a local cloud already runs here (process {running.pid}, {running.endpoint_url}): "
                "stop it with `edgeship local down`, or use another folder"
            )
        began = time.monotonic()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        self._on_progress(f"local cloud is up after {time.monotonic() - began:.1f} s")

    def stop(self) -> None:
        """Stop everything and wait until it is gone. Safe to call twice."""
        if self._state_path is not None:
            remove_state(self._state_path, os.getpid())
        monitor, self._monitor = self._monitor, None
        if monitor is not None:
            monitor.stop()
        second_cdn, self._second_cdn = self._second_cdn, None
        if second_cdn is not None:
            second_cdn.stop()
        cdn, self._cdn = self._cdn, None
        if cdn is not None:
            cdn.stop()
        self._emulator.stop()
        scratch, self._scratch = self._scratch, None
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)

    def run(self) -> None:
        """Start, stay until SIGINT or SIGTERM, stop. Call it from the main thread."""
        with interruptible() as interruption, contextlib.suppress(KeyboardInterrupt):
            try:
                self.start()
                interruption.wait()
            finally:
                self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="edgeship-local-")).resolve()
        self._emulator.log = self._scratch / "emulator.log"
        self._emulator.start()
        self._on_progress(f"emulator at {self.endpoint_url}")
        token = secrets.token_urlsafe(32)
        self.session().client("ssm").put_parameter(Name=SECOND_CDN_TOKEN, Value=token, Type="SecureString")
        self._stack = deploy(self.session(), Assembly.read(self._assembled()), self._on_progress)
        self._cdn = LocalCdn(
            self.session(), self._stack.only(DISTRIBUTION), self._edge_port, self._scratch / "edge.log"
        )
        self._cdn.start()
        self._on_progress(f"CDN at {self.edge_url}")
        self._second_cdn = SecondCdn(self.edge_url, token=token, port=self._second_cdn_port)
        self._second_cdn.start()
        self._on_progress(f"second CDN at {self.second_cdn_url}")
        if self.speed != 1:
            self._alter_environment("rollout", {PERIOD_VARIABLE: str(real_seconds(BASE_PERIOD, self.speed))})
        self._alter_environment("propagation", self._where_it_is_served())
        warm_up(self.session(), self.names)
        self._monitor = Monitor(self.session(), self.speed)
        self._monitor.start()
        if self._state_path is not None:
            write_state(self._state_path, self._state())

    def _where_it_is_served(self) -> dict[str, str]:
        """What the propagation function has to know of the CDNs, and no template can."""
        fields = {
            "site_url": self.edge_url,
            "cloudflare_url": self.second_cdn_url,
            "cloudflare_api": self.second_cdn.api_url,
            "cloudflare_zone": ZONE,
            "cloudflare_token": f"ssm:{SECOND_CDN_TOKEN}",
        }
        return {PropagationSettings.variable(field): value for field, value in fields.items()}

    def _alter_environment(self, function: str, variables: Mapping[str, str]) -> None:
        """Set `variables` in the environment of a function, if the stack has it; the others stay."""
        functions = self.session().client("lambda")
        name = self.names.function(function)
        try:
            configuration = functions.get_function_configuration(FunctionName=name)
        except functions.exceptions.ResourceNotFoundException:
            return
        before = configuration.get("Environment", {}).get("Variables", {})
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": {**before, **variables}})

    def _assembled(self) -> Path:
        if self._assembly is not None:
            return self._assembly
        root = self._root or project_root()
        return synthesise(root, root / ".edgeship" / CACHE_FOLDER, on_progress=self._on_progress)

    def _state(self) -> LocalState:
        return LocalState(
            pid=os.getpid(),
            process_start=process_start(os.getpid()) or "",
            endpoint_url=self.endpoint_url,
            edge_url=self.edge_url,
            second_cdn_url=self.second_cdn_url,
            environment=LOCAL_ENVIRONMENT,
            account=LOCAL_ACCOUNT,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            logs=str(self.logs),
        )

    @staticmethod
    def _started(value: _T | None) -> _T:
        if value is None:
            raise RuntimeError("the local cloud has not been started")
        return value


class Interruption:
    """Whether the process was asked to end."""

    def __init__(self) -> None:
        self.happened = False

    def wait(self) -> None:
        """Stay until it is; a KeyboardInterrupt usually ends the wait. Call it from the main thread."""
        while not self.happened:
            time.sleep(_LOOK_SECONDS)


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """SIGTERM and SIGHUP raise KeyboardInterrupt, as SIGINT does.

    Further signals while the block winds down are ignored: an impatient second Ctrl-C leaves nothing running.
    """
    interruption = Interruption()

    def interrupt(*_: object) -> None:
        if not interruption.happened:
            interruption.happened = True
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
