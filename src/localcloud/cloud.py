"""A local cloud: the emulator, one project's stack deployed to it, CloudFront in front of that, Cloudflare before
CloudFront if the project has one, and a CloudWatch that does what the emulator lacks.

with Cloud(project) as cloud:
    cloud.session().client("s3").put_object(...)
    requests.get(f"{cloud.edge_url}/app.js")
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from localcloud.account import ACCOUNT
from localcloud.assembly import Assembly
from localcloud.cloudflare.local_cloudflare import LocalCloudflare
from localcloud.cloudfront.functions.deployed import STORE_DELAY_SECONDS
from localcloud.cloudfront.local_cloudfront import LocalCloudFront
from localcloud.cloudwatch.emulator import MonitoredEmulator
from localcloud.cloudwatch.local_cloudwatch import LocalCloudWatch, require_speed
from localcloud.deploy import Stack, deploy
from localcloud.iam.credentials import Credentials
from localcloud.iam.principals import with_policies
from localcloud.kept_state import KeptState
from localcloud.lifecycle import Lifecycle
from localcloud.sandbox import SandboxSession
from localcloud.state import LocalState, process_start
from localcloud.warm_up import warm_up

DISTRIBUTION = "AWS::CloudFront::Distribution"

Progress = Callable[[str], None]
"""Takes each step in a line, from any thread."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Addresses:
    """Where a running cloud answers: base URLs without a slash at their ends. Those of Cloudflare, and the id of its
    zone, are empty when the project has none."""

    endpoint_url: str
    edge_url: str
    cloudflare_url: str = ""
    cloudflare_api: str = ""
    cloudflare_zone: str = ""
    side_url: str = ""
    """Of the distribution beside the first, if the project has one."""


Variables = Mapping[str, Mapping[str, str]]
"""Environment variables by a function's physical name."""


@dataclass(frozen=True)
class Project:
    """Whose cloud it is: everything about it that is not AWS's or Cloudflare's own."""

    environment: str
    """What the project calls what it deploys; for the state file."""
    assembly: Callable[[Progress], Path]
    """The folder of the cloud assembly, which has one stack with one distribution; or with two, and then outputs name
    them."""
    distribution_output: str | None = None
    """The stack's output with the id of the first distribution; None where it is the only one."""
    side_output: str | None = None
    """The output with the id of a distribution that is served beside it, on a port of its own; it need not be there."""
    cloudflare_token: str | None = None
    """The SSM parameter that gets the token of Cloudflare's API, as a SecureString; None for no Cloudflare."""
    variables: Callable[[Addresses], Variables] = lambda _: {}
    """What functions have to know, and no template can: set beside the variables that they have. Functions that the
    stack lacks are passed over."""
    warm_up: Mapping[str, Sequence[object]] = field(default_factory=dict)
    """Events that change nothing, a sandbox each, by the function's physical name; likewise."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """Managed policies that people are given: the stack's output with the ARN of each, by the name of a principal that
    has it. Where policies are enforced, one can act as these; those that the stack lacks are passed over."""
    private_variables: tuple[str, ...] = ()
    """Prefixes of environment variables of this process that the project's code in the emulator must not see."""


