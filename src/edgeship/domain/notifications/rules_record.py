"""Notifications as they are stored, shown and applied: a JSON document, and the event of its change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.notifications.rules import Destination, Kind, Notifications, NotificationsRecord, Rule
from edgeship.domain.severity import Severity


def to_document(notifications: Notifications) -> dict[str, Any]:
    """`{"destinations": {"on-call": {"type": "slack", "secret": "ssm:/…"}}, "rules": [{"to": ["on-call"]}]}`: what
    `from_document` reads, without fields that have their default."""
    return {
        "destinations": {each.name: _destination_document(each) for each in notifications.destinations},
        "rules": [_rule_document(rule) for rule in notifications.rules],
    }


def from_document(document: Mapping[str, Any]) -> Notifications:
    """Read a valid document (see `validate_rules.problems`).

    Raises:
        KeyError, TypeError, ValueError: it is not valid.
    """
    return Notifications(
        destinations=tuple(
            Destination(name, Kind(fields["type"]), fields.get("url"), fields.get("secret"))
            for name, fields in document["destinations"].items()
        ),
        rules=tuple(
            Rule(
                to=tuple(fields["to"]),
                events=frozenset(map(EventType, fields.get("events", ()))),
                widgets=tuple(fields.get("widgets", ())),
                at_least=Severity(fields.get("at_least", Severity.INFO)),
            )
            for fields in document["rules"]
        ),
    )


def change_notifications(
    record: NotificationsRecord, notifications: Notifications, occasion: Occasion
) -> tuple[NotificationsRecord, Event]:
    """The record with the new notifications, and the event of the change."""
    event = Event.of(
        EventType.NOTIFICATIONS_CHANGED,
        occasion,
        None,
        (record.revision,),
        old=to_document(record.notifications),
        new=to_document(notifications),
    )
    return replace(record, notifications=notifications), event


def notification_test(destinations: tuple[str, ...], occasion: Occasion) -> Event:
    """The event of a test of these destinations. The actor and the time are its identity."""
    return Event.of(
        EventType.NOTIFICATION_TESTED,
        occasion,
        None,
        (occasion.actor, timestamp(occasion.at)),
        old=None,
        new={"destinations": list(destinations)},
    )


def _destination_document(destination: Destination) -> dict[str, str]:
    optional = {"url": destination.url, "secret": destination.secret}
    return {"type": destination.kind.value, **{name: text for name, text in optional.items() if text is not None}}


def _rule_document(rule: Rule) -> dict[str, Any]:
    document: dict[str, Any] = {"to": list(rule.to)}
    if rule.events:
        document["events"] = [kind.value for kind in EventType if kind in rule.events]
    if rule.widgets:
        document["widgets"] = list(rule.widgets)
    if rule.at_least is not Severity.INFO:
        document["at_least"] = rule.at_least.value
    return document
