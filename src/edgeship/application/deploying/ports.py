"""What a deploy needs of its surroundings: CloudFormation, the CDK app, the CDK's command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Progress = Callable[[str], None]
"""Takes each step in a line."""


class DeployFailed(Exception):
    """The CDK's command line, or CloudFormation, ended with an error; the message ends with what it said."""


@dataclass(frozen=True)
class StackFacts:
    """One deployed stack. `changed` is an RFC 3339 time: that of the last update, or of the creation."""

    name: str
    region: str
    status: str
    changed: str
    protected: bool = False
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Assembly:
    """A cloud assembly in `folder`, with its stacks' Regions by their names, the environment's own first."""

    folder: Path
    stacks: Mapping[str, str]
    account: str


@dataclass(frozen=True)
class Diff:
    """What a deploy would change; `text` is for a person."""

    text: str
    changes: bool


class Stacks(Protocol):
    """CloudFormation."""

    def read(self, region: str, name: str) -> StackFacts | None:
        """The stack; None when there is none."""
        ...

    def delete(self, region: str, name: str, on_progress: Progress) -> list[str]:
        """Delete the stack, and return when it is gone; the resources that its template keeps, TYPE NAME each.

        Raises:
            DeployFailed: CloudFormation could not; the message has each resource with its reason.
        """
        ...

    def unprotect(self, region: str, name: str) -> None:
        """Let the stack be deleted."""
        ...

    def bootstrapped(self, region: str) -> bool | None:
        """Whether the Region has what the CDK needs; None when these credentials may not read it."""
        ...


class App(Protocol):
    """The CDK app."""

    def synthesise(self, context: Mapping[str, str]) -> Assembly:
        """The assembly of the environment that the context names."""
        ...


class Toolkit(Protocol):
    """The CDK's command line. Each raises DeployFailed."""

    def bootstrap(self, account: str, region: str) -> None: ...

    def diff(self, assembly: Assembly) -> Diff: ...

    def deploy(self, assembly: Assembly, *, first: bool) -> None:
        """Create or update all stacks of the assembly; the `first` deploy adopts what a deleted stack has left."""
        ...


class Quotas(Protocol):
    """What an account may have."""

    def shortages(self, assembly: Assembly) -> list[str]:
        """What the account lacks for the assembly, or that this could not be read, a line each."""
        ...
