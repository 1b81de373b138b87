"""The queues of failures of a stack, behind the port `DeadLetters`.

Their names are CloudFormation's: the stack's, the construct's and a random part. Which of them take failures is said by
the redrive policies of the others, and by the names of the constructs.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from edgeship.application.notifications.ports import FailureQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SAMPLE = 10
"""Messages in one call, SQS's maximum
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html)."""
MOST = 1_000
"""Messages that one act moves."""
LONG_POLL_SECONDS = 1
"""A poll without a wait asks a part of SQS's servers, and may miss the messages of a small queue
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html)."""
HIDDEN_SECONDS = 60
"""For which a message that is being moved is received by nobody else."""
_SENT = ("StringValue", "BinaryValue", "DataType")
_OF_FAILURES = re.compile(r"(Failures|Undelivered|Poison)[0-9A-F]{8}(-|$)")
"""In a queue's name: the construct's id, and the hash that CloudFormation's logical ids end in."""


class SqsDeadLetters:
    def __init__(self, client: SQSClient, stack: str) -> None:
        self._client = client
        self._prefix = f"{stack}-"

    def list(self) -> list[FailureQueue]:
        """A call for the names, and one a queue. A queue that these credentials may not read is another
        environment's, whose name begins with this one's."""
        pages = self._client.get_paginator("list_queues").paginate(QueueNamePrefix=self._prefix)
        found = {url.rsplit("/", 1)[1]: url for page in pages for url in page.get("QueueUrls", ())}
        attributes = {name: self._attributes(url) for name, url in found.items()}
        sources = {_dead_letter_queue(known): name for name, known in attributes.items() if "RedrivePolicy" in known}
        return [
            FailureQueue(name, int(known["ApproximateNumberOfMessages"]), sources.get(name))
            for name, known in attributes.items()
            if known and (name in sources or _OF_FAILURES.search(name))
        ]

    def peek(self, queue: FailureQueue) -> FailureQueue:
        if not queue.messages:
            return queue
        answer = self._client.receive_message(
            QueueUrl=self._url(queue.name),
            MaxNumberOfMessages=SAMPLE,
            VisibilityTimeout=0,
            WaitTimeSeconds=LONG_POLL_SECONDS,
        )
        bodies = (message.get("Body", "") for message in answer.get("Messages", ()))
        return FailureQueue(queue.name, queue.messages, queue.source, tuple(bodies))

    def redrive(self, queue: FailureQueue) -> int:
        source, target = self._url(queue.name), self._url(str(queue.source))
        moved = 0
        while moved < min(queue.messages, MOST):
            answer = self._client.receive_message(
                QueueUrl=source,
                MaxNumberOfMessages=SAMPLE,
                MessageAttributeNames=["All"],
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=LONG_POLL_SECONDS,
            )
            messages = answer.get("Messages", [])
            if not messages:
                break
            for message in messages:
                # Sent first: one that is not deleted after all is delivered again, and none is lost.
                attributes = message.get("MessageAttributes", {})
                self._client.send_message(
                    QueueUrl=target,
                    MessageBody=message.get("Body", ""),
                    MessageAttributes={
                        name: {key: value for key, value in each.items() if key in _SENT}  # type: ignore[misc]
                        for name, each in attributes.items()
                    },
                )
                self._client.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
        return moved

    def _url(self, name: str) -> str:
        return self._client.get_queue_url(QueueName=name)["QueueUrl"]

    def _attributes(self, url: str) -> dict[str, str]:
        try:
            answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        except ClientError as error:
            if error.response["Error"].get("Code") in ("AccessDenied", "AccessDeniedException"):
                return {}
            raise
        return {str(name): value for name, value in answer["Attributes"].items()}


def _dead_letter_queue(attributes: dict[str, str]) -> str:
    """The name of the queue that the redrive policy names."""
    return str(json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]).rsplit(":", 1)[1]
