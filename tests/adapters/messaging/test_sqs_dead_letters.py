"""Queues of failures on moto's SQS: found by their names and by who names them, seen, and moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from edgeship.adapters.messaging.sqs_dead_letters import SqsDeadLetters
from edgeship.application.notifications.read_dead_letters import ReadDeadLetters
from edgeship.application.notifications.redrive_dead_letters import RedriveDeadLetters
from edgeship.domain.errors import Refused

STACK = "edgeship-test"
FAILURES = f"{STACK}-NotificationsNotificationFailures0A1B2C3D-abc"
WORK = f"{STACK}-NotificationsQueue4E5F6A7B-def"
POISON = f"{STACK}-PipelinePoison8C9D0E1F-ghi"
OTHER = "edgeship-testing-Failures0A1B2C3D-jkl"


@pytest.fixture
def sqs() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        for name in (FAILURES, POISON, OTHER, f"{STACK}-Other00000000-x"):
            client.create_queue(QueueName=name)
        arn = client.get_queue_attributes(QueueUrl=url(client, FAILURES), AttributeNames=["QueueArn"])["Attributes"]
        policy = json.dumps({"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 2})
        client.create_queue(QueueName=WORK, Attributes={"RedrivePolicy": policy})
        yield client


def url(client: Any, name: str) -> str:
    return str(client.get_queue_url(QueueName=name)["QueueUrl"])


def bodies(client: Any, name: str) -> list[str]:
    found = []
    while messages := client.receive_message(QueueUrl=url(client, name), MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    return sorted(found)


def test_the_queues_of_failures_are_found(sqs: Any) -> None:
    sqs.send_message(QueueUrl=url(sqs, POISON), MessageBody="two")
    found = {queue.name: queue for queue in ReadDeadLetters(SqsDeadLetters(sqs, STACK))()}
    assert list(found) == [POISON, FAILURES]
    assert (found[POISON].messages, found[POISON].source) == (1, None)
    assert (found[FAILURES].messages, found[FAILURES].source) == (0, WORK)


def test_messages_that_are_seen_stay(sqs: Any) -> None:
    read = ReadDeadLetters(SqsDeadLetters(sqs, STACK))
    sqs.send_message(QueueUrl=url(sqs, FAILURES), MessageBody='{"detail": 1}')
    assert read.one(FAILURES).sample == ('{"detail": 1}',)
    assert read.one(FAILURES).sample == ('{"detail": 1}',)
    with pytest.raises(Refused, match="There is no queue of failures"):
        read.one(WORK)


def test_a_redrive_moves_every_message_to_where_it_failed(sqs: Any) -> None:
    letters = SqsDeadLetters(sqs, STACK)
    redrive = RedriveDeadLetters(letters, ReadDeadLetters(letters))
    for number in range(23):
        attributes = {"kind": {"DataType": "String", "StringValue": f"k{number}"}}
        sqs.send_message(QueueUrl=url(sqs, FAILURES), MessageBody=f"m{number:02}", MessageAttributes=attributes)
    assert redrive(FAILURES) == 23
    assert bodies(sqs, WORK) == [f"m{number:02}" for number in range(23)]
    assert bodies(sqs, FAILURES) == []
    with pytest.raises(Refused, match="is empty"):
        redrive(FAILURES)
    sqs.send_message(QueueUrl=url(sqs, POISON), MessageBody="two")
    with pytest.raises(Refused, match="none takes them again"):
        redrive(POISON)


def test_a_message_that_can_not_be_sent_stays(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = SqsDeadLetters(sqs, STACK)
    redrive = RedriveDeadLetters(letters, ReadDeadLetters(letters))
    for text in ("one", "two"):
        sqs.send_message(QueueUrl=url(sqs, FAILURES), MessageBody=text)

    def denied(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SendMessage")

    monkeypatch.setattr(sqs, "send_message", denied)
    with pytest.raises(ClientError):
        redrive(FAILURES)
    attributes = sqs.get_queue_attributes(QueueUrl=url(sqs, FAILURES), AttributeNames=["All"])["Attributes"]
    hidden, seen = (attributes[f"ApproximateNumberOfMessages{kind}"] for kind in ("NotVisible", ""))
    assert int(hidden) + int(seen) == 2


def test_a_queue_of_another_environment_is_passed_over(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names of `test` begin those of `test-2`, whose queues these credentials may not read."""
    sqs.create_queue(QueueName=f"{STACK}-2-Failures0A1B2C3D-x")
    ask = sqs.get_queue_attributes

    def asked(**words: Any) -> Any:
        if "-2-" in words["QueueUrl"]:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetQueueAttributes")
        return ask(**words)

    monkeypatch.setattr(sqs, "get_queue_attributes", asked)
    assert {queue.name for queue in SqsDeadLetters(sqs, STACK).list()} == {FAILURES, POISON}


def test_a_short_poll_that_misses_messages_is_not_relied_on(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks a part of SQS's servers, and a small queue may look empty to it."""
    receive = sqs.receive_message

    def missing(**arguments: Any) -> dict[str, Any]:
        answer: dict[str, Any] = receive(**arguments) if arguments.get("WaitTimeSeconds") else {}
        return answer

    for number in range(3):
        sqs.send_message(QueueUrl=url(sqs, FAILURES), MessageBody=f"m{number}")
    letters = SqsDeadLetters(sqs, STACK)
    read = ReadDeadLetters(letters)
    with monkeypatch.context() as patched:
        patched.setattr(sqs, "receive_message", missing)
        assert len(read.one(FAILURES).sample) == 3
        assert RedriveDeadLetters(letters, read)(FAILURES) == 3
    assert bodies(sqs, WORK) == ["m0", "m1", "m2"]


def test_a_redrive_that_dies_before_it_deletes_loses_nothing(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(**_: Any) -> None:
        raise KeyboardInterrupt

    for number in range(3):
        sqs.send_message(QueueUrl=url(sqs, FAILURES), MessageBody=f"m{number}")
    letters = SqsDeadLetters(sqs, STACK)
    redrive = RedriveDeadLetters(letters, ReadDeadLetters(letters))
    monkeypatch.setattr("edgeship.adapters.messaging.sqs_dead_letters.HIDDEN_SECONDS", 0)
    with monkeypatch.context() as patched:
        patched.setattr(sqs, "delete_message", dies)
        with pytest.raises(KeyboardInterrupt):
            redrive(FAILURES)
    assert redrive(FAILURES) == 3
    delivered = bodies(sqs, WORK)
    assert (sorted(set(delivered)), len(delivered)) == (["m0", "m1", "m2"], 4)  # what takes them is idempotent
