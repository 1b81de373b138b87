"""The queues of an environment's stack, as a diagnosis reads them.

GetQueueAttributes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeship.adapters.aws_answers import unread
from edgeship.domain.doctor.work import SeenQueue

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_sqs import SQSClient


class StackQueues:
    """Queues whose messages go nowhere when they fail are where failures end."""

    def __init__(self, stacks: CloudFormationClient, queues: SQSClient, stack: str) -> None:
        self._stacks = stacks
        self._queues = queues
        self._stack = stack

    def read(self) -> list[SeenQueue]:
        with unread("cloudformation:ListStackResources"):
            pages = self._stacks.get_paginator("list_stack_resources").paginate(StackName=self._stack)
            urls = [
                resource["PhysicalResourceId"]
                for page in pages
                for resource in page["StackResourceSummaries"]
                if resource["ResourceType"] == "AWS::SQS::Queue" and "PhysicalResourceId" in resource
            ]
        with unread("sqs:GetQueueAttributes"):
            return [self._seen(url) for url in urls]

    def _seen(self, url: str) -> SeenQueue:
        attributes = self._queues.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "RedrivePolicy"]
        )["Attributes"]
        return SeenQueue(
            url.rpartition("/")[2],
            url,
            int(attributes["ApproximateNumberOfMessages"]),
            of_failures="RedrivePolicy" not in attributes,
        )
