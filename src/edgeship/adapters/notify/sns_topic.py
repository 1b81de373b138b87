"""Notices to the stack's SNS topic, which sends them as e-mail and to its other subscribers.

Publish: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from edgeship.application.notifications.ports import NotSent
from edgeship.domain.notifications.notice import Notice
from edgeship.domain.notifications.rules import Destination

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

MAX_SUBJECT = 99
"""Characters: a subject is ASCII, on one line and shorter than 100 characters."""


class SnsSender:
    """Attributes `event`, `severity` and `widget` are for the filters of subscriptions."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def send(self, _destination: Destination, notice: Notice, _now: datetime) -> None:
        try:
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=subject(notice),
                Message=message(notice),
                MessageAttributes=attributes(notice),
            )
        except ClientError as error:
            raise NotSent(f"SNS: {error.response['Error']['Code']}") from error
        except BotoCoreError as error:
            raise NotSent(f"SNS: {type(error).__name__}") from error


def subject(notice: Notice) -> str:
    """`[critical] checkout: latest 1.4.2 -> 1.4.1 (rollback)`."""
    text = f"[{notice.severity.value}] {notice.title}".replace("→", "->")
    text = text.encode("ascii", "replace").decode()
    return text if len(text) <= MAX_SUBJECT else f"{text[: MAX_SUBJECT - 3]}..."


def message(notice: Notice) -> str:
    """Plain text: the title, the channel's state now, and a line for each fact."""
    lines = [notice.title, ""]
    if notice.now is not None:
        lines += [f"Now: {notice.now}", ""]
    lines += [f"{label}: {text}" for label, text in notice.facts]
    return "\n".join([*lines, "", f"event: {notice.event.event_id}"])


def attributes(notice: Notice) -> dict[str, MessageAttributeValueTypeDef]:
    given = {"event": notice.event.type.value, "severity": notice.severity.value, "widget": notice.event.widget}
    # SNS takes no empty value.
    return {name: {"DataType": "String", "StringValue": value} for name, value in given.items() if value}
