"""Permissions against what the code calls: the local cloud enforces none, so a missing one would show on AWS alone."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest

from edgeship.resource_names import REGION
from tests.application.test_crashes import SCENES
from tests.aws import NAMES, aws_environment, empty_again
from tests.infra.template import Template, listed

pytestmark = pytest.mark.xdist_group("infra")

Need = tuple[str, str]
"""An IAM action and the ARN it is needed on."""

PLUMBING = {"logs:CreateLogStream", "logs:PutLogEvents"}
TO_A_FAILURE_QUEUE = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}
UNSEEN = {
    # An archive over 5 GB; a key that is not there; a manifest that another upload has just published.
    "artifact_upload": {"s3:AbortMultipartUpload", "s3:ListBucket", "s3:GetObject", *TO_A_FAILURE_QUEUE},
    # A release that an operator has promoted before.
    "promotion": {"dynamodb:ConditionCheckItem", *TO_A_FAILURE_QUEUE},
    # The first snapshot's absence.
    "relay": {"s3:ListBucket", *STREAM, *TO_A_FAILURE_QUEUE},
}
"""What Lambda needs on a function's behalf, or the code only in cases that no scene plays."""


def performer(scene: str) -> str:
    """Whose permissions a scene needs."""
    for word, whose in (
        ("promotion", "promotion"),
        ("relay", "relay"),
        ("rollback", "operator"),
        ("operator", "operator"),
    ):
        if word in scene:
            return whose
    return "artifact_upload"


@pytest.fixture(scope="module")
def calls() -> dict[str, set[Need]]:
    """What each performer needs for its scenes."""
    needs: dict[str, set[Need]] = {}
    with aws_environment(), pytest.MonkeyPatch.context() as patch:
        for scene, set_up in SCENES.items():
            deliver = set_up(empty_again())
            recorded = needs.setdefault(performer(scene), set())
            patch.setattr(boto3, "DEFAULT_SESSION", _recording_session(recorded))
            deliver()
            patch.undo()
            patch.setattr(boto3, "DEFAULT_SESSION", None)
    return needs


@pytest.mark.parametrize("name", ["artifact_upload", "promotion", "relay", "operator"])
def test_every_call_is_allowed(name: str, calls: dict[str, set[Need]], production: Template) -> None:
    statements = _statements(production, name)
    assert calls[name]
    assert {need for need in calls[name] if not _allowed(need, statements)} == set()


@pytest.mark.parametrize("name", UNSEEN)
def test_nothing_is_allowed_that_is_not_called(name: str, calls: dict[str, set[Need]], production: Template) -> None:
    allowed = {action for statement in _statements(production, name) for action in listed(statement["Action"])}
    assert allowed - {action for action, _ in calls[name]} - PLUMBING - UNSEEN[name] == set()


def _recording_session(needs: set[Need]) -> boto3.Session:
    def record(params: dict[str, Any], model: Any, **_: Any) -> None:
        needs.update(_needs(model.service_model.service_name, model.name, params))

    session = boto3.Session()
    session._session.get_component("event_emitter").register("provide-client-params.*.*", record)
    return session


def _needs(service: str, operation: str, params: dict[str, Any]) -> Iterator[Need]:
    """A call's actions and ARNs, in the production environment's names.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    arn = f"{REGION}:{NAMES.account}"
    match service, operation:
        case "s3", "CopyObject":
            source = params["CopySource"]
            version = "Version" if source.get("VersionId") else ""
            yield f"s3:GetObject{version}", _production(f"arn:aws:s3:::{source['Bucket']}/{source['Key']}")
            yield "s3:PutObject", _production(f"arn:aws:s3:::{params['Bucket']}/{params['Key']}")
        case "s3", "HeadObject" | "GetObject" | "PutObject":
            action = "s3:PutObject" if operation == "PutObject" else "s3:GetObject"
            yield (
                action + ("Version" if "VersionId" in params else ""),
                _production(f"arn:aws:s3:::{params['Bucket']}/{params['Key']}"),
            )
        case "dynamodb", "TransactWriteItems":
            for write in params["TransactItems"]:
                ((kind, item),) = write.items()
                action = "dynamodb:ConditionCheckItem" if kind == "ConditionCheck" else f"dynamodb:{kind}Item"
                yield action, _production(f"arn:aws:dynamodb:{arn}:table/{item['TableName']}")
        case "dynamodb", _:
            yield f"dynamodb:{operation}", _production(f"arn:aws:dynamodb:{arn}:table/{params['TableName']}")
        case "events", "PutEvents":
            for entry in params["Entries"]:
                yield "events:PutEvents", _production(f"arn:aws:events:{arn}:event-bus/{entry['EventBusName']}")
        case "sqs", _:
            # CloudFormation names the queue; that the relay is given its URL is held by another test.
            yield f"sqs:{operation}", "arn:of:PipelinePoison"
        case _:
            raise AssertionError(f"{service}:{operation} has no entry here: say which permission it needs")


def _production(arn: str) -> str:
    return arn.replace(f"edgeship-{NAMES.environment}", "edgeship-production")


def _statements(template: Template, name: str) -> list[dict[str, Any]]:
    statements = (
        [statement for key, statement in template.statements() if key.startswith("AccessOperator")]
        if name == "operator"
        else template.role_statements(name)
    )
    return [
        {**statement, "Resource": [template.arn(resource) for resource in listed(statement["Resource"])]}
        for statement in statements
    ]


def _allowed(need: Need, statements: list[dict[str, Any]]) -> bool:
    action, arn = need
    return any(
        action in listed(statement["Action"]) and any(fnmatchcase(arn, one) for one in listed(statement["Resource"]))
        for statement in statements
    )
