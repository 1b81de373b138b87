"""One publish or rollback, measured: when the CDN served it, the memory it took, and the requests it sent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeship.local.cloud import LocalCloud
from tests.bench.processes import Command, Workers, run_all
from tests.bench.request_meter import RequestMeter
from tests.bench.visitor import Visitor

SETTLE_SECONDS = 2.0
"""Functions go on after a step is served. So long is waited; where requests are counted, so long after the last one."""


@dataclass(frozen=True)
class Requests:
    """Requests to AWS by kind, such as `s3 PUT`; those of the CDN to its origin are nobody's."""

    client: Mapping[str, int]
    functions: Mapping[str, int]

    @property
    def by_client(self) -> int:
        return sum(self.client.values())

    @property
    def by_functions(self) -> int:
        return sum(self.functions.values())

    @property
    def in_all(self) -> int:
        return self.by_client + self.by_functions


@dataclass(frozen=True)
class Step:
    """Seconds are from the start of the first command; `served` may be before the last one's end or after it."""

    served_seconds: float
    ended_seconds: float
    client_peak_bytes: int
    function_peak_bytes: int | None
    requests: Requests | None


@dataclass(frozen=True)
class Meters:
    client: RequestMeter
    functions: RequestMeter


@dataclass(frozen=True)
class Bench:
    """Where commands run and what looks at them; `meters` cost time, so steps that are timed have none."""

    env: Mapping[str, str]
    folder: Path
    visitor: Visitor
    workers: Workers
    meters: Meters | None = None

    def step(self, commands: Sequence[Command], served: Mapping[str, bytes]) -> Step:
        """Run the commands until the CDN serves `served`, and wait until the functions are done.

        Raises:
            CommandFailed, NeverServed: as they say.
        """
        self.workers.forget_peak()
        before = self._counts()
        finished, served_at = self.visitor.during(served, lambda: run_all(commands, self.env, self.folder))
        self._settle()
        client, functions = (after - counted for after, counted in zip(self._counts(), before, strict=True))
        return Step(
            served_seconds=served_at - finished.began,
            ended_seconds=finished.seconds,
            client_peak_bytes=finished.peak_bytes,
            function_peak_bytes=self.workers.peak_bytes(),
            requests=Requests(dict(client), dict(functions)) if self.meters else None,
        )

    def _counts(self) -> tuple[Counter[str], Counter[str]]:
        return (self.meters.client.counts(), self.meters.functions.counts()) if self.meters else (Counter(), Counter())

    def _settle(self) -> None:
        count, since = self._counts()[1], time.monotonic()
        while time.monotonic() - since < SETTLE_SECONDS:
            time.sleep(0.1)
            if (now := self._counts()[1]) != count:
                count, since = now, time.monotonic()


def send_through(url: str, cloud: LocalCloud, *functions: str) -> None:
    """Let these functions call AWS at `url`; they start anew for it."""
    # The SDKs' own variable, which the emulator leaves alone when the function's configuration has it.
    lambda_ = cloud.session().client("lambda")
    for name in map(cloud.names.function, functions):
        variables = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        lambda_.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**variables, "AWS_ENDPOINT_URL": url}}
        )