class Cloud(Lifecycle):
    """One local cloud; several can run side by side, each on its own ports and with its own state file."""

    def __init__(
        self,
        project: Project,
        *,
        port: int | None = None,
        edge_port: int | None = None,
        cloudflare_port: int | None = None,
        state_path: Path | None = None,
        speed: float = 1,
        store_delay_seconds: float = STORE_DELAY_SECONDS,
        enforce_iam: bool = False,
        kept: Path | None = None,
        on_progress: Progress = lambda _: None,
    ) -> None:
        """
        Args:
            port, edge_port, cloudflare_port: of 127.0.0.1, for the AWS API, CloudFront and Cloudflare; free ones when
                None.
            state_path: where other processes look for it; None to be found by nobody.
            speed: so many times faster than real time alarms and rates of rules go by.
            store_delay_seconds: so long after a write to a key value store, CloudFront Functions see it.
            enforce_iam: whether policies count. `session` acts as the account's root, whom none binds; functions act as
                their roles.
            kept: the folder in which its state and its ports lie between starts; it begins empty each time when None.

        Raises:
            ValueError: the speed is out of CloudWatch's range.
        """
        super().__init__(state_path)
        self.speed = require_speed(speed)
        self._project = project
        self._store_delay = store_delay_seconds
        self._enforce_iam = enforce_iam
        self._kept = KeptState(kept) if kept is not None else None
        before = self._kept.ports() if self._kept is not None else {}
        self._edge_port = edge_port or before.get("edge")
        self._side_port = before.get("side")
        self._cloudflare_port = cloudflare_port or before.get("cloudflare")
        self._on_progress = on_progress
        port = port or before.get("api")
        self._emulator = MonitoredEmulator(
            port, private_variables=project.private_variables, enforce_iam=enforce_iam, kept=self._kept
        )
        self._forget()

    def _forget(self) -> None:
        self._scratch: Path | None = None
        self._cloudfront: LocalCloudFront | None = None
        self._side: LocalCloudFront | None = None
        self._cloudflare: LocalCloudflare | None = None
        self._cloudwatch: LocalCloudWatch | None = None
        self._stack: Stack | None = None
        self.principals: dict[str, Credentials] = {}

    @property
    def endpoint_url(self) -> str:
        """Of every AWS service."""
        return self._emulator.endpoint_url

    @property
    def edge_url(self) -> str:
        """Of CloudFront."""
        return self._started(self._cloudfront).url

    @property
    def side_url(self) -> str | None:
        """Of the distribution beside the first; None without one."""
        return self._side.url if self._side is not None else None

    @property
    def cloudflare(self) -> LocalCloudflare:
        """In front of CloudFront."""
        return self._started(self._cloudflare)

    @property
    def stack(self) -> Stack:
        return self._started(self._stack)

    @property
    def cloudwatch(self) -> LocalCloudWatch:
        return self._started(self._cloudwatch)

    @property
    def logs(self) -> Path:
        """The folder of emulator.log, Lambdas included, and edge.log; it goes when the cloud stops."""
        return self._started(self._scratch)

    def session(self, principal: str | None = None) -> SandboxSession:
        """A boto3 session bound to this cloud, of the account's root or of one of `principals`, who are there where
        policies are enforced and have one of the project's each."""
        return self._emulator.session() if principal is None else self._emulator.session(self.principals[principal])

    def start(self) -> None:
        """Start everything, in a quarter of a minute when the assembly is at hand.

        Raises:
            AlreadyRunning: the state file names another.
            StateTaken: another has its state in the folder `kept`.
            EmulatorFailed, SynthesisFailed, DeploymentFailed, OSError: as they say; whatever had started is stopped.
        """
        began = time.monotonic()
        super().start()
        self._on_progress(f"local cloud is up after {time.monotonic() - began:.1f} s")

    def _start(self, parts: ExitStack) -> LocalState:
        parts.callback(self._forget)
        if self._kept is not None:
            parts.enter_context(self._kept.taken())
        scratch = self._scratch = Path(tempfile.mkdtemp(prefix="localcloud-")).resolve()
        parts.callback(shutil.rmtree, scratch, ignore_errors=True)
        self._emulator.log = scratch / "emulator.log"
        parts.callback(self._emulator.stop)
        self._emulator.start()
        self._on_progress(f"emulator at {self.endpoint_url}")
        token = secrets.token_urlsafe(32)
        if self._project.cloudflare_token is not None:
            self.session().client("ssm").put_parameter(
                Name=self._project.cloudflare_token, Value=token, Type="SecureString", Overwrite=True
            )
        assembly = Assembly.read(self._project.assembly(self._on_progress))
        self._stack = deploy(self.session(), assembly, self._on_progress)
        if self._enforce_iam:
            self.principals = with_policies(self.session(), self._project.policies, self.stack.outputs)
        addresses = self._start_cdns(parts, token, scratch / "edge.log")
        for function, variables in self._project.variables(addresses).items():
            self._set_variables(function, variables)
        warm_up(self.session(), self._project.warm_up)
        self._cloudwatch = LocalCloudWatch(self.session(), self.speed)
        parts.callback(self._cloudwatch.stop)
        self._cloudwatch.start()
        if self._kept is not None:
            self._kept.keep_ports(_ports(addresses))
        return self._state(addresses)

    def _start_cdns(self, parts: ExitStack, token: str, log: Path) -> Addresses:
        named = self._project.distribution_output
        distribution = self.stack.outputs[named] if named is not None else self.stack.only(DISTRIBUTION)
        self._cloudfront = LocalCloudFront(
            self.session(), distribution, self._edge_port, log, store_delay_seconds=self._store_delay
        )
        parts.callback(self._cloudfront.stop)
        self._cloudfront.start()
        self._on_progress(f"CloudFront at {self.edge_url}")
        side_url = self._start_side(parts, log)
        if self._project.cloudflare_token is None:
            return Addresses(self.endpoint_url, self.edge_url, side_url=side_url)
        cloudflare = self._cloudflare = LocalCloudflare(self.edge_url, token=token, port=self._cloudflare_port)
        parts.callback(cloudflare.stop)
        cloudflare.start()
        self._on_progress(f"Cloudflare at {cloudflare.url}")
        zone = (cloudflare.url, cloudflare.api_url, cloudflare.zone)
        return Addresses(self.endpoint_url, self.edge_url, *zone, side_url=side_url)

    def _start_side(self, parts: ExitStack, log: Path) -> str:
        side = self.stack.outputs.get(self._project.side_output or "")
        if side is None:
            return ""
        self._side = LocalCloudFront(self.session(), side, self._side_port, log, store_delay_seconds=self._store_delay)
        parts.callback(self._side.stop)
        self._side.start()
        self._on_progress(f"CloudFront's second distribution at {self._side.url}")
        return self._side.url

    def _set_variables(self, function: str, variables: Mapping[str, str]) -> None:
        """Set `variables` in the environment of a function, if the stack has it; the others stay."""
        functions = self.session().client("lambda")
        try:
            configuration = functions.get_function_configuration(FunctionName=function)
        except functions.exceptions.ResourceNotFoundException:
            return
        before = configuration.get("Environment", {}).get("Variables", {})
        functions.update_function_configuration(
            FunctionName=function, Environment={"Variables": {**before, **variables}}
        )

    def _state(self, addresses: Addresses) -> LocalState:
        return LocalState(
            pid=os.getpid(),
            process_start=process_start(os.getpid()) or "",
            endpoint_url=addresses.endpoint_url,
            edge_url=addresses.edge_url,
            cloudflare_url=addresses.cloudflare_url or None,
            environment=self._project.environment,
            account=ACCOUNT,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            logs=str(self.logs),
            side_url=addresses.side_url or None,
            speed=self.speed,
            principals={name: credentials.variables() for name, credentials in self.principals.items()},
        )

    @staticmethod
    def _started(value: _T | None) -> _T:
        if value is None:
            raise RuntimeError("the local cloud has not been started")
        return value


def _ports(addresses: Addresses) -> dict[str, int]:
    urls = {
        "api": addresses.endpoint_url,
        "edge": addresses.edge_url,
        "side": addresses.side_url,
        "cloudflare": addresses.cloudflare_url,
    }
    return {name: port for name, url in urls.items() if (port := urlsplit(url).port) is not None}
