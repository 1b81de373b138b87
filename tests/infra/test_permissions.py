"""Permissions against what the code calls, in each scene of a crash: also in cases that no test on the local cloud,
where IAM is enforced, comes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from edgeship.adapters.lambda_events.beacons import parse_beacon
from edgeship.adapters.lambda_events.function_url import FunctionUrlRequest
from edgeship.bootstrap import operator, telemetry
from edgeship.bootstrap.operations import diagnosing
from edgeship.bootstrap.runtime import utc_now
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import DEFAULT_STEPS, start
from edgeship.domain.deploying.quotas import needs_to_run
from edgeship.domain.doctor.finding import Check
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
from tests.support.crash.scenes import notifications, previews, propagation, releases, rollouts
from tests.support.crash.scenes.actors import repaired
from tests.support.crash.search import Scene
from tests.support.moto.aws import NAMES, Aws, aws_environment, empty_again
from tests.support.moto.function_env import function_env
from tests.support.moto.sessions import kept_session
from tests.support.notifying import Internet
from tests.support.permissions.identity import Identity
from tests.support.permissions.needs import DEAD, WORK, Need, needs_of
from tests.support.tokens import VIEWER, a_token

pytestmark = pytest.mark.xdist_group("permissions")

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
    dead, work = (client.create_queue(QueueName=name)["QueueUrl"] for name in (DEAD, WORK))
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
        assert edgeship.redrive(DEAD) == 1

    return deliver


def limits(_: Aws) -> Callable[[], None]:
    def deliver() -> None:
        assert _operator().upload_limits.read() == DEFAULT_LIMITS

    return deliver


def diagnose(_: Aws) -> Callable[[], None]:
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    kept_session().client("cloudformation").create_stack(StackName=NAMES.stack, TemplateBody=template)

    def deliver() -> None:
        session = boto3.DEFAULT_SESSION or boto3.Session()
        known = diagnosing.Known(NAMES, "0.1.0", {NAMES.stack: REGION}, {}, needs_to_run(REGION))
        assert diagnosing.build(known, session)().level_of(Check.QUEUES) is None

    return deliver


def change_flag(_: Aws) -> Callable[[], None]:
    flag = {"key": "ab", "variants": {"old": "1.0.0", "new": "1.1.0"}, "default_variant": "old"}

    def deliver() -> None:
        _operator().flags.edit("ab", lambda _: flag, Occasion("test", "ann", "by hand", datetime.now(UTC)))

    return deliver


def minute_of_the_relay(aws: Aws) -> Callable[[], None]:
    with process():
        previews.published(aws)()
    return lambda: repaired(aws, previews=True)


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
    "doctor for an operator": diagnose,
}


def performer(scene: str) -> str:
    """Whose permissions a scene needs."""
    for word, whose in (
        ("beacon", "telemetry"),
        ("notice", "notification"),
        ("propagation", "propagation"),
        ("operator", "operator"),
        ("expired", "rollout"),
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
    return _calls(SCENES)


@pytest.fixture(scope="session")
def calls_of_previews() -> dict[str, set[Need]]:
    return _calls({**previews.SCENES, "relay's minute, with previews": minute_of_the_relay})


def _calls(scenes: dict[str, Scene]) -> dict[str, set[Need]]:
    needs: dict[str, set[Need]] = {}
    recording = _RecordingSession()
    with aws_environment(), pytest.MonkeyPatch.context() as patch:
        Internet().connect(patch)
        for scene, set_up in scenes.items():
            with process():
                deliver = set_up(empty_again())
            recording.needs = needs.setdefault(performer(scene), set())
            patch.setattr(boto3, "DEFAULT_SESSION", recording)
            deliver()
            patch.setattr(boto3, "DEFAULT_SESSION", None)
    return needs


@pytest.mark.parametrize("name", [*UNSEEN, "operator", "pruner"])
def test_every_call_is_allowed(name: str, calls: dict[str, set[Need]], production: Template) -> None:
    identity = _identity(production, name)
    assert calls[name]
    assert {need for need in calls[name] if not identity.may(need)} == set()


@pytest.mark.parametrize("name", ["artifact_upload", "relay", "rollout", "operator"])
def test_every_call_for_previews_is_allowed(
    name: str, calls_of_previews: dict[str, set[Need]], previewing: Template
) -> None:
    assert calls_of_previews[name]
    identity = _identity(previewing, name)
    assert {need for need in calls_of_previews[name] if not identity.may(need)} == set()


@pytest.mark.parametrize("name", UNSEEN)
def test_nothing_is_allowed_that_is_not_called(name: str, calls: dict[str, set[Need]], production: Template) -> None:
    allowed = {action for statement in _identity(production, name).statements for action in listed(statement["Action"])}
    assert allowed - {need.action for need in calls[name]} - PLUMBING - UNSEEN[name] == set()


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
        self.needs.update(needs_of(model.service_model.service_name, model.name, params))


POLICIES_OF = {"operator": ("AccessOperator",), "pruner": ("AccessOperator", "AccessPruner")}
"""A pruner is an operator, too."""


def _identity(template: Template, name: str) -> Identity:
    if name in POLICIES_OF:
        return Identity.of_policies(template, *POLICIES_OF[name])
    return Identity.of_function(template, name)
