"""Who is notified of an event: destinations, and the rules that choose among them.

- every event has a severity, and a rule matches events by type, widget and severity
- an event goes to each destination once, however many rules name it
- a test goes to the destinations that it names, and to no others
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from edgeship.domain.events import Event, EventType
from edgeship.domain.severity import Severity, severity_of


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
