"""The delivery of notices, on fakes: whom it goes to, what it says, and what becomes of what fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from edgeship.application.notifications.deliver_notice import LEASE, Delivered, DeliverNotice, Undelivered
from edgeship.application.notifications.ports import DeliveryStatus, NotSent
from edgeship.application.transaction import Transaction
from edgeship.domain.events import Event, EventType, timestamp
from edgeship.domain.notifications.notice import Notice
from edgeship.domain.notifications.rules import Destination, Kind, Notifications, NotificationsRecord, Rule
from edgeship.domain.severity import Severity
from edgeship.domain.version import Version
from tests.fakes.clock import FakeClock
from tests.fakes.notifications import FakeDeliveries, FakeSender
from tests.fakes.state import FakeState

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DESTINATIONS = (
    Destination("on-call", Kind.SLACK, secret="ssm:/edgeship/test/slack"),
    Destination("mail", Kind.SNS),
    Destination("ci", Kind.WEBHOOK, "https://ci.example.com/hook", "ssm:/edgeship/test/ci"),
)
EVERYWHERE = Notifications(DESTINATIONS, (Rule(("on-call", "mail", "ci")),))
QUARANTINED = Event(
    EventType.RELEASE_QUARANTINED,
    "0" * 32,
    timestamp(NOW),
    "test",
    "checkout",
    "ann",
    "it blinks",
    None,
    {"version": "1.4.2"},
)


def moved(old: str, new: str, sequence: int) -> Event:
    return replace(
        QUARANTINED,
        type=EventType.POINTER_MOVED,
        event_id=f"{sequence:032}",
        old={"channel": "latest", "version": old},
        new={"channel": "latest", "version": new, "sequence": sequence},
    )


class World:
    """The use case and all that it touches."""

    def __init__(self, notifications: Notifications = EVERYWHERE) -> None:
        self.state = FakeState()
        self.deliveries = FakeDeliveries()
        self.sender = FakeSender()
        self.clock = FakeClock(NOW)
        self.deliver = DeliverNotice(self.state, self.deliveries, dict.fromkeys(Kind, self.sender), self.clock)
        self.state.commit(Transaction(puts=(NotificationsRecord(notifications),), events=()))

    def put(self, version: str) -> None:
        """Point `latest` of checkout there."""
        channel = self.state.channel("checkout", "latest")
        self.state.commit(Transaction(puts=(replace(channel, version=Version.parse(version)),), events=()))

    @property
    def notified(self) -> list[str]:
        return [name for name, _ in self.sender.sent]

    def status(self, event: Event = QUARANTINED) -> dict[str, tuple[DeliveryStatus, int, str]]:
        return {
            each.destination: (each.status, each.attempts, each.reason) for each in self.deliveries.of(event.event_id)
        }


def test_it_goes_to_every_destination_that_the_rules_name_and_never_again() -> None:
    world = World()
    assert world.deliver(QUARANTINED) == Delivered(("on-call", "mail", "ci"), ())
    assert world.deliver(QUARANTINED) == Delivered((), ("on-call", "mail", "ci"))
    assert world.notified == ["on-call", "mail", "ci"]
    assert set(world.status().values()) == {(DeliveryStatus.DELIVERED, 1, "")}


def test_what_no_rule_takes_goes_nowhere() -> None:
    world = World(Notifications(DESTINATIONS, (Rule(("mail",), at_least=Severity.CRITICAL),)))
    assert world.deliver(replace(QUARANTINED, type=EventType.RELEASE_UNQUARANTINED)) == Delivered((), ())
    assert world.status() == {}


def test_by_default_it_is_mailed_from_a_warning_on() -> None:
    world = World()
    world.state.records.clear()
    assert world.deliver(QUARANTINED) == Delivered(("email",), ())


def test_one_that_fails_keeps_no_other_back_and_comes_again_alone() -> None:
    world = World()
    world.sender.failing["on-call"] = [NotSent("hooks.slack.com answered 503")]
    with pytest.raises(Undelivered) as left:
        world.deliver(QUARANTINED)
    assert left.value.reasons == {"on-call": "hooks.slack.com answered 503"}
    assert left.value.retry_after is None
    assert world.notified == ["mail", "ci"]
    assert world.status()["on-call"] == (DeliveryStatus.UNDELIVERED, 1, "hooks.slack.com answered 503")
    assert world.deliver(QUARANTINED) == Delivered(("on-call",), ("mail", "ci"))
    assert world.notified == ["mail", "ci", "on-call"]
    assert world.status()["on-call"] == (DeliveryStatus.DELIVERED, 2, "")


def test_it_waits_for_the_longest_that_a_destination_asks_for() -> None:
    world = World()
    world.sender.failing = {"on-call": [NotSent("busy", 7)], "mail": [NotSent("busy", 40)], "ci": [NotSent("down")]}
    with pytest.raises(Undelivered, match="on-call: busy; mail: busy; ci: down") as left:
        world.deliver(QUARANTINED)
    assert left.value.retry_after == 40


def test_what_another_process_is_sending_is_left_to_it_until_its_lease_is_over() -> None:
    world = World()
    world.deliveries.claim(QUARANTINED, "mail", "title", NOW, LEASE)
    world.clock.now = NOW + timedelta(seconds=20)
    with pytest.raises(Undelivered) as left:
        world.deliver(QUARANTINED)
    assert left.value.reasons == {"mail": "another process is sending it"}
    assert left.value.retry_after == 40
    assert world.notified == ["on-call", "ci"]
    world.clock.now = NOW + LEASE
    assert world.deliver(QUARANTINED) == Delivered(("mail",), ("on-call", "ci"))


def test_of_deliveries_at_once_exactly_one_sends() -> None:
    world = World()
    together = Barrier(8)

    def deliver() -> None:
        together.wait(10)
        with suppress(Undelivered):
            world.deliver(QUARANTINED)

    with ThreadPoolExecutor(8) as pool:
        for outcome in [pool.submit(deliver) for _ in range(8)]:
            outcome.result()
    assert sorted(world.notified) == ["ci", "mail", "on-call"]


def test_rules_that_change_between_attempts_hold_for_what_is_left() -> None:
    world = World()
    world.sender.failing["ci"] = [NotSent("down")]
    with pytest.raises(Undelivered):
        world.deliver(QUARANTINED)
    record = world.state.notifications()
    mail_alone = Notifications(DESTINATIONS, (Rule(("mail",)),))
    world.state.commit(Transaction(puts=(replace(record, notifications=mail_alone),), events=()))
    assert world.deliver(QUARANTINED) == Delivered((), ("mail",))


def test_the_last_notice_after_a_storm_of_moves_agrees_with_the_table() -> None:
    """However late and in whatever order the events come, and however often a destination fails."""
    world = World(Notifications(DESTINATIONS, (Rule(("on-call",)),)))
    versions = [f"1.0.{patch}" for patch in range(1, 8)]
    moves = [moved(f"1.0.{n - 1}", f"1.0.{n}", n) for n in range(1, 8)]
    world.put(versions[0])
    world.deliver(moves[0])
    for version in versions[1:]:
        world.put(version)
    world.sender.failing["on-call"] = [NotSent("busy", 1), NotSent("busy", 1)]
    waiting = list(reversed(moves[1:]))
    while waiting:
        event = waiting.pop(0)
        try:
            world.deliver(event)
        except Undelivered:
            waiting.append(event)
    says: list[Notice] = [notice for _, notice in world.sender.sent]
    assert len(says) == len(moves)
    assert says[0].now == "latest is at 1.0.1 now"
    assert {notice.now for notice in says[1:]} == {"latest is at 1.0.7 now"}


def test_the_channel_is_read_when_it_is_sent_not_when_the_event_came() -> None:
    world = World(Notifications(DESTINATIONS, (Rule(("on-call", "mail")),)))
    world.put("1.0.1")

    class SlowSender(FakeSender):
        def send(self, destination: Destination, notice: Notice, now: datetime) -> None:
            super().send(destination, notice, now)
            world.put("1.0.2")

    sender = SlowSender()
    replace(world.deliver, senders=dict.fromkeys(Kind, sender))(moved("1.0.0", "1.0.1", 1))
    assert [(name, notice.now) for name, notice in sender.sent] == [
        ("on-call", "latest is at 1.0.1 now"),
        ("mail", "latest is at 1.0.2 now"),
    ]


def test_an_event_about_no_channel_says_nothing_of_now() -> None:
    world = World()
    world.deliver(QUARANTINED)
    assert {notice.now for _, notice in world.sender.sent} == {None}


def test_a_test_goes_where_it_says() -> None:
    world = World(replace(EVERYWHERE, rules=(Rule(("mail",)),)))
    event = replace(
        QUARANTINED, type=EventType.NOTIFICATION_TESTED, widget=None, new={"destinations": ["ci", "on-call"]}
    )
    assert world.deliver(event) == Delivered(("on-call", "ci"), ())
