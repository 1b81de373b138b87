"""What an environment notifies with in moto: a topic with a subscriber, secrets, destinations, and the Internet."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from edgeship.adapters.http.https_post import PostAnswer
from edgeship.application.transaction import Transaction
from edgeship.bootstrap import notification
from edgeship.domain.notifications.rules import Destination, Kind, Notifications, NotificationsRecord, Rule
from edgeship.resource_names import REGION
from tests.support.crash.death import Death
from tests.support.moto.aws import ACCOUNT, NAMES, Aws

SLACK_URL = "https://hooks.slack.com/services/T000/B000/xoxT0PS3CRET"
KEY = f"whsec_{base64.b64encode(bytes(32)).decode()}"
DESTINATIONS = (
    Destination("on-call", Kind.SLACK, secret="ssm:/edgeship/test/slack"),
    Destination("mail", Kind.SNS),
    Destination("ci", Kind.WEBHOOK, "https://ci.example.com/hook", "secretsmanager:edgeship/test/ci"),
)


def set_up(aws: Aws) -> str:
    """Everything goes to all three destinations; the URL of the queue that the function takes messages from."""
    sns = boto3.client("sns", region_name=REGION)
    topic = sns.create_topic(Name=NAMES.notification_topic)["TopicArn"]
    aws.sqs.create_queue(QueueName="mails")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:mails")
    ssm = boto3.client("ssm", region_name=REGION)
    ssm.put_parameter(Name="/edgeship/test/slack", Value=SLACK_URL, Type="SecureString")
    boto3.client("secretsmanager", region_name=REGION).create_secret(Name="edgeship/test/ci", SecretString=KEY)
    rules = Notifications(DESTINATIONS, (Rule(tuple(each.name for each in DESTINATIONS)),))
    aws.state.commit(Transaction(puts=(NotificationsRecord(rules),), events=()))
    return str(aws.sqs.create_queue(QueueName="notices")["QueueUrl"])


def mails(aws: Aws) -> list[dict[str, Any]]:
    """What came by the topic since the last look."""
    url = aws.sqs.get_queue_url(QueueName="mails")["QueueUrl"]
    return [json.loads(message["Body"]) for message in aws._drain(url)]


@dataclass
class Internet:
    """Stands in for all hosts: keeps what is posted, by host; answers 200, or the status that `failing` has for a host.

    A process that is to die dies on either side of a post as it does of a call of AWS.
    """

    posted: dict[str, list[Mapping[str, str]]] = field(default_factory=dict)
    failing: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> PostAnswer:
        host = url.split("/")[2]
        death = getattr(boto3.DEFAULT_SESSION, "death", None) or Death()
        context: dict[str, Any] = {}
        death.before("POST", context)
        self.posted.setdefault(host, []).append({**headers, "body": body.decode()})
        death.after("POST", context)
        status, answered = self.failing.get(host, (200, {}))
        return PostAnswer(status, answered, b"ok")

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        """Let what the function composes post here."""
        patch.setattr(notification, "HttpsPost", lambda **_: self.post)
