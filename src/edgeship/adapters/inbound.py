"""What AWS hands to the functions, parsed strictly where we rely on it and tolerantly elsewhere.

AWS adds fields without notice, so unknown ones are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edgeship.adapters.dynamodb_items import to_event
from edgeship.application.relay_events import StreamRecord
from edgeship.domain.errors import Refused
from edgeship.domain.rejection import Upload
from edgeship.domain.version import Version


class _Inbound(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Bucket(_Inbound):
    name: str


class _Object(_Inbound):
    key: str
    size: int = 0
    etag: str
    version_id: str | None = Field(None, alias="version-id")
    sequencer: str = ""


class _ObjectCreatedDetail(_Inbound):
    bucket: _Bucket
    object: _Object
    requester: str = "unknown"


class ObjectCreated(_Inbound):
    """S3's `Object Created` on EventBridge.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """

    time: AwareDatetime
    detail: _ObjectCreatedDetail

    def to_upload(self) -> Upload:
        created = self.detail.object
        return Upload(
            key=created.key,
            version_id=created.version_id,
            etag=created.etag.strip('"'),
            sequencer=created.sequencer,
            size=created.size,
            uploaded_at=self.time,
            actor=f"aws:{self.detail.requester}",
        )


class _RegisteredRelease(_Inbound):
    version: str


class _RegisteredDetail(_Inbound):
    environment: str
    widget: str
    actor: str
    cause: str
    new: _RegisteredRelease


class ReleaseRegistered(_Inbound):
    """Our own `Release Registered`."""

    detail: _RegisteredDetail

    @property
    def version(self) -> Version:
        return Version.parse(self.detail.new.version)


def stream_records(event: Mapping[str, Any]) -> list[StreamRecord]:
    """The outbox events of a batch of the table's stream; one that can't be read keeps its place and its fault.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html
    """
    return [_stream_record(record) for record in event["Records"]]


def _stream_record(record: Mapping[str, Any]) -> StreamRecord:
    sequence_number = record["dynamodb"]["SequenceNumber"]
    deserializer = TypeDeserializer()
    try:
        image = record["dynamodb"]["NewImage"]
        event = to_event({name: deserializer.deserialize(value) for name, value in image.items()})
    except (KeyError, TypeError, ValueError, AttributeError, Refused) as fault:
        return StreamRecord(sequence_number, None, record, f"{type(fault).__name__}: {fault}")
    return StreamRecord(sequence_number, event, record)
