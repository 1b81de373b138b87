"""Permissions against what the code calls: the local cloud enforces none, so a missing one would show on AWS alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest

from edgeship.adapters.lambda_events.beacons import parse_beacon
from edgeship.adapters.lambda_events.function_url import FunctionUrlRequest
from edgeship.bootstrap import operator, telemetry
from edgeship.bootstrap.runtime import utc_now
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import DEFAULT_STEPS, start
from edgeship.domain.edge.router import Request
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.releases.limits import DEFAULT_LIMITS
from edgeship.domain.telemetry.beacon import Beacon
from edgeship.domain.version import Version
from edgeship.resource_names import REGION
from infra.app import ROOT
from tests.infra.template import Template, listed
from tests.support.crash.death import process
from tests.support.crash.scenes import notifications, propagation, releases, rollouts
from tests.support.crash.search import Scene
from tests.support.moto.aws import NAMES, Aws, aws_environment, empty_again
from tests.support.moto.function_env import function_env
from tests.support.moto.sessions import kept_session
from tests.support.notifying import Internet
from tests.support.tokens import VIEWER, a_token

pytestmark = pytest.mark.xdist_group("permissions")

Need = tuple[str, str]
"""An IAM action and the ARN it is needed on."""

PLUMBING = {"logs:CreateLogStream", "logs:PutLogEvents"}
TO_A_FAILURE_QUEUE = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
A_QUEUE = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}
UNSEEN = {
    # An archive over 5 GB; a key that is not there; a manifest that another upload has just published; the queue of the
    # uploads at which it failed.
    "artifact_upload": {"s3:AbortMultipartUpload", "s3:ListBucket", "s3:GetObject", *TO_A_FAILURE_QUEUE, *A_QUEUE},
    # Of its queue, and on its behalf.
    "notification": A_QUEUE,
    # A release whose files are gone.
    "promotion": {"s3:ListBucket", *TO_A_FAILURE_QUEUE},
    # Of its queue, and on its behalf; a move that failed.
    "propagation": {*A_QUEUE, "sqs:ChangeMessageVisibility"},
    # The first list's absence, and the first page's.
    "rollout": {"s3:ListBucket", *TO_A_FAILURE_QUEUE},
    # A target whose files are gone.
    "rollback": {"s3:ListBucket", *TO_A_FAILURE_QUEUE},
    # The first snapshot's absence.
    "telemetry": {"s3:ListBucket"},
    # The first snapshot's absence.
    "relay": {"s3:ListBucket", *STREAM, *TO_A_FAILURE_QUEUE},
}
"""What Lambda needs on a function's behalf, or the code only in cases that no scene plays."""


QUEUES = ("NotificationsNotificationFailures0A1B2C3D-x", "NotificationsQueue0E5F6A7B-x")
"""Of failures, and where they failed."""


