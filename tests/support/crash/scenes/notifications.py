"""An event on its way to every kind of destination."""

from __future__ import annotations

import json
from collections.abc import Callable

from edgeship.adapters.lambda_events.own_events import BusEvent
from edgeship.bootstrap import notification
from edgeship.domain.events import Event
from tests.support.crash.search import Scene
from tests.support.moto.aws import Aws
from tests.support.moto.function_env import function_env
from tests.support.notifying import set_up
from tests.support.repository import EVENTS


def event() -> Event:
    (record,) = json.loads((EVENTS / "aws.sqs.notification.json").read_text())["Records"]
    return BusEvent.model_validate_json(record["body"]).to_event()


def notify(aws: Aws) -> Callable[[], None]:
    """The event is about a channel; its message is put off."""
    queue = set_up(aws)
    aws.sqs.send_message(QueueUrl=queue, MessageBody="{}")
    (message,) = aws.sqs.receive_message(QueueUrl=queue)["Messages"]

    def deliver() -> None:
        built = notification.build(function_env("notification", aws))
        built.deliver(event())
        built.put_off(message["ReceiptHandle"], 15)

    return deliver


SCENES: dict[str, Scene] = {"notice": notify}
"""Not for `dies_anywhere`: what was sent counts, and how often; tests/application/notifications has that."""
