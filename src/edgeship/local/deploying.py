"""Deploys to a running local cloud, by the CDK's command line as to an account."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from edgeship.adapters.cdk.stacks import CloudFormationStacks
from edgeship.adapters.cdk.toolkit import CdkToolkit
from edgeship.application.deploying.ports import Assembly, Diff, StackFacts
from localcloud.assembly_gaps import without_gaps
from localcloud.emulator_gaps import GAP_OUTPUT, TakenOut, create
from localcloud.sandbox import SandboxSession, child_environment


class LocalToolkit(CdkToolkit):
    """Takes out of templates what the emulator's CloudFormation lacks, and makes it by its API."""

    def __init__(self, session: SandboxSession, folder: Path) -> None:
        super().__init__(child_environment(os.environ, session.endpoint_url, without=("EDGESHIP_",)), folder)
        self._session = session
        self._stacks = CloudFormationStacks(session)

    def diff(self, assembly: Assembly) -> Diff:
        with _filled(assembly) as (filled, _):
            return super().diff(filled)

    def deploy(self, assembly: Assembly, *, first: bool) -> None:
        del first  # the emulator's change sets import nothing
        with _filled(assembly) as (filled, taken):
            self._deploy(filled, "--method=direct")
        home, region = next(iter(assembly.stacks.items()))
        deployed = self._stacks.read(region, home)
        for resource in taken:
            create(self._session, resource, deployed.outputs if deployed else {})


class LocalStacks(CloudFormationStacks):
    """Without the outputs that only stand in for what the emulator's CloudFormation lacks."""

    def read(self, region: str, name: str) -> StackFacts | None:
        stack = super().read(region, name)
        own = {key: value for key, value in (stack.outputs if stack else {}).items() if not key.startswith(GAP_OUTPUT)}
        return stack and replace(stack, outputs=own)


class NoQuotas:
    """An emulator has none."""

    def shortages(self, assembly: Assembly) -> list[str]:
        del assembly
        return []


@contextmanager
def _filled(assembly: Assembly) -> Iterator[tuple[Assembly, list[TakenOut]]]:
    with tempfile.TemporaryDirectory(prefix="edgeship-assembly-") as scratch:
        folder = Path(scratch) / "cdk.out"
        taken = without_gaps(assembly.folder, folder)
        yield replace(assembly, folder=folder), taken
