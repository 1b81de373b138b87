from __future__ import annotations

import pytest

from edgeship.application.deploying.deploy_environment import DeployEnvironment
from edgeship.application.deploying.destroy_environment import DestroyEnvironment
from edgeship.application.deploying.ports import DeployFailed
from edgeship.domain.deploying.stack_status import Action
from edgeship.domain.errors import Refused
from tests.fakes.deploying import HOME, FakeCloud

CONTEXT = {"environment": "a"}
STACK = "edgeship-a"


def use(cloud: FakeCloud) -> DeployEnvironment:
    return DeployEnvironment(cloud, cloud, cloud, cloud)


def deploy(cloud: FakeCloud) -> dict[str, str]:
    return use(cloud).run(use(cloud).plan(CONTEXT, str), str)


def test_a_first_deploy_takes_two_steps() -> None:
    cloud = FakeCloud(ready=set())
    assert deploy(cloud) == {"Version": "1"}
    assert cloud.done == ["bootstrap 123456789012 us-east-1", "deploy first", "deploy whole"]


def test_a_plan_changes_nothing_and_names_what_the_account_lacks() -> None:
    cloud = FakeCloud()
    plan = use(cloud).plan(CONTEXT, str)
    assert (plan.actions, plan.notes, cloud.done) == ({STACK: Action.CREATE}, ("Concurrent executions: 10",), [])


def test_an_update_takes_one_step_and_reads_no_quotas() -> None:
    cloud = FakeCloud()
    cloud.put(STACK, "UPDATE_COMPLETE", protected=True)
    assert use(cloud).plan(CONTEXT, str).notes == ()
    deploy(cloud)
    assert cloud.done == ["deploy whole"]


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_FAILED"])
def test_what_an_unfinished_first_deploy_left_is_removed_first(status: str) -> None:
    cloud = FakeCloud()
    cloud.put(STACK, status, protected=True)
    deploy(cloud)
    assert cloud.done == [f"delete {STACK}", "deploy first", "deploy whole"]


def test_a_deploy_that_fails_can_be_repeated() -> None:
    cloud = FakeCloud(fails="deploy first")
    with pytest.raises(DeployFailed):
        deploy(cloud)
    cloud.fails = None
    deploy(cloud)
    assert cloud.stacks[STACK].status == "UPDATE_COMPLETE"


@pytest.mark.parametrize("deed", ["bootstrap 123456789012 us-east-1", "deploy first", "deploy whole"])
def test_a_deploy_that_dies_goes_on_at_the_next(deed: str) -> None:
    cloud = FakeCloud(ready=set(), dies_at=deed)
    with pytest.raises(KeyboardInterrupt):
        deploy(cloud)
    cloud.dies_at = None
    deploy(cloud)
    assert cloud.stacks[STACK].status == "UPDATE_COMPLETE"
    assert cloud.done.count("deploy first") == 1


def test_a_stack_that_somebody_else_changed_since_is_left_alone() -> None:
    cloud = FakeCloud()
    plan = use(cloud).plan(CONTEXT, str)
    cloud.put(STACK, "CREATE_COMPLETE")
    with pytest.raises(Refused) as refused:
        use(cloud).run(plan, str)
    assert (refused.value.code, cloud.done) == ("stack_changed", [])


def test_a_destroy_says_what_stays() -> None:
    cloud = FakeCloud()
    cloud.put(STACK, "UPDATE_COMPLETE", protected=True)
    destroy = DestroyEnvironment(cloud)
    kept = destroy.run(destroy.find({STACK: HOME}), str)
    assert (kept, cloud.stacks) == (["AWS::DynamoDB::Table edgeship-a"], {})


@pytest.mark.parametrize(("status", "code"), [(None, "no_stack"), ("UPDATE_IN_PROGRESS", "stack_busy")])
def test_a_stack_that_is_not_there_or_busy_is_refused(status: str | None, code: str) -> None:
    cloud = FakeCloud()
    if status:
        cloud.put(STACK, status)
    with pytest.raises(Refused) as refused:
        DestroyEnvironment(cloud).find({STACK: HOME})
    assert refused.value.code == code
