"""The events that edgeship writes with every change of state, and their causes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SOURCE = "edgeship"


class EventType(StrEnum):
    """EventBridge detail-types."""

    RELEASE_REGISTERED = "Release Registered"
    RELEASE_REJECTED = "Release Rejected"
    RELEASE_QUARANTINED = "Release Quarantined"
    RELEASE_PRUNED = "Release Pruned"
    RELEASE_KEPT = "Release Kept"
    RELEASE_UNQUARANTINED = "Release Unquarantined"
    POINTER_MOVED = "Pointer Moved"
    CHANNEL_UNLOCKED = "Channel Unlocked"
    CHANNEL_ROUTED = "Channel Routed"
    CHANNEL_FROZEN = "Channel Frozen"
    ROLLOUT_STARTED = "Rollout Started"
    ROLLOUT_ADVANCED = "Rollout Advanced"
    ROLLOUT_HELD = "Rollout Held"
    ROLLOUT_PAUSED = "Rollout Paused"
    ROLLOUT_RESUMED = "Rollout Resumed"
    ROLLOUT_COMPLETED = "Rollout Completed"
    ROLLOUT_ABORTED = "Rollout Aborted"
    ROLLOUT_CANCELLED = "Rollout Cancelled"
    ROLLBACK_WINDOW_CLOSED = "Rollback Window Closed"
    RELEASE_UNHEALTHY = "Release Unhealthy"
    RELEASE_RECOVERED = "Release Recovered"
    POLICY_CHANGED = "Policy Changed"
    FREEZE_SET = "Freeze Set"
    FREEZE_LIFTED = "Freeze Lifted"
    ENVIRONMENT_CHANGED = "Environment Changed"
    FLAG_CHANGED = "Flag Changed"
    DEPLOYMENT_REQUESTED = "Deployment Requested"
    DEPLOYMENT_VERIFIED = "Deployment Verified"
    DEPLOYMENT_FAILED = "Deployment Failed"
    PREVIEW_PUBLISHED = "Preview Published"
    PREVIEW_EXPIRED = "Preview Expired"
    PREVIEW_REMOVED = "Preview Removed"
    IDENTITY_ADDED = "Identity Added"
    IDENTITY_REMOVED = "Identity Removed"
    NOTIFICATIONS_CHANGED = "Notifications Changed"
    NOTIFICATION_TESTED = "Notification Tested"


@dataclass(frozen=True)
class Occasion:
    """Who makes a change, when (aware UTC) and why, in which environment."""

    environment: str
    actor: str
    cause: str
    at: datetime

    def because(self, cause: str) -> Occasion:
        return Occasion(self.environment, self.actor, cause, self.at)


@dataclass(frozen=True)
class Event:
    """One change of state. `event_id` is the same however often the transition is attempted."""

    type: EventType
    event_id: str
    occurred_at: str
    environment: str
    widget: str | None
    actor: str
    cause: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None

    @classmethod
    def of(
        cls,
        type: EventType,  # noqa: A002  the field's name, too
        occasion: Occasion,
        widget: str | None,
        subject: tuple[object, ...],
        old: Mapping[str, Any] | None,
        new: Mapping[str, Any] | None,
    ) -> Event:
        """Make the event of a transition; `subject` is unique among the transitions of this type."""
        identity = "\0".join(map(str, (occasion.environment, type.value, widget, *subject)))
        return cls(
            type=type,
            event_id=hashlib.sha256(identity.encode()).hexdigest()[:32],
            occurred_at=timestamp(occasion.at),
            environment=occasion.environment,
            widget=widget,
            actor=occasion.actor,
            cause=occasion.cause,
            old=old,
            new=new,
        )

    @property
    def subject(self) -> str | None:
        """The widget or the flag within which events keep their order."""
        if self.type is EventType.FLAG_CHANGED:
            return str((self.new or self.old or {}).get("key"))
        return self.widget

    def detail(self) -> dict[str, Any]:
        """The `detail` on the bus."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "environment": self.environment,
            "widget": self.widget,
            "actor": self.actor,
            "cause": self.cause,
            "old": self.old,
            "new": self.new,
        }


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: sorted as text, these are in order of time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
