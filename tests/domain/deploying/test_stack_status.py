from __future__ import annotations

import pytest

from edgeship.domain.deploying.stack_status import Action, action_for, after_deploy, after_destroy, is_busy
from edgeship.domain.errors import Refused

REGION = "us-east-1"


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (None, Action.CREATE),
        ("DELETE_COMPLETE", Action.CREATE),
        ("REVIEW_IN_PROGRESS", Action.CLEAR),
        ("ROLLBACK_COMPLETE", Action.CLEAR),
        ("ROLLBACK_FAILED", Action.CLEAR),
        ("CREATE_FAILED", Action.CLEAR),
        ("CREATE_COMPLETE", Action.UPDATE),
        ("UPDATE_COMPLETE", Action.UPDATE),
        ("UPDATE_ROLLBACK_COMPLETE", Action.UPDATE),
        ("IMPORT_COMPLETE", Action.UPDATE),
    ],
)
def test_what_a_deploy_does(status: str | None, action: Action) -> None:
    assert action_for("edgeship-a", status, REGION) is action


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("CREATE_IN_PROGRESS", "stack_busy"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "stack_busy"),
        ("DELETE_IN_PROGRESS", "stack_busy"),
        ("UPDATE_ROLLBACK_FAILED", "stack_stuck"),
        ("DELETE_FAILED", "stack_half_deleted"),
    ],
)
def test_a_stack_that_takes_no_deploy_is_named(status: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        action_for("edgeship-a", status, REGION)
    assert refused.value.code == code
    assert "edgeship-a" in refused.value.reason
    assert status in refused.value.reason


def test_a_change_set_that_waits_is_nobody_at_work() -> None:
    assert not is_busy("REVIEW_IN_PROGRESS")
    assert is_busy("ROLLBACK_IN_PROGRESS")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (None, "Nothing is served"),
        ("ROLLBACK_COMPLETE", "removes what is left"),
        ("UPDATE_IN_PROGRESS", "goes on without this command"),
        ("UPDATE_ROLLBACK_COMPLETE", "as it was before"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("CREATE_COMPLETE", "goes on where this one ended"),
    ],
)
def test_what_to_type_after_a_deploy_that_did_not_end_well(status: str | None, said: str) -> None:
    assert said in after_deploy(status)


def test_what_to_type_after_a_destroy_that_did_not_end_well() -> None:
    assert "goes on without" in after_destroy("DELETE_IN_PROGRESS")
    assert "edge function" in after_destroy("DELETE_FAILED")
