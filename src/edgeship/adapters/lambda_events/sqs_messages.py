"""Batches of an SQS queue's messages.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from aws_lambda_powertools.utilities.parser.models import SqsAttributesModel, SqsModel, SqsRecordModel
from pydantic import Field


class _Attributes(SqsAttributesModel):
    ApproximateReceiveCount: int  # type: ignore[assignment]  # Powertools leaves the number as text


class QueueMessage(SqsRecordModel):
    body: str
    attributes: _Attributes

    @property
    def receives(self) -> int:
        """How often it was received, this time included."""
        return self.attributes.ApproximateReceiveCount


class QueueBatch(SqsModel):
    Records: list[QueueMessage] = Field(min_length=1)
