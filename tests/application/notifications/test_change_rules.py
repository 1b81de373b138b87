"""The notification rules change as a whole or not at all, and a test is an event like every other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.application.notifications.change_rules import ChangeNotifications, NotificationsRefused
from edgeship.application.notifications.follow_notification import FollowNotification
from edgeship.application.notifications.ports import Delivery, DeliveryStatus
from edgeship.application.notifications.send_test_notification import SendTestNotification
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.notifications.rules import DEFAULT_NOTIFICATIONS
from edgeship.domain.notifications.rules_record import from_document
from tests.fakes.state import FakeState

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ANN = Occasion("test", "ann", "another room", NOW)


def document(*names: str) -> dict[str, Any]:
    return {"destinations": {name: {"type": "sns"} for name in names}, "rules": [{"to": list(names)}]}


def changer(state: FakeState) -> ChangeNotifications:
    return ChangeNotifications(state, pause=lambda _: None)


def test_a_document_takes_the_place_of_what_was_there() -> None:
    state = FakeState()
    first = changer(state)(document("a"), ANN)
    assert (first.old, first.new) == (DEFAULT_NOTIFICATIONS, from_document(document("a")))
    changer(state)(document("b", "c"), ANN)
    assert state.notifications().notifications == from_document(document("b", "c"))
    assert [event.type for event in state.log] == [EventType.NOTIFICATIONS_CHANGED] * 2
    assert (state.log[1].old, state.log[1].new) == (document("a"), document("b", "c"))
    assert len({event.event_id for event in state.log}) == 2
    assert state.events(None, 9) == []


def test_what_is_said_already_changes_nothing() -> None:
    state = FakeState()
    changer(state)(document("a"), ANN)
    again = changer(state)(document("a"), ANN)
    assert again.old == again.new
    assert state.notifications().revision == len(state.log) == 1


def test_a_dry_run_changes_nothing() -> None:
    state = FakeState()
    assert changer(state)(document("a"), ANN, dry_run=True).new == from_document(document("a"))
    assert state.notifications().revision == len(state.log) == 0


def test_a_document_with_faults_is_refused_whole_and_not_applied() -> None:
    state = FakeState()
    bad = {**document("a"), "rules": [{"to": ["b"]}, {"to": ["a"], "at_least": "x"}]}
    with pytest.raises(NotificationsRefused) as refused:
        changer(state)(bad, ANN)
    assert [place for place, _ in refused.value.problems] == ["/rules/0/to/0", "/rules/1/at_least"]
    assert all(place in refused.value.reason for place, _ in refused.value.problems)
    assert state.notifications().revision == len(state.log) == 0


def test_secrets_are_those_of_the_environment_that_is_acted_on() -> None:
    state = FakeState()
    slack = {"type": "slack", "secret": "ssm:/edgeship/test/slack"}
    right = {"destinations": {"a": slack}, "rules": [{"to": ["a"]}]}
    changer(state)(right, ANN)
    with pytest.raises(NotificationsRefused):
        changer(state)(right, replace(ANN, environment="production"))


def test_a_change_that_loses_a_race_starts_from_what_won() -> None:
    class Racing(FakeState):
        raced = False

        def commit(self, transaction: Transaction) -> None:
            if not self.raced:
                self.raced = True
                changer(self)(document("b"), replace(ANN, actor="bob"))
                raise Conflict("lost")
            super().commit(transaction)

    state = Racing()
    changed = changer(state)(document("c"), ANN)
    assert changed.old == from_document(document("b"))
    assert [(event.actor, event.new) for event in state.log] == [("bob", document("b")), ("ann", document("c"))]


def test_a_test_names_its_destinations_in_the_order_of_the_file() -> None:
    state = FakeState()
    changer(state)(document("a", "b", "c"), ANN)
    send = SendTestNotification(state)
    assert send((), ANN).new == {"destinations": ["a", "b", "c"]}
    event = send(("c", "a", "c"), ANN)
    assert event.new == {"destinations": ["a", "c"]}
    assert state.log[-1] == event
    assert state.events(None, 9) == []
    assert send((), ANN).event_id != send((), replace(ANN, at=NOW + timedelta(milliseconds=1))).event_id


def test_a_test_of_what_there_is_not_is_refused() -> None:
    state = FakeState()
    with pytest.raises(Refused) as refused:
        SendTestNotification(state)(("email", "gone"), ANN)
    assert (refused.value.code, state.log) == ("destination_unknown", [])
    assert "'gone'" in refused.value.reason
    assert "email" in refused.value.remedy


class Clockwork:
    """What is known of each destination changes as time goes by, and waiting lets it."""

    def __init__(self, **ready: tuple[float, DeliveryStatus]) -> None:
        self.ready = ready
        self.now = NOW

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def of(self, event_id: str) -> list[Delivery]:
        passed = (self.now - NOW).total_seconds()
        return [
            Delivery(event_id, name, "", None, "", status if passed >= after else DeliveryStatus.SENDING, 1, "", "")
            for name, (after, status) in self.ready.items()
        ]

    def follow(self, *names: str) -> dict[str, DeliveryStatus]:
        follow = FollowNotification(self, self.clock, self.sleep)  # type: ignore[arg-type]  # it reads, no more
        return {each.destination: each.status for each in follow("e1", names, timedelta(seconds=30))}


def test_a_test_is_followed_until_all_have_it_or_have_failed() -> None:
    time = Clockwork(a=(2, DeliveryStatus.DELIVERED), b=(5, DeliveryStatus.UNDELIVERED), c=(99, DeliveryStatus.SENDING))
    assert time.follow("a", "b") == {"a": DeliveryStatus.DELIVERED, "b": DeliveryStatus.UNDELIVERED}
    assert time.now == NOW + timedelta(seconds=5)


def test_what_takes_too_long_is_shown_as_it_is() -> None:
    time = Clockwork(a=(2, DeliveryStatus.DELIVERED), b=(31, DeliveryStatus.DELIVERED))
    assert time.follow("a", "b", "c") == {"a": DeliveryStatus.DELIVERED, "b": DeliveryStatus.SENDING}
    assert time.now == NOW + timedelta(seconds=30)
