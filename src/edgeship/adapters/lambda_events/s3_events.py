"""S3's `Object Created` on EventBridge.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from aws_lambda_powertools.utilities.parser.models import (
    S3EventNotificationEventBridgeDetailModel,
    S3EventNotificationEventBridgeModel,
    S3EventNotificationObjectModel,
)
from pydantic import AwareDatetime, Field

from edgeship.domain.releases.rejection import Upload


class _Object(S3EventNotificationObjectModel):
    """Stricter than Powertools' where we rely on it: an upload is known by its ETag."""

    etag: str = Field(min_length=1)
    size: int = 0


class _Detail(S3EventNotificationEventBridgeDetailModel):
    object: _Object


class ObjectCreated(S3EventNotificationEventBridgeModel):
    """An upload to the inbox."""

    time: AwareDatetime
    detail: _Detail

    def to_upload(self) -> Upload:
        created = self.detail.object
        return Upload(
            key=created.key,
            version_id=created.version_id,
            etag=created.etag.strip('"'),
            sequencer=created.sequencer or "",
            size=created.size,
            uploaded_at=self.time,
            actor=f"aws:{self.detail.requester}",
        )
