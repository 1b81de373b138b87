"""functions/notification on batches of its queue: what is named to come again, and when."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.sqs.models import sqs_backends

from edgeship.adapters.dynamodb.deliveries import DynamoDBDeliveries
from edgeship.adapters.lambda_events.own_events import BusEvent
from edgeship.adapters.lambda_events.sqs_messages import QueueBatch
from edgeship.application.notifications.ports import DeliveryStatus
from edgeship.domain.events import EventType
from edgeship.resource_names import REGION
from functions.notification import handler as notification
from tests.support.moto.aws import ACCOUNT, NAMES, Aws
from tests.support.moto.function_env import function_env
from tests.support.notifying import KEY, SLACK_URL, Internet, mails, set_up
from tests.support.repository import EVENTS

SAMPLE: dict[str, Any] = json.loads((EVENTS / "aws.sqs.notification.json").read_text())
BODY: dict[str, Any] = json.loads(SAMPLE["Records"][0]["body"])
NONSENSE = "it is no event"


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    found = Internet()
    found.connect(monkeypatch)
    return found


@pytest.fixture
def deployed(aws: Aws, internet: Internet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name, value in function_env("notification", aws).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("random.random", lambda: 0.5)
    set_up(aws)
    notification._use_case.cache_clear()
    yield aws
    notification._use_case.cache_clear()


def body(number: int) -> str:
    """One of several events."""
    other = copy.deepcopy(BODY)
    other["detail"]["event_id"] = f"{number:032}"
    return json.dumps(other)


def batch(aws: Aws, *bodies: str, receives: int = 1) -> dict[str, Any]:
    """What Lambda hands over of a queue that holds these messages, whose ids are their places."""
    url = aws.sqs.get_queue_url(QueueName="notices")["QueueUrl"]
    records = []
    for number, text in enumerate(bodies):
        aws.sqs.send_message(QueueUrl=url, MessageBody=text)
        (message,) = aws.sqs.receive_message(QueueUrl=url, VisibilityTimeout=120)["Messages"]
        record = copy.deepcopy(SAMPLE["Records"][0])
        record |= {"messageId": str(number), "receiptHandle": message["ReceiptHandle"], "body": text}
        record["attributes"]["ApproximateReceiveCount"] = str(receives)
        records.append(record)
    return {"Records": records}


def waits() -> list[int]:
    """In how many seconds each message of the queue comes again, in the order in which they were sent."""
    now = datetime.now(UTC).timestamp()
    messages = sqs_backends[ACCOUNT][REGION].queues["notices"]._messages
    return [round(message.visible_at / 1000 - now) for message in messages]


def named(answer: dict[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_the_sample_is_told_to_every_destination(deployed: Aws, internet: Internet) -> None:
    answer = notification.handler(batch(deployed, SAMPLE["Records"][0]["body"]), None)
    assert answer == {"batchItemFailures": []}
    (mail,) = mails(deployed)
    assert mail["Subject"] == "[critical] checkout: latest: rollout to 1.5.0 aborted"
    assert {host: len(posts) for host, posts in internet.posted.items()} == {"hooks.slack.com": 1, "ci.example.com": 1}
    (post,) = internet.posted["ci.example.com"]
    assert post["webhook-id"] == BODY["detail"]["event_id"]


@pytest.mark.parametrize("type_", EventType)
def test_every_event_is_read_as_it_is_on_the_bus(type_: EventType) -> None:
    sample = json.loads((EVENTS / f"edgeship.{type_.value.lower().replace(' ', '-')}.json").read_text())
    event = BusEvent.model_validate(sample).to_event()
    assert event.type is type_
    assert event.detail() == sample["detail"]


def test_what_can_not_be_read_comes_again_alone(deployed: Aws) -> None:
    bodies = (body(1), NONSENSE, json.dumps({**BODY, "source": "aws.s3"}), json.dumps({"detail": {}}), body(2))
    assert named(notification.handler(batch(deployed, *bodies), None)) == ["1", "2", "3"]
    assert len(mails(deployed)) == 2


def test_a_destination_that_is_down_holds_up_no_other_message(deployed: Aws, internet: Internet) -> None:
    internet.failing["ci.example.com"] = (500, {})
    event = batch(deployed, body(1), body(2))
    assert named(notification.handler(event, None)) == ["0", "1"]
    assert len(mails(deployed)) == 2
    internet.failing.clear()
    assert named(notification.handler(event, None)) == []
    assert mails(deployed) == []
    assert len(internet.posted["hooks.slack.com"]) == 2
    statuses = {each.status for each in DynamoDBDeliveries(deployed.dynamodb, NAMES.table).of(f"{1:032}")}
    assert statuses == {DeliveryStatus.DELIVERED}


@pytest.mark.parametrize(("receives", "seconds"), [(1, 12), (2, 23), (4, 90), (7, 675), (200, 675)])
def test_what_failed_comes_again_after_its_backoff(
    receives: int, seconds: int, deployed: Aws, internet: Internet
) -> None:
    internet.failing["ci.example.com"] = (500, {})
    notification.handler(batch(deployed, body(1), NONSENSE, receives=receives), None)
    for wait in waits():
        assert abs(wait - seconds) <= 2


@pytest.mark.parametrize(("asked", "seconds"), [("2", 12), ("300", 300), ("100000", 3600)])
def test_what_was_asked_to_wait_longer_comes_again_then(
    asked: str, seconds: int, deployed: Aws, internet: Internet
) -> None:
    internet.failing["hooks.slack.com"] = (429, {"retry-after": asked})
    notification.handler(batch(deployed, body(1)), None)
    (wait,) = waits()
    assert abs(wait - seconds) <= 2


def test_a_message_that_is_no_longer_its_own_is_left_alone(deployed: Aws, internet: Internet) -> None:
    """It took longer than the queue keeps a message from others."""
    internet.failing["ci.example.com"] = (500, {})
    event = batch(deployed, body(1))
    url = deployed.sqs.get_queue_url(QueueName="notices")["QueueUrl"]
    deployed.sqs.delete_message(QueueUrl=url, ReceiptHandle=event["Records"][0]["receiptHandle"])
    assert named(notification.handler(event, None)) == ["0"]
    assert waits() == []


def test_a_claim_that_another_process_has_is_waited_for(deployed: Aws) -> None:
    deliveries = DynamoDBDeliveries(deployed.dynamodb, NAMES.table)
    event = BusEvent.model_validate(BODY).to_event()
    deliveries.claim(event, "mail", "title", datetime.now(UTC), timedelta(seconds=60))
    assert named(notification.handler(batch(deployed, json.dumps(BODY)), None)) == ["0"]
    (wait,) = waits()
    assert 55 <= wait <= 61


def test_no_secret_is_logged(deployed: Aws, internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(notification.logger.registered_handler, "stream", log)
    internet.failing = {"ci.example.com": (500, {}), "hooks.slack.com": (404, {})}
    notification.handler(batch(deployed, body(1), NONSENSE), None)
    logged = log.getvalue()
    assert "hooks.slack.com answered 404" in logged
    assert SLACK_URL.rpartition("/")[2] not in logged
    assert KEY.removeprefix("whsec_") not in logged


def test_a_batch_has_at_least_one_message() -> None:
    assert QueueBatch.model_validate(SAMPLE).Records[0].receives == 1
    with pytest.raises(ValueError, match="Records"):
        QueueBatch.model_validate({"Records": []})


def test_each_log_line_has_the_id_of_its_own_messages_event(
    deployed: Aws, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    notification.handler(batch(deployed, body(1), NONSENSE, body(2)), None)
    assert {(line["message_id"], line["message"], line["correlation_id"]) for line in log_lines()} == {
        ("0", "delivered", f"{1:032}"),
        ("1", "could not be handled", "1"),
        ("2", "delivered", f"{2:032}"),
    }
