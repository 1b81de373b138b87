"""What AWS hands to the functions, parsed strictly where we rely on it and tolerantly elsewhere.

AWS adds fields without notice, so unknown ones are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from boto3.dynamodb.types import TypeDeserializer
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edgeship.adapters.cloudwatch.alarm_definitions import AlarmedRelease, alarm_of
from edgeship.adapters.dynamodb.items import to_event
from edgeship.application.edge.relay_events import StreamRecord
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.thresholds import Check
from edgeship.domain.propagation.deployment import Mismatch, MismatchKind
from edgeship.domain.releases.rejection import Upload
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


class _NewRelease(_Inbound):
    version: str | None = None


class _OwnDetail(_Inbound):
    environment: str
    widget: str
    actor: str
    cause: str
    new: _NewRelease


class OwnEvent(_Inbound):
    """Our own `Release Registered` and `Rollout Completed`."""

    type: Literal[EventType.RELEASE_REGISTERED, EventType.ROLLOUT_COMPLETED] = Field(alias="detail-type")
    detail: _OwnDetail

    @property
    def version(self) -> Version:
        """The release or the channel's version.

        Raises:
            Refused: `version_invalid`.
        """
        return Version.parse(self.detail.new.version or "")


class _MovedChannel(_Inbound):
    channel: str
    sequence: int


class _MovedDetail(_Inbound):
    event_id: str
    environment: str
    widget: str
    cause: str
    new: _MovedChannel


class PointerMoved(_Inbound):
    """Our own `Pointer Moved` and `Deployment Requested`: what a channel points at is to be brought to the CDNs."""

    type: Literal[EventType.POINTER_MOVED, EventType.DEPLOYMENT_REQUESTED] = Field(alias="detail-type")
    detail: _MovedDetail


class _Difference(_Inbound):
    where: str
    path: str
    kind: MismatchKind
    expected: str
    got: str


class _FailedChannel(_MovedChannel):
    mismatches: tuple[_Difference, ...]


class _FailedDetail(_MovedDetail):
    new: _FailedChannel


class DeploymentFailed(_Inbound):
    """Our own `Deployment Failed`."""

    type: Literal[EventType.DEPLOYMENT_FAILED] = Field(alias="detail-type")
    detail: _FailedDetail

    @property
    def condemns(self) -> bool:
        """Whether browsers get something else than the release, as far as was found."""
        return any(Mismatch(**mismatch.model_dump()).condemns for mismatch in self.detail.new.mismatches)


class _Detail(_Inbound):
    event_id: str
    occurred_at: str
    environment: str
    widget: str | None
    actor: str
    cause: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None


class BusEvent(_Inbound):
    """Any of our own events, whole."""

    source: Literal["edgeship"]
    type: EventType = Field(alias="detail-type")
    detail: _Detail

    def to_event(self) -> Event:
        return Event(type=self.type, **self.detail.model_dump())


class _MessageAttributes(_Inbound):
    receive_count: int = Field(alias="ApproximateReceiveCount")


class QueueMessage(_Inbound):
    message_id: str = Field(alias="messageId")
    receipt_handle: str = Field(alias="receiptHandle")
    body: str
    attributes: _MessageAttributes

    @property
    def receives(self) -> int:
        """How often it was received, this time included."""
        return self.attributes.receive_count


class QueueBatch(_Inbound):
    """A batch of an SQS queue's messages.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """

    records: tuple[QueueMessage, ...] = Field(alias="Records", min_length=1)


class _AlarmState(_Inbound):
    value: str
    reason: str = ""
    reason_data: str | None = Field(None, alias="reasonData")
    timestamp: AwareDatetime


class _AlarmConfiguration(_Inbound):
    metrics: tuple[dict[str, Any], ...]


class _AlarmDetail(_Inbound):
    alarm_name: str = Field(alias="alarmName")
    state: _AlarmState
    configuration: _AlarmConfiguration


class AlarmStateChange(_Inbound):
    """CloudWatch's `CloudWatch Alarm State Change`, of an alarm on a release.

    Whom it is about is what the alarm's metrics say; the properties that tell raise ValueError when that is nobody.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """

    detail: _AlarmDetail

    @property
    def in_alarm(self) -> bool:
        return self.detail.state.value == "ALARM"

    @property
    def at(self) -> datetime:
        """When the state changed."""
        return self.detail.state.timestamp

    @property
    def environment(self) -> str:
        return self._release.environment

    @property
    def widget(self) -> str:
        return self._release.widget

    @property
    def version(self) -> Version:
        return self._release.version

    @property
    def check(self) -> Check:
        return self._release.check

    @property
    def limit(self) -> float | None:
        """The alarm's threshold, which is nowhere but in the reason's data; None for a state that was set by hand."""
        try:
            data = json.loads(self.detail.state.reason_data or "{}")
        except ValueError:
            return None
        threshold = data.get("threshold") if isinstance(data, dict) else None
        return float(threshold) if isinstance(threshold, int | float) else None

    def to_breach(self) -> Breach:
        """The breach it tells of; call it only when `in_alarm`."""
        return Breach.by_alarm(
            (self.widget, self.version),
            self.check,
            self.limit,
            self.detail.alarm_name,
            self.detail.state.reason,
            self.at,
        )

    @property
    def _release(self) -> AlarmedRelease:
        found = alarm_of(self.detail.configuration.metrics)
        if found is None:
            raise ValueError(f"alarm {self.detail.alarm_name!r}: its metrics are not those of an alarm on a release")
        return found


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
