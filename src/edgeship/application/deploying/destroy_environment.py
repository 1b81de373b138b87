"""Deletes an environment's stacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeship.application.deploying.ports import Progress, StackFacts, Stacks
from edgeship.domain.deploying.stack_status import GONE, is_busy
from edgeship.domain.errors import Refused


@dataclass(frozen=True)
class DestroyEnvironment:
    stacks: Stacks

    def find(self, named: Mapping[str, str]) -> list[StackFacts]:
        """The stacks that there are, of those `named`: Regions by names.

        Raises:
            Refused: `stack_busy`; `no_stack` where there is none.
        """
        read = [self.stacks.read(region, name) for name, region in named.items()]
        found = [stack for stack in read if stack is not None and stack.status != GONE]
        if not found:
            raise Refused(
                "no_stack",
                f"There is no stack {' or '.join(named)} in this account.",
                "Check --env and the AWS account.",
            )
        for stack in found:
            if is_busy(stack.status):
                raise Refused(
                    "stack_busy",
                    f"The stack {stack.name} is {stack.status}: CloudFormation is changing it.",
                    "Run this command again when it is done.",
                )
        return found

    def run(self, found: list[StackFacts], on_progress: Progress) -> list[str]:
        """Delete them; what is kept, TYPE NAME each. Safe to run again after any end.

        Raises:
            DeployFailed: CloudFormation could not; the message has each resource with its reason.
        """
        kept: list[str] = []
        for stack in found:
            if stack.protected:
                self.stacks.unprotect(stack.region, stack.name)
            on_progress(f"deleting {stack.name} in {stack.region}")
            kept += self.stacks.delete(stack.region, stack.name, on_progress)
        return kept
