"""Who is notified of an event: destinations, and the rules that choose among them.

- every event has a severity, and a rule matches events by type, widget and severity
- an event goes to each destination once, however many rules name it
- a test goes to the destinations that it names, and to no others
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from edgeship.domain.events import Event, EventType
from edgeship.domain.notifications.event_text import is_of_both, is_of_few, is_rollback


class Severity(StrEnum):
    """How urgent an event is, the least urgent first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    def at_least(self, other: Severity) -> bool:
        order = list(Severity)
        return order.index(self) >= order.index(other)


class Kind(StrEnum):
    """How a destination is reached."""

    SNS = "sns"
    """The stack's topic, which sends e-mail."""
    SLACK = "slack"
    """An incoming webhook of Slack, or of a service that takes Slack's messages."""
    WEBHOOK = "webhook"
    """A URL of your own; requests are signed."""


@dataclass(frozen=True)
class Destination:
    """`secret` is a reference, `ssm:/edgeship/<environment>/<name>` or `secretsmanager:edgeship/<environment>/<name>`,
    never the secret itself. It refers to the whole URL for Slack, to the signing secret for a webhook. Only a webhook
    has a `url`."""

    name: str
    kind: Kind
    url: str | None = None
    secret: str | None = None


@dataclass(frozen=True)
class Rule:
    """Which events go `to` which destinations: events of these types (empty: every type), of widgets that match one of
    these patterns (empty: every widget, and events without one), and of at least this severity."""

    to: tuple[str, ...]
    events: frozenset[EventType] = frozenset()
    widgets: tuple[str, ...] = ()
    at_least: Severity = Severity.INFO

    def takes(self, event: Event) -> bool:
        return (
            (not self.events or event.type in self.events)
            and (not self.widgets or any(fnmatchcase(event.widget or "", pattern) for pattern in self.widgets))
            and severity_of(event).at_least(self.at_least)
        )


@dataclass(frozen=True)
class Notifications:
    """Destinations, in the order of the file, and rules."""

    destinations: tuple[Destination, ...]
    rules: tuple[Rule, ...]

    def route(self, event: Event) -> tuple[Destination, ...]:
        """The destinations of an event, each once, in the order of the file."""
        if event.type is EventType.NOTIFICATION_TESTED:
            named = set((event.new or {})["destinations"])
        else:
            named = {name for rule in self.rules if rule.takes(event) for name in rule.to}
        return tuple(destination for destination in self.destinations if destination.name in named)


DEFAULT_NOTIFICATIONS = Notifications(
    destinations=(Destination("email", Kind.SNS),),
    rules=(Rule(to=("email",), at_least=Severity.WARNING),),
)


@dataclass(frozen=True)
class NotificationsRecord:
    """The environment's notifications as stored; `revision` counts the record's writes, 0 means not yet written."""

    notifications: Notifications = DEFAULT_NOTIFICATIONS
    revision: int = 0


SEVERITIES: Mapping[EventType, Severity] = {
    EventType.RELEASE_REGISTERED: Severity.INFO,
    EventType.RELEASE_REJECTED: Severity.WARNING,
    EventType.RELEASE_QUARANTINED: Severity.WARNING,
    EventType.RELEASE_UNQUARANTINED: Severity.INFO,
    EventType.RELEASE_UNHEALTHY: Severity.CRITICAL,
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
    EventType.FLAG_CHANGED: Severity.INFO,
    EventType.DEPLOYMENT_REQUESTED: Severity.INFO,
    EventType.DEPLOYMENT_VERIFIED: Severity.INFO,
    EventType.DEPLOYMENT_FAILED: Severity.CRITICAL,
    EventType.NOTIFICATIONS_CHANGED: Severity.INFO,
    EventType.NOTIFICATION_TESTED: Severity.INFO,
}
"""By type; `severity_of` has the exceptions."""


def severity_of(event: Event) -> Severity:
    """The severity of the event's type, with exceptions. An incident has one critical event, and what follows from it
    has warnings: a rollback is critical, the rollout that it aborts and the quarantine are not. A rollout that pauses
    because the live version is unhealthy, too, is critical, and so is one that pauses by the reports of few networks.
    An aborted rollout that another release replaced is neither: its candidate is not bad, and the channel is not
    locked."""
    if is_rollback(event) or is_of_both(event) or is_of_few(event):
        return Severity.CRITICAL
    if event.type is EventType.ROLLOUT_ABORTED and not (event.new or {}).get("locked"):
        return Severity.INFO
    if event.type is EventType.ROLLOUT_ABORTED and (event.old or {}).get("version") != (event.new or {}).get("version"):
        return Severity.WARNING
    return SEVERITIES[event.type]
