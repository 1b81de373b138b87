"""The stacks of an environment, beside this command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeship.domain.deploying.stack_status import Action, action_for, after_deploy, is_busy
from edgeship.domain.doctor.finding import Check, Finding, Level
from edgeship.domain.errors import Refused


@dataclass(frozen=True)
class SeenStack:
    """A stack; `status` is None where there is none. `enabled` is whether the account uses its Region."""

    name: str
    region: str
    status: str | None
    version: str | None = None
    enabled: bool = True


def check_region(stack: SeenStack) -> Iterator[Finding]:
    if not stack.enabled:
        yield Finding(
            Check.REGION,
            Level.ERROR,
            f"The Region {stack.region} is not enabled in this account.",
            f"Enable it: aws account enable-region --region-name {stack.region}. Or take it out of edge_regions.",
        )


def check_stack(stack: SeenStack, environment: str) -> Iterator[Finding]:
    if not stack.enabled:
        return
    deploy = f"edgeship deploy --env {environment}"
    if stack.status is None:
        yield Finding(
            Check.STACK,
            Level.ERROR,
            f"There is no stack {stack.name} in {stack.region}.",
            f"Check --env and the account, or create it: {deploy}.",
        )
        return
    try:
        action = action_for(stack.name, stack.status, stack.region)
    except Refused as refused:
        level = Level.WARNING if is_busy(stack.status) else Level.ERROR
        yield Finding(Check.STACK, level, refused.reason, refused.remedy)
        return
    if action is not Action.UPDATE:
        reason = f"The stack {stack.name} is {stack.status}: it was never complete."
        yield Finding(Check.STACK, Level.ERROR, reason, after_deploy(stack.status))
    elif stack.status.startswith(("UPDATE_ROLLBACK", "IMPORT_ROLLBACK")):
        reason = f"The stack {stack.name} is {stack.status}: its last deploy failed."
        yield Finding(Check.STACK, Level.WARNING, reason, after_deploy(stack.status))


def check_version(stack: SeenStack, own: str, environment: str) -> Iterator[Finding]:
    """`own` is the version of this command line."""
    if stack.status is None or stack.version == own:
        return
    ours, theirs = _order(own), _order(stack.version)
    if ours is not None and theirs is not None and theirs > ours:
        yield Finding(
            Check.VERSION,
            Level.ERROR,
            f"The stack is of edgeship {stack.version}, and this command line is {own}: it may not know what is there.",
            f"Upgrade it: pip install edgeship=={stack.version}.",
        )
        return
    yield Finding(
        Check.VERSION,
        Level.WARNING,
        f"The stack is of {f'edgeship {stack.version}' if stack.version else 'an early edgeship'}, and this command "
        f"line is {own}.",
        f"Bring the stack up to it: edgeship deploy --env {environment}. Or pip install edgeship=={stack.version}.",
    )


def _order(version: str | None) -> tuple[int, ...] | None:
    """Of a final release, such as 1.4.2; None of anything else."""
    parts = (version or "").split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else None
