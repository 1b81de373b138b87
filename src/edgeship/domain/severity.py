"""How urgent an event is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from edgeship.domain.events import Event, EventType


class Severity(StrEnum):
    """How urgent an event is, the least urgent first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    def at_least(self, other: Severity) -> bool:
        order = list(Severity)
        return order.index(self) >= order.index(other)


SEVERITIES: Mapping[EventType, Severity] = {
    EventType.RELEASE_REGISTERED: Severity.INFO,
    EventType.RELEASE_REJECTED: Severity.WARNING,
    EventType.RELEASE_QUARANTINED: Severity.WARNING,
    EventType.RELEASE_UNQUARANTINED: Severity.INFO,
    EventType.RELEASE_PRUNED: Severity.INFO,
    EventType.RELEASE_KEPT: Severity.INFO,
    EventType.RELEASE_UNHEALTHY: Severity.CRITICAL,
    EventType.RELEASE_RECOVERED: Severity.WARNING,
    EventType.POINTER_MOVED: Severity.INFO,
    EventType.CHANNEL_UNLOCKED: Severity.INFO,
    EventType.CHANNEL_ROUTED: Severity.INFO,
    EventType.CHANNEL_FROZEN: Severity.CRITICAL,
    EventType.ROLLOUT_STARTED: Severity.INFO,
    EventType.ROLLOUT_ADVANCED: Severity.INFO,
    EventType.ROLLOUT_HELD: Severity.WARNING,
    EventType.ROLLOUT_PAUSED: Severity.WARNING,
    EventType.ROLLOUT_RESUMED: Severity.INFO,
    EventType.ROLLOUT_COMPLETED: Severity.INFO,
    EventType.ROLLOUT_ABORTED: Severity.CRITICAL,
    EventType.ROLLOUT_CANCELLED: Severity.INFO,
    EventType.ROLLBACK_WINDOW_CLOSED: Severity.INFO,
    EventType.POLICY_CHANGED: Severity.INFO,
    EventType.FREEZE_SET: Severity.WARNING,
    EventType.FREEZE_LIFTED: Severity.WARNING,
    EventType.ENVIRONMENT_CHANGED: Severity.INFO,
    EventType.FLAG_CHANGED: Severity.INFO,
    EventType.DEPLOYMENT_REQUESTED: Severity.INFO,
    EventType.DEPLOYMENT_VERIFIED: Severity.INFO,
    EventType.DEPLOYMENT_FAILED: Severity.CRITICAL,
    EventType.PREVIEW_PUBLISHED: Severity.INFO,
    EventType.PREVIEW_EXPIRED: Severity.INFO,
    EventType.PREVIEW_REMOVED: Severity.INFO,
    EventType.IDENTITY_ADDED: Severity.WARNING,
    EventType.IDENTITY_REMOVED: Severity.WARNING,
    EventType.NOTIFICATIONS_CHANGED: Severity.INFO,
    EventType.NOTIFICATION_TESTED: Severity.INFO,
}
"""By type; `severity_of` has the exceptions."""


def severity_of(event: Event) -> Severity:
    """The severity of the event's type, with exceptions. An incident has one critical event, and what follows from it
    has warnings: a rollback is critical, the rollout that it aborts and the quarantine are not, nor what other channels
    do because of the quarantine. A rollout that pauses because the live version is unhealthy, too, is critical, and so
    is one that pauses by the reports of few networks. A release that breaks what the stable one offers, and does not
    say so, is registered with a warning. An aborted rollout that another release replaced is neither: its
    candidate is not bad, and the channel is not locked."""
    if (event.new or {}).get("follows"):
        return min(Severity.WARNING, SEVERITIES[event.type], key=list(Severity).index)
    if event.type is EventType.RELEASE_REGISTERED and ((event.new or {}).get("check") or {}).get("undeclared_break"):
        return Severity.WARNING
    if is_rollback(event) or is_of_both(event) or is_of_few(event):
        return Severity.CRITICAL
    if event.type is EventType.ROLLOUT_ABORTED and not (event.new or {}).get("locked"):
        return Severity.INFO
    if event.type is EventType.ROLLOUT_ABORTED and (event.old or {}).get("version") != (event.new or {}).get("version"):
        return Severity.WARNING
    return SEVERITIES[event.type]


def is_of_both(event: Event) -> bool:
    """Whether a rollout paused because both of its versions are unhealthy."""
    analysis: Mapping[str, Any] = (event.new or {}).get("analysis") or {}
    return event.type is EventType.ROLLOUT_PAUSED and "other_value" in analysis


def is_of_few(event: Event) -> bool:
    """Whether a rollout paused, and was not aborted, because the reports come from too few networks."""
    analysis: Mapping[str, Any] = (event.new or {}).get("analysis") or {}
    return event.type is EventType.ROLLOUT_PAUSED and "networks_needed" in analysis


def is_rollback(event: Event) -> bool:
    """Whether a move was a rollback, which locks the channel. One of a channel that was locked before says so, except
    for events of early versions."""
    old, new = event.old or {}, event.new or {}
    if event.type is not EventType.POINTER_MOVED or not new.get("locked"):
        return False
    return bool(new.get("rollback")) or not old.get("locked")
