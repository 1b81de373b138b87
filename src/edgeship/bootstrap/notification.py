"""Composes functions/notification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.config import Config

from edgeship.adapters.dynamodb.deliveries import DynamoDBDeliveries
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.http.https_post import HttpsPost
from edgeship.adapters.messaging.sqs_put_off import SqsPutOff
from edgeship.adapters.notify.slack import SlackSender
from edgeship.adapters.notify.sns_topic import SnsSender
from edgeship.adapters.notify.webhooks import WebhookSender
from edgeship.adapters.secrets import Secrets
from edgeship.application.notifications.deliver_notice import DeliverNotice
from edgeship.bootstrap.runtime import client_config, utc_now
from edgeship.domain.notifications.rules import Kind
from edgeship.resource_names import LOCAL
from edgeship.settings import NotificationSettings


@dataclass(frozen=True)
class NotificationFunction:
    """What functions/notification calls: the use case, and what lets a message come again later."""

    deliver: DeliverNotice
    put_off: SqsPutOff


def build(env: Mapping[str, str]) -> NotificationFunction:
    """The use case, from the function's environment variables."""
    settings = NotificationSettings.from_env(env)
    dynamodb = boto3.client("dynamodb", config=client_config())
    # What is called between a claim and its settlement takes no longer than the claim's lease.
    quick = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=1, read_timeout=5)
    secrets = Secrets(boto3.client("ssm", config=quick), boto3.client("secretsmanager", config=quick))
    post = HttpsPost(loopback=settings.environment == LOCAL)
    deliver = DeliverNotice(
        state=DynamoDBState(dynamodb, settings.table),
        deliveries=DynamoDBDeliveries(dynamodb, settings.table),
        senders={
            Kind.SNS: SnsSender(boto3.client("sns", config=quick), settings.topic_arn),
            Kind.SLACK: SlackSender(post, secrets),
            Kind.WEBHOOK: WebhookSender(post, secrets),
        },
        clock=utc_now,
    )
    return NotificationFunction(deliver, SqsPutOff(boto3.client("sqs", config=client_config()), settings.queue_url))
