"""Messages of a queue that are to come again later.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_NO_LONGER_OURS = ("MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue")
"""It took so long that the message is in the queue again, or gone."""


class SqsPutOff:
    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def __call__(self, receipt_handle: str, seconds: int) -> None:
        """Let a message that was received come again so many seconds from now, of at most 12 hours."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
        except ClientError as error:
            code = error.response["Error"]["Code"].rpartition(".")[2]
            if code.removesuffix("Exception") not in _NO_LONGER_OURS:
                raise
