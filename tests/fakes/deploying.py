"""CloudFormation and the CDK in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from edgeship.application.deploying.ports import Assembly, DeployFailed, Diff, Progress, StackFacts

ACCOUNT = "123456789012"
HOME = "us-east-1"


@dataclass
class FakeCloud:
    """Stacks by name, and what was done, in order. `dies_at` names the deed before which the process ends."""

    stacks: dict[str, StackFacts] = field(default_factory=dict)
    ready: set[str] = field(default_factory=lambda: {HOME})
    done: list[str] = field(default_factory=list)
    fails: str | None = None
    dies_at: str | None = None
    clock: int = 0

    def _do(self, deed: str) -> None:
        if deed == self.dies_at:
            raise KeyboardInterrupt
        self.done.append(deed)

    def put(self, name: str, status: str, *, protected: bool = False) -> None:
        self.clock += 1
        self.stacks[name] = StackFacts(name, HOME, status, f"{self.clock}", protected, {"Version": "1"})

    # Stacks
    def read(self, region: str, name: str) -> StackFacts | None:
        return self.stacks.get(name)

    def delete(self, region: str, name: str, on_progress: Progress) -> list[str]:
        if self.stacks[name].protected:
            raise DeployFailed(f"{name} is protected")
        self._do(f"delete {name}")
        del self.stacks[name]
        return ["AWS::DynamoDB::Table edgeship-a"]

    def unprotect(self, region: str, name: str) -> None:
        self.stacks[name] = replace(self.stacks[name], protected=False)

    def bootstrapped(self, region: str) -> bool | None:
        return region in self.ready

    # App
    def synthesise(self, context: Mapping[str, str]) -> Assembly:
        folder = "first" if context.get("first_deploy") == "true" else "whole"
        return Assembly(Path(folder), {f"edgeship-{context['environment']}": HOME}, ACCOUNT)

    # Toolkit
    def bootstrap(self, account: str, region: str) -> None:
        self._do(f"bootstrap {account} {region}")
        self.ready.add(region)

    def diff(self, assembly: Assembly) -> Diff:
        return Diff("diff", changes=not any(stack.outputs.get("Same") for stack in self.stacks.values()))

    def deploy(self, assembly: Assembly, *, first: bool) -> None:
        deed = f"deploy {assembly.folder.name}"
        assert first == (assembly.folder.name == "first")
        self._do(deed)
        (name,) = assembly.stacks
        there = self.stacks.get(name)
        if there is not None and there.status == "ROLLBACK_COMPLETE":
            raise DeployFailed("CloudFormation updates no such stack")
        if self.fails == deed:
            self.put(name, "UPDATE_ROLLBACK_COMPLETE" if there else "ROLLBACK_COMPLETE")
            raise DeployFailed("a resource failed")
        self.put(name, "UPDATE_COMPLETE" if there else "CREATE_COMPLETE")

    # Quotas
    def shortages(self, assembly: Assembly) -> list[str]:
        return ["Concurrent executions: 10"]
