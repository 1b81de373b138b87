"""What a stack's status allows, and what a person does next.

Statuses: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from edgeship.domain.errors import Refused


class Action(StrEnum):
    """What a deploy does with a stack."""

    CREATE = "create"
    CLEAR = "clear"
    """Delete what an unfinished first deploy left, then create: CloudFormation updates no such stack."""
    UPDATE = "update"


GONE: Final = "DELETE_COMPLETE"
NEVER_COMPLETE: Final = frozenset({"CREATE_FAILED", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})
"""Of stacks that never were complete: nothing was ever published there."""
_REVIEWED: Final = "REVIEW_IN_PROGRESS"
_STUCK: Final = frozenset({"UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED"})


def is_busy(status: str) -> bool:
    """Whether CloudFormation is changing the stack. REVIEW_IN_PROGRESS is a change set that nobody has executed."""
    return status.endswith("_IN_PROGRESS") and status != _REVIEWED


def action_for(stack: str, status: str | None, region: str) -> Action:
    """What a deploy does with a stack of this status; None where there is no stack.

    Raises:
        Refused: `stack_busy`, `stack_stuck`, `stack_half_deleted`: the stack takes no deploy now.
    """
    if status is None or status == GONE:
        return Action.CREATE
    if status in NEVER_COMPLETE:
        return Action.CLEAR
    if is_busy(status):
        raise Refused(
            "stack_busy",
            f"The stack {stack} is {status}: CloudFormation is changing it.",
            f"Wait for its end: aws cloudformation describe-stacks --stack-name {stack} --region {region}.",
        )
    if status in _STUCK:
        raise Refused(
            "stack_stuck",
            f"The stack {stack} is {status}: an update failed, and so did its rollback.",
            "Fix the resource that the stack's events name, then run aws cloudformation continue-update-rollback "
            f"--stack-name {stack} --region {region}, then this command again.",
        )
    if status == "DELETE_FAILED":
        raise Refused(
            "stack_half_deleted",
            f"The stack {stack} is {status}: a part of it is deleted.",
            "Finish it with edgeship destroy, then run this command again.",
        )
    return Action.UPDATE


def after_deploy(status: str | None) -> str:
    """What to type after a deploy that did not end well."""
    if status is None or status == GONE or status in NEVER_COMPLETE:
        return (
            "Nothing is served from it yet. Fix the cause that the events name, then run edgeship deploy again: it "
            "removes what is left of the stack first."
        )
    if is_busy(status):
        return "CloudFormation goes on without this command. Run edgeship deploy again when it is done."
    if status in _STUCK:
        return (
            "Fix the resource that the stack's events name, then run aws cloudformation continue-update-rollback, then "
            "edgeship deploy again."
        )
    if status.startswith("UPDATE_ROLLBACK"):
        return (
            "The stack is as it was before this deploy, and serves. Fix the cause that the events name, then run "
            "edgeship deploy again."
        )
    return "The stack serves. Run edgeship deploy again: it goes on where this one ended."


def after_destroy(status: str | None) -> str:
    """What to type after a destroy that did not end well."""
    if status is not None and is_busy(status):
        return "CloudFormation goes on without this command. Run edgeship destroy again when it is done."
    return (
        "Run edgeship destroy again. Copies of the edge function are deleted by AWS some hours after the distribution; "
        "until then its deletion fails."
    )
