"""What `Stacks` promises, held against CloudFormation in moto and against the fake."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.cloudformation.models import Event, Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

from edgeship.adapters.cdk.seen_stacks import SeenStacks
from edgeship.adapters.cdk.stacks import BOOTSTRAP_PARAMETER, CloudFormationStacks
from edgeship.adapters.messaging.stack_queues import StackQueues
from edgeship.application.deploying.ports import Stacks
from edgeship.application.doctor.ports import NotAllowed
from edgeship.domain.doctor.stack import SeenStack
from tests.fakes.deploying import FakeCloud
from tests.support.moto.sessions import kept_session

HOME, STACK = "us-east-1", "edgeship-contract"
TEMPLATE = {
    "Resources": {
        "Poison": {"Type": "AWS::SQS::Queue"},
        "Work": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Poison", "Arn"]}, "maxReceiveCount": 3}
            },
        },
    },
    "Outputs": {"Version": {"Value": "1"}},
}


@dataclass
class Stage:
    stacks: Stacks
    create: Callable[[], object]
    protected: Callable[[], bool]
    bootstrap: Callable[[str], object]


@pytest.fixture(params=["moto", "fake"])
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stage:
    if request.param == "fake":
        cloud = FakeCloud(ready=set())
        return Stage(
            cloud,
            lambda: cloud.put(STACK, "CREATE_COMPLETE", protected=True),
            lambda: cloud.stacks[STACK].protected,
            lambda _: cloud.ready.add(HOME),
        )
    request.getfixturevalue("aws")
    protected: set[str] = set()

    def unprotect(self: CloudFormationResponse) -> ActionResult:
        """moto has no protection from deletion."""
        assert self._get_param("EnableTerminationProtection") is False
        protected.discard(self._get_param("StackName"))
        return ActionResult({})

    monkeypatch.setattr(CloudFormationResponse, "update_termination_protection", unprotect, raising=False)
    return Stage(
        CloudFormationStacks(kept_session(), sleep=lambda _: None),
        lambda: (create(), protected.add(STACK)),
        lambda: STACK in protected,
        lambda version: (
            kept_session()
            .client("ssm")
            .put_parameter(Name=BOOTSTRAP_PARAMETER, Value=version, Type="String", Overwrite=True)
        ),
    )


def create() -> None:
    kept_session().client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))


def test_a_stack_that_is_not_there(stage: Stage) -> None:
    assert stage.stacks.read(HOME, STACK) is None


def test_a_stack_is_read_with_its_outputs(stage: Stage) -> None:
    stage.create()
    found = stage.stacks.read(HOME, STACK)
    assert found is not None
    assert (found.name, found.region, found.status, found.outputs["Version"]) == (STACK, HOME, "CREATE_COMPLETE", "1")
    assert found.changed


def test_a_stack_that_was_let_go_is_deleted(stage: Stage) -> None:
    stage.create()
    assert stage.protected()
    stage.stacks.unprotect(HOME, STACK)
    assert not stage.protected()
    said: list[str] = []
    stage.stacks.delete(HOME, STACK, said.append)
    assert stage.stacks.read(HOME, STACK) is None


def test_a_region_is_ready_once_it_is_bootstrapped(stage: Stage) -> None:
    assert stage.stacks.bootstrapped(HOME) is False
    stage.bootstrap("27")
    assert stage.stacks.bootstrapped(HOME) is True


def test_an_old_bootstrap_is_none(aws: Any) -> None:
    ssm = kept_session().client("ssm")
    ssm.put_parameter(Name=BOOTSTRAP_PARAMETER, Value="5", Type="String", Overwrite=True)
    assert CloudFormationStacks(kept_session()).bootstrapped(HOME) is False


def test_what_a_template_keeps_is_named_when_its_stack_is_deleted(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto deletes everything; CloudFormation says in its events what it kept."""
    create()
    delete = Stack.delete

    def keeping(self: Stack) -> None:
        delete(self)
        for kind, name in (("AWS::SQS::Queue", "a-queue"), ("AWS::Lambda::Version", "a-version")):
            self.events.append(Event(self.stack_id, self.name, name, name, kind, "DELETE_SKIPPED", None, None))

    monkeypatch.setattr(Stack, "delete", keeping)
    stacks = CloudFormationStacks(kept_session(), sleep=lambda _: None)
    assert stacks.delete(HOME, STACK, lambda _: None) == ["AWS::SQS::Queue a-queue"]


class Denied:
    """Stacks that these credentials may not read."""

    def __init__(self, code: str, message: str = "") -> None:
        self.error = ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")

    def read(self, region: str, name: str) -> None:
        raise self.error


def test_a_diagnosis_reads_the_status_and_the_version(stage: Stage) -> None:
    seen = SeenStacks(stage.stacks)
    assert seen.read(HOME, STACK) == SeenStack(STACK, HOME, None)
    stage.create()
    assert seen.read(HOME, STACK) == SeenStack(STACK, HOME, "CREATE_COMPLETE", "1")


def test_a_diagnosis_names_what_is_needed_and_a_region_that_is_not_enabled() -> None:
    message = "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: cloudformation:DescribeStacks"
    for text in (message, "no"):
        with pytest.raises(NotAllowed) as denied:
            SeenStacks(Denied("AccessDenied", text)).read(HOME, STACK)  # type: ignore[arg-type]
        assert denied.value.needs == "cloudformation:DescribeStacks"
    elsewhere = SeenStacks(Denied("UnrecognizedClientException"))  # type: ignore[arg-type]
    assert elsewhere.read("me-south-1", STACK) == SeenStack(STACK, "me-south-1", None, enabled=False)


def test_the_queues_of_a_stack(aws: Any) -> None:
    create()
    session = kept_session()
    sqs = session.client("sqs")
    queues = StackQueues(session.client("cloudformation"), sqs, STACK)
    found = {queue.of_failures: queue for queue in queues.read()}
    assert found.keys() == {True, False}
    assert (found[True].waiting, found[False].waiting) == (0, 0)
    sqs.send_message(QueueUrl=found[True].url, MessageBody="{}")
    (poison,) = (queue for queue in queues.read() if queue.of_failures)
    assert (poison.waiting, poison.name) == (1, found[True].url.rpartition("/")[2])
