"""Deploys an environment: first what would change, then, when a person agrees, the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeship.application.deploying.ports import App, Assembly, Diff, Progress, Quotas, StackFacts, Stacks, Toolkit
from edgeship.domain.deploying.stack_status import Action, action_for
from edgeship.domain.errors import Refused

FIRST_DEPLOY = "first_deploy"
"""The option of a template that leaves out what a first deploy can't have yet, or what hinders its rollback."""


@dataclass(frozen=True)
class Plan:
    """What a deploy will do. `actions` has what becomes of each stack, the environment's own first."""

    assembly: Assembly
    first: Assembly | None
    """What is deployed before the rest, when the environment's own stack is new."""
    actions: Mapping[str, Action]
    unready: tuple[str, ...]
    """The Regions that are bootstrapped first."""
    notes: tuple[str, ...]
    diff: Diff
    seen: Mapping[str, StackFacts | None]

    @property
    def does_nothing(self) -> bool:
        return not self.diff.changes and all(action is Action.UPDATE for action in self.actions.values())


@dataclass(frozen=True)
class DeployEnvironment:
    stacks: Stacks
    app: App
    toolkit: Toolkit
    quotas: Quotas

    def plan(self, context: Mapping[str, str], on_progress: Progress) -> Plan:
        """What a deploy under this context would do; changes nothing.

        Raises:
            Refused: a stack takes no deploy now.
            DeployFailed: the CDK could not compare.
        """
        on_progress("making the template")
        assembly = self.app.synthesise(context)
        seen = {name: self.stacks.read(region, name) for name, region in assembly.stacks.items()}
        actions = {
            name: action_for(name, stack.status if stack else None, assembly.stacks[name])
            for name, stack in seen.items()
        }
        home = next(iter(assembly.stacks))
        new = actions[home] is not Action.UPDATE
        first = self.app.synthesise({**context, FIRST_DEPLOY: "true"}) if new else None
        ready = {region: self.stacks.bootstrapped(region) for region in dict.fromkeys(assembly.stacks.values())}
        unread = [region for region, known in ready.items() if known is None]
        notes = [
            # A stack that is there has its share already.
            *(self.quotas.shortages(assembly) if new else ()),
            *(f"whether {region} is bootstrapped for the CDK could not be read" for region in unread),
        ]
        on_progress("comparing it with what is deployed")
        return Plan(
            assembly=assembly,
            first=first,
            actions=actions,
            unready=tuple(region for region, known in ready.items() if known is False),
            notes=tuple(notes),
            diff=self.toolkit.diff(assembly),
            seen=seen,
        )

    def run(self, plan: Plan, on_progress: Progress) -> dict[str, str]:
        """Do it; the outputs of the environment's own stack. Safe to run again after any end.

        Raises:
            Refused: `stack_changed`: a stack is not as it was when the plan was made.
            DeployFailed: CloudFormation or the CDK refused.
        """
        self._require_unchanged(plan)
        for region in plan.unready:
            on_progress(f"bootstrapping {region} for the CDK")
            self.toolkit.bootstrap(plan.assembly.account, region)
        for name, action in plan.actions.items():
            if action is Action.CLEAR:
                on_progress(f"deleting {name}, which an earlier first deploy left unfinished")
                self._clear(plan, name, on_progress)
        if plan.first is not None:
            on_progress("a first deploy takes two steps: 1 of 2")
            self.toolkit.deploy(plan.first, first=True)
            on_progress("2 of 2")
        self.toolkit.deploy(plan.assembly, first=False)
        home, region = next(iter(plan.assembly.stacks.items()))
        deployed = self.stacks.read(region, home)
        return dict(deployed.outputs) if deployed else {}

    def _clear(self, plan: Plan, name: str, on_progress: Progress) -> None:
        stack = plan.seen[name]
        if stack is not None and stack.protected:
            self.stacks.unprotect(stack.region, name)
        self.stacks.delete(plan.assembly.stacks[name], name, on_progress)

    def _require_unchanged(self, plan: Plan) -> None:
        for name, seen in plan.seen.items():
            now = self.stacks.read(plan.assembly.stacks[name], name)
            if (now and (now.status, now.changed)) != (seen and (seen.status, seen.changed)):
                raise Refused(
                    "stack_changed",
                    f"The stack {name} was changed since the changes were shown.",
                    "Somebody else deploys. Run this command again, and read the changes.",
                )
