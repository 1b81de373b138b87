"""The two ways to ship that are compared, each as the commands that a person or a CI job types."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edgeship.local.cloud import LocalCloud
from edgeship.local.state_path import STATE_PATH
from localcloud.cloudfront.local_cloudfront import FEED_SECONDS
from localcloud.sandbox import child_environment
from localcloud.state import LocalState, process_start, write_state
from tests.bench.processes import Command

SCRIPTS = Path(sysconfig.get_path("scripts"))


class Contender(Protocol):
    """Paths are those of the CDN and end in a slash."""

    @property
    def name(self) -> str: ...

    @property
    def alias(self) -> str:
        """Where browsers load the live version."""
        ...

    @property
    def news_seconds(self) -> float:
        """Between two looks of the CDN at what moves the alias: a step may begin at any moment of it. 0 where the CDN
        is told."""
        ...

    def release(self, patch: int) -> str:
        """Where version 1.0.<patch> stays for good."""
        ...

    def prepare(self) -> list[Command]:
        """What has to be said once before the first publish: that a version goes live at once."""
        ...

    def publish(self, patch: int, folder: Path) -> list[Command]:
        """Make the files of `folder` version 1.0.<patch>, and that the live one."""
        ...

    def roll_back(self, patch: int) -> list[Command]:
        """Make 1.0.<patch>, the version that was live before, the live one again."""
        ...

    def unlock(self) -> list[Command]:
        """What has to follow a rollback before the next publish."""
        ...


@dataclass(frozen=True)
class Edgeship:
    name: str = "edgeship"
    news_seconds: float = 0.0
    widget: str = "bench"

    @property
    def alias(self) -> str:
        return f"/{self.widget}/latest/"

    def release(self, patch: int) -> str:
        return f"/{self.widget}/v1.0.{patch}/"

    def prepare(self) -> list[Command]:
        return [self._command("policy", "set", self.widget, "--steps", "100", "--json")]

    def publish(self, patch: int, folder: Path) -> list[Command]:
        wanted = ["--widget", self.widget, "--version", f"1.0.{patch}"]
        return [self._command("publish", str(folder), *wanted, "--wait", "--json")]

    def roll_back(self, patch: int) -> list[Command]:
        return [self._command("rollback", self.widget, "--to", f"1.0.{patch}", "--json")]

    def unlock(self) -> list[Command]:
        return [self._command("unlock", self.widget, "--json")]

    def _command(self, *arguments: str) -> Command:
        return [str(SCRIPTS / "edgeship"), *arguments]


@dataclass(frozen=True)
class SyncScripts:
    """Shell scripts on the stock AWS CLI: one copy of the files under the version, one under the alias.

    The alias isn't called `latest`: the distribution's router answers for `latest`, with a 404 for a widget that it
    does not know. It is served by the same distribution, and cached as its Cache-Control says.
    """

    bucket: str
    distribution: str
    name: str = "aws s3 sync"
    news_seconds: float = FEED_SECONDS
    alias: str = "/peer/current/"

    def release(self, patch: int) -> str:
        return f"/peer/v1.0.{patch}/"

    def prepare(self) -> list[Command]:
        return []

    def publish(self, patch: int, folder: Path) -> list[Command]:
        source = str(folder)
        return [
            self._sync(source, self.release(patch), "--cache-control", "public, max-age=31536000, immutable"),
            self._sync(source, self.alias, "--delete", "--cache-control", "public, max-age=300"),
            self._invalidate(),
        ]

    def roll_back(self, patch: int) -> list[Command]:
        # From folder to folder inside S3, so that no byte goes over the operator's line. Without REPLACE the copies
        # would keep the release's Cache-Control, and no browser would ever ask for the alias again.
        replace = ["--metadata-directive", "REPLACE", "--cache-control", "public, max-age=300"]
        source = f"s3://{self.bucket}{self.release(patch)}"
        return [self._sync(source, self.alias, "--delete", *replace), self._invalidate()]

    def unlock(self) -> list[Command]:
        return []

    def _sync(self, source: str, path: str, *options: str) -> Command:
        return [_aws(), "s3", "sync", source, f"s3://{self.bucket}{path}", "--only-show-errors", *options]

    def _invalidate(self) -> Command:
        return [
            _aws(),
            "cloudfront",
            "create-invalidation",
            "--distribution-id",
            self.distribution,
            "--paths",
            f"{self.alias}*",
        ]


def client_environment(cloud: LocalCloud, endpoint_url: str, folder: Path) -> Mapping[str, str]:
    """The environment of commands that are run in `folder` and are to reach `cloud` through `endpoint_url`.

    The AWS CLI finds it by its own variables; edgeship by the state file, which this writes into the folder.
    """
    state = LocalState(
        pid=os.getpid(),
        process_start=process_start(os.getpid()) or "",
        endpoint_url=endpoint_url,
        edge_url=cloud.edge_url,
        cloudflare_url=cloud.second_cdn_url,
        environment=cloud.names.environment,
        account=cloud.names.account,
        started_at="",
        logs=str(cloud.logs),
    )
    write_state(folder / STATE_PATH, state)
    return child_environment(os.environ, endpoint_url, without=("EDGESHIP_",))


def _aws() -> str:
    return str(SCRIPTS / "aws")
