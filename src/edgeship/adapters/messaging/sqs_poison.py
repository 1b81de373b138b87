"""The poison queue: records that can never be delivered, kept for a person to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_MAX_RECORD = 200_000
"""Characters of a record that are kept; a message holds 256 KiB."""


class SQSPoison:
    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def set_aside(self, record: Mapping[str, Any], reason: str) -> None:
        text = json.dumps(record, default=str)
        body = {"reason": reason, "record": text[:_MAX_RECORD], "truncated": len(text) > _MAX_RECORD}
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(body))
