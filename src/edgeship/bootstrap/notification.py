"""Composes functions/notification."""

from __future__ import annotations

from collections.abc import Mapping

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


def build(env: Mapping[str, str]) -> tuple[DeliverNotice, SqsPutOff]:
    """The use case, from the function's environment variables, and what lets a message come again later."""
    settings = NotificationSettings.from_env(env)
    dynamodb = boto3.client("dynamodb", config=client_config())
    # What is called between a claim and its settlement takes no longer than the claim's lease.
    quick = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=3, read_timeout=5)
    secrets = Secrets(boto3.client("ssm", config=quick), boto3.client("secretsmanager", config=quick), utc_now)
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
    return deliver, SqsPutOff(boto3.client("sqs", config=client_config()), settings.queue_url)
