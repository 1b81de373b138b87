"""Our own events, as the bus sends them.

Source: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

from __future__ import annotations

from typing import Any, Literal

from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from pydantic import BaseModel, Field

from edgeship.domain.events import Event, EventType
from edgeship.domain.propagation.deployment import Mismatch, MismatchKind
from edgeship.domain.version import Version


class _NewRelease(BaseModel):
    version: str | None = None


class _ReleaseDetail(BaseModel):
    event_id: str
    environment: str
    widget: str
    actor: str
    cause: str
    new: _NewRelease


class ReleaseEvent(EventBridgeModel):
    """`Release Registered`, and what lets a release start that waited: `Rollout Completed`, `Rollout Cancelled` and
    `Channel Unlocked`."""

    detail_type: Literal[
        EventType.RELEASE_REGISTERED,
        EventType.ROLLOUT_COMPLETED,
        EventType.ROLLOUT_CANCELLED,
        EventType.CHANNEL_UNLOCKED,
    ] = Field(alias="detail-type")
    detail: _ReleaseDetail

    @property
    def release_version(self) -> Version:
        """The release or the channel's version.

        Raises:
            Refused: `version_invalid`.
        """
        return Version.parse(self.detail.new.version or "")


class _MovedChannel(BaseModel):
    channel: str
    sequence: int


class _MovedDetail(BaseModel):
    event_id: str
    environment: str
    widget: str
    cause: str
    new: _MovedChannel


class PointerMoved(EventBridgeModel):
    """`Pointer Moved` and `Deployment Requested`: what a channel points at is to be brought to the CDNs."""

    detail_type: Literal[EventType.POINTER_MOVED, EventType.DEPLOYMENT_REQUESTED] = Field(alias="detail-type")
    detail: _MovedDetail


class _Mismatch(BaseModel):
    where: str
    path: str
    kind: MismatchKind
    expected: str
    got: str


class _FailedChannel(_MovedChannel):
    mismatches: tuple[_Mismatch, ...]


class _FailedDetail(_MovedDetail):
    new: _FailedChannel


class DeploymentFailed(EventBridgeModel):
    """`Deployment Failed`."""

    detail_type: Literal[EventType.DEPLOYMENT_FAILED] = Field(alias="detail-type")
    detail: _FailedDetail

    @property
    def condemns(self) -> bool:
        """Whether browsers get something else than the release, as far as was found."""
        return any(Mismatch(**mismatch.model_dump()).condemns for mismatch in self.detail.new.mismatches)


class _Detail(BaseModel):
    event_id: str
    occurred_at: str
    environment: str
    widget: str | None
    actor: str
    cause: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None


class BusEvent(EventBridgeModel):
    """Any of our events, whole."""

    source: Literal["edgeship"]
    detail_type: EventType = Field(alias="detail-type")
    detail: _Detail

    def to_event(self) -> Event:
        return Event(type=self.detail_type, **self.detail.model_dump())