def beacon(aws: Aws) -> Callable[[], None]:
    """One with errors, of a release that is live."""
    request = FunctionUrlRequest.model_validate_json((ROOT / "events/aws.lambda-url.telemetry.json").read_bytes())
    routes = {"checkout": {"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {}}}
    aws.snapshots.write({"schema": 1, "revision": 1, "widgets": routes}, aws.snapshots.read())

    def fail(what: str, fault: Exception) -> None:
        raise AssertionError(what) from fault

    def deliver() -> None:
        record = telemetry.build(function_env("telemetry", aws), fail).record
        received = parse_beacon(request.raw_query)
        assert isinstance(received, Beacon)
        assert record(replace(received, token=a_token(utc_now())), VIEWER) is None

    return deliver


def status(_: Aws) -> Callable[[], None]:
    live = Channel("checkout", "latest", Version(1, 0, 0))
    running = start(Version(1, 1, 0), DEFAULT_STEPS, datetime.now(UTC))

    def deliver() -> None:
        edgeship = _operator()
        with pytest.raises(Refused):
            edgeship.status("nobody")
        edgeship.overview()
        edgeship.numbers([replace(live, rollout=running)])

    return deliver


def read_logs(_: Aws) -> Callable[[], None]:
    for group in NAMES.log_groups.values():
        kept_session().client("logs").create_log_group(logGroupName=group)

    def deliver() -> None:
        assert _operator().logs.of_widget("checkout", datetime.now(UTC)) == []

    return deliver


def resolve(_: Aws) -> Callable[[], None]:
    def deliver() -> None:
        assert _operator().resolve(Request("/checkout/latest/widget.js"), None).problem is None

    return deliver


def console(_: Aws) -> Callable[[], None]:
    """What the pages of the console read beside the command line's."""
    live = Channel("checkout", "latest", Version(1, 0, 0))
    client = kept_session().client("sqs")
    dead, work = (client.create_queue(QueueName=f"{NAMES.stack}-{name}")["QueueUrl"] for name in QUEUES)
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    client.set_queue_attributes(QueueUrl=work, Attributes={"RedrivePolicy": policy})
    client.send_message(QueueUrl=dead, MessageBody="{}")

    def deliver() -> None:
        edgeship = _operator()
        edgeship.series([live], 60)
        edgeship.recent_events((), 20)
        edgeship.evaluate({"targetingKey": "u1"})
        assert [queue.messages for queue in edgeship.dead_letters()] == [1]
        assert edgeship.redrive(f"{NAMES.stack}-{QUEUES[0]}") == 1

    return deliver


def limits(_: Aws) -> Callable[[], None]:
    def deliver() -> None:
        assert _operator().upload_limits.read() == DEFAULT_LIMITS

    return deliver


def change_flag(_: Aws) -> Callable[[], None]:
    flag = {"key": "ab", "variants": {"old": "1.0.0", "new": "1.1.0"}, "default_variant": "old"}

    def deliver() -> None:
        _operator().flags.edit("ab", lambda _: flag, Occasion("test", "ann", "by hand", datetime.now(UTC)))

    return deliver


def _operator() -> operator.Operator:
    """With a store of that name."""
    session = boto3.DEFAULT_SESSION or boto3.Session()
    client = kept_session().client("cloudfront")
    listed = client.list_key_value_stores()["KeyValueStoreList"].get("Items", ())
    if NAMES.route_store not in [store["Name"] for store in listed]:
        client.create_key_value_store(Name=NAMES.route_store)
    return operator.build(NAMES, session, None)


SCENES: dict[str, Scene] = {
    **releases.SCENES,
    **rollouts.SCENES,
    **notifications.SCENES,
    **propagation.SCENES,
    "beacon": beacon,
    "status for an operator": status,
    "logs for an operator": read_logs,
    "resolve for an operator": resolve,
    "a change of a flag for an operator": change_flag,
    "limits for an operator": limits,
    "the console for an operator": console,
}


def performer(scene: str) -> str:
    """Whose permissions a scene needs."""
    for word, whose in (
        ("beacon", "telemetry"),
        ("notice", "notification"),
        ("propagation", "propagation"),
        ("operator", "operator"),
        ("pruner", "pruner"),
        ("promotion", "promotion"),
        ("end of a rollout", "promotion"),
        ("relay", "relay"),
        ("rollback", "operator"),
        ("tick", "rollout"),
        ("alarm", "rollback"),
    ):
        if word in scene:
            return whose
    return "artifact_upload"


@pytest.fixture(scope="session")
def calls() -> dict[str, set[Need]]:
    """What each performer needs for its scenes."""
    needs: dict[str, set[Need]] = {}
    recording = _RecordingSession()
    with aws_environment(), pytest.MonkeyPatch.context() as patch:
        Internet().connect(patch)
        for scene, set_up in SCENES.items():
            with process():
                deliver = set_up(empty_again())
            recording.needs = needs.setdefault(performer(scene), set())
            patch.setattr(boto3, "DEFAULT_SESSION", recording)
            deliver()
            patch.setattr(boto3, "DEFAULT_SESSION", None)
    return needs


@pytest.mark.parametrize("name", [*UNSEEN, "operator", "pruner"])
def test_every_call_is_allowed(name: str, calls: dict[str, set[Need]], production: Template) -> None:
    statements = _statements(production, name)
    assert calls[name]
    assert {need for need in calls[name] if not _allowed(need, statements)} == set()


@pytest.mark.parametrize("name", UNSEEN)
def test_nothing_is_allowed_that_is_not_called(name: str, calls: dict[str, set[Need]], production: Template) -> None:
    allowed = {action for statement in _statements(production, name) for action in listed(statement["Action"])}
    assert allowed - {action for action, _ in calls[name]} - PLUMBING - UNSEEN[name] == set()


class _RecordingSession(boto3.Session):
    """Adds what is called to `needs`. Keeps its clients: making one takes longer than a scene."""

    def __init__(self) -> None:
        super().__init__()
        self.needs: set[Need] = set()
        self._clients: dict[str, Any] = {}
        self._session.get_component("event_emitter").register("provide-client-params.*.*", self._record)

    def client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if service_name not in self._clients:
            self._clients[service_name] = super().client(service_name, *args, **kwargs)  # type: ignore[call-overload]
        return self._clients[service_name]

    def _record(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.needs.update(_needs(model.service_model.service_name, model.name, params))


def _needs(service: str, operation: str, params: dict[str, Any]) -> Iterator[Need]:
    """A call's actions and ARNs, in the production environment's names.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    needed: Iterator[Need]
    match service:
        case "s3":
            needed = _of_s3(operation, params)
        case "dynamodb":
            needed = _of_dynamodb(operation, params)
        case "cloudwatch":
            needed = _of_cloudwatch(operation, params)
        case "events":
            needed = (
                (f"events:{operation}", f"{_arn('events')}:event-bus/{e['EventBusName']}") for e in params["Entries"]
            )
        case "sqs":
            # CloudFormation names the queues; that functions are given their URLs is held by another test.
            needed = iter([(f"sqs:{operation}", _of_sqs(params))])
        case "cloudfront" | "cloudfront-keyvaluestore":
            needed = iter([(f"{service}:{operation}", _of_cloudfront(service, operation))])
        case "logs":
            needed = iter([(f"logs:{operation}", f"{_arn('logs')}:log-group:{params['logGroupName']}:*")])
        case "sns" | "ssm" | "secretsmanager":
            needed = _of_notifications(service, operation, params)
        case _:
            raise AssertionError(f"{service}:{operation} has no entry here: say which permission it needs")
    for action, on in needed:
        named = on.replace(f"edgeship-{NAMES.environment}", "edgeship-production")
        yield action, named.replace(f"edgeship/{NAMES.environment}/", "edgeship/production/")


_QUEUES = {
    "poison": "PipelinePoison",
    "notices": "NotificationsQueue",
    **dict(zip((f"{NAMES.stack}-{name}" for name in QUEUES), (name.partition("0")[0] for name in QUEUES), strict=True)),
}
"""The template's queues by the tests'."""


def _of_sqs(params: dict[str, Any]) -> str:
    """The queue; `*` for a list of them."""
    named = params.get("QueueUrl") or params.get("QueueName")
    return f"arn:of:{_QUEUES[named.rpartition('/')[2]]}" if named is not None else "*"


def _arn(service: str) -> str:
    return f"arn:aws:{service}:{REGION}:{NAMES.account}"


def _of_cloudfront(service: str, operation: str) -> str:
    if service == "cloudfront-keyvaluestore" or operation == "DescribeKeyValueStore":
        return "arn:of:RouterRoutes"
    return f"arn:aws:cloudfront::{NAMES.account}:distribution/arn:of:CdnDistribution"


def _of_notifications(service: str, operation: str, params: dict[str, Any]) -> Iterator[Need]:
    match service:
        case "sns":
            yield f"sns:{operation}", "arn:of:NotificationsTopic"
        case "ssm":
            yield f"ssm:{operation}", f"{_arn('ssm')}:parameter{params['Name']}"
        case "secretsmanager":
            if params["SecretId"] == NAMES.token_secret:
                yield f"secretsmanager:{operation}", "arn:of:PageViewsTokenKey"
                return
            # A secret's ARN ends in six characters of AWS's choice.
            yield f"secretsmanager:{operation}", f"{_arn('secretsmanager')}:secret:{params['SecretId']}-a1B2c3"


def _of_s3(operation: str, params: dict[str, Any]) -> Iterator[Need]:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    target = f"{bucket}/{params.get('Key')}"
    match operation:
        case "ListObjectsV2":
            yield "s3:ListBucket", bucket
        case "CopyObject":
            source = params["CopySource"]
            version = "Version" if source.get("VersionId") else ""
            yield f"s3:GetObject{version}", f"arn:aws:s3:::{source['Bucket']}/{source['Key']}"
            yield "s3:PutObject", target
            if params.get("Tagging"):
                yield "s3:PutObjectTagging", target
        case "PutObject":
            yield "s3:PutObject", target
        case "DeleteObjects":
            for each in params["Delete"]["Objects"]:
                yield "s3:DeleteObject", f"{bucket}/{each['Key']}"
        case "HeadObject" | "GetObject":
            yield "s3:GetObject" + ("Version" if "VersionId" in params else ""), target
        case _:
            raise AssertionError(f"s3:{operation} has no entry here: say which permission it needs")


def _of_dynamodb(operation: str, params: dict[str, Any]) -> Iterator[Need]:
    table = f"{_arn('dynamodb')}:table"
    match operation:
        case "TransactWriteItems":
            for write in params["TransactItems"]:
                ((kind, item),) = write.items()
                action = "dynamodb:ConditionCheckItem" if kind == "ConditionCheck" else f"dynamodb:{kind}Item"
                yield action, f"{table}/{item['TableName']}"
        case "BatchGetItem":
            for name in params["RequestItems"]:
                yield "dynamodb:BatchGetItem", f"{table}/{name}"
        case "Query" if "IndexName" in params:
            yield "dynamodb:Query", f"{table}/{params['TableName']}/index/{params['IndexName']}"
        case _:
            yield f"dynamodb:{operation}", f"{table}/{params['TableName']}"


def _of_cloudwatch(operation: str, params: dict[str, Any]) -> Iterator[Need]:
    alarm = f"{_arn('cloudwatch')}:alarm"
    match operation:
        case "PutMetricAlarm":
            yield "cloudwatch:PutMetricAlarm", f"{alarm}:{params['AlarmName']}"
        case "DeleteAlarms":
            for name in params["AlarmNames"]:
                yield "cloudwatch:DeleteAlarms", f"{alarm}:{name}"
        case "DescribeAlarms":
            # Authorised on every alarm, whatever is looked for.
            yield "cloudwatch:DescribeAlarms", f"{alarm}:any"
        case "GetMetricData":
            yield "cloudwatch:GetMetricData", "any"
        case _:
            raise AssertionError(f"cloudwatch:{operation} has no entry here: say which permission it needs")


POLICIES_OF = {"operator": ("AccessOperator",), "pruner": ("AccessOperator", "AccessPruner")}
"""A pruner is an operator, too."""


def _statements(template: Template, name: str) -> list[dict[str, Any]]:
    statements = (
        [statement for key, statement in template.statements() if key.startswith(POLICIES_OF[name])]
        if name in POLICIES_OF
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
