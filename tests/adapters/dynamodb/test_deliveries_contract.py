"""What every `Deliveries` promises: held against the table in moto and against the fake that the use case runs on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edgeship.adapters.dynamodb.deliveries import KEPT_FOR, DynamoDBDeliveries
from edgeship.application.notifications.ports import (
    AlreadyDelivered,
    Busy,
    Claim,
    Deliveries,
    Delivery,
    DeliveryStatus,
)
from edgeship.domain.events import Event, EventType, timestamp
from tests.fakes.notifications import FakeDeliveries
from tests.support.moto.aws import NAMES, Aws

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
EVENT = Event(
    EventType.RELEASE_QUARANTINED,
    "0" * 32,
    timestamp(NOW),
    NAMES.environment,
    "checkout",
    "ann",
    "it blinks",
    None,
    {"version": "1.4.2"},
)
TITLE = "checkout: 1.4.2 quarantined"


@pytest.fixture(params=["moto", "fake"])
def deliveries(request: pytest.FixtureRequest) -> Deliveries:
    if request.param == "fake":
        return FakeDeliveries()
    return DynamoDBDeliveries(request.getfixturevalue("aws").dynamodb, NAMES.table)


def claim(
    deliveries: Deliveries, event: Event = EVENT, to: str = "on-call", now: datetime = NOW
) -> Claim | AlreadyDelivered | Busy:
    return deliveries.claim(event, to, TITLE, now, LEASE)


def taken(deliveries: Deliveries, event: Event = EVENT, to: str = "on-call", now: datetime = NOW) -> Claim:
    got = claim(deliveries, event, to, now)
    assert isinstance(got, Claim)
    return got


def delivery(status: DeliveryStatus, attempts: int = 1, reason: str = "", at: datetime = NOW) -> Delivery:
    return Delivery(
        EVENT.event_id, "on-call", TITLE, "checkout", EVENT.occurred_at, status, attempts, reason, timestamp(at)
    )


def test_nothing_is_delivered_at_first(deliveries: Deliveries) -> None:
    assert deliveries.of(EVENT.event_id) == []
    assert deliveries.list_undelivered(10) == []


def test_a_claim_is_shown_as_being_sent(deliveries: Deliveries) -> None:
    assert taken(deliveries) == Claim(1)
    assert deliveries.of(EVENT.event_id) == [delivery(DeliveryStatus.SENDING)]
    assert deliveries.list_undelivered(10) == [delivery(DeliveryStatus.SENDING)]


def test_what_is_delivered_is_never_sent_again(deliveries: Deliveries) -> None:
    taken(deliveries)
    later = NOW + timedelta(seconds=1)
    deliveries.delivered(EVENT.event_id, "on-call", later)
    assert claim(deliveries, now=NOW + timedelta(days=1)) == AlreadyDelivered()
    assert deliveries.of(EVENT.event_id) == [delivery(DeliveryStatus.DELIVERED, at=later)]
    assert deliveries.list_undelivered(10) == []


def test_what_is_undelivered_can_be_claimed_at_once_and_counts_its_attempts(deliveries: Deliveries) -> None:
    deliveries.undelivered(EVENT.event_id, "on-call", taken(deliveries), "example.com answered 503", NOW)
    failed = delivery(DeliveryStatus.UNDELIVERED, 1, "example.com answered 503")
    assert deliveries.of(EVENT.event_id) == [failed]
    assert deliveries.list_undelivered(10) == [failed]
    assert taken(deliveries) == Claim(2)
    assert deliveries.of(EVENT.event_id) == [delivery(DeliveryStatus.SENDING, 2, "example.com answered 503")]
    deliveries.delivered(EVENT.event_id, "on-call", NOW)
    assert deliveries.of(EVENT.event_id) == [delivery(DeliveryStatus.DELIVERED, 2)]


@pytest.mark.parametrize(("passed", "left"), [(0, 60), (59, 1)])
def test_a_claim_keeps_others_off_for_its_lease(deliveries: Deliveries, passed: int, left: int) -> None:
    taken(deliveries)
    assert claim(deliveries, now=NOW + timedelta(seconds=passed)) == Busy(left)


def test_a_claim_whose_process_died_is_taken_over_after_the_lease(deliveries: Deliveries) -> None:
    taken(deliveries)
    assert taken(deliveries, now=NOW + LEASE) == Claim(2)
    assert claim(deliveries, now=NOW + LEASE) == Busy(60)


def test_whoever_lost_a_claim_spoils_nothing_of_the_next(deliveries: Deliveries) -> None:
    lost = taken(deliveries)
    taken(deliveries, now=NOW + LEASE)
    deliveries.undelivered(EVENT.event_id, "on-call", lost, "too late", NOW + LEASE)
    assert claim(deliveries, now=NOW + LEASE) == Busy(60)
    deliveries.delivered(EVENT.event_id, "on-call", NOW + LEASE)
    deliveries.undelivered(EVENT.event_id, "on-call", lost, "too late", NOW + LEASE)
    assert claim(deliveries, now=NOW + LEASE) == AlreadyDelivered()


def test_whoever_lost_a_claim_and_has_sent_all_the_same_settles_it(deliveries: Deliveries) -> None:
    taken(deliveries)
    next_claim = taken(deliveries, now=NOW + LEASE)
    deliveries.delivered(EVENT.event_id, "on-call", NOW + LEASE)
    deliveries.undelivered(EVENT.event_id, "on-call", next_claim, "no answer", NOW + LEASE)
    assert deliveries.of(EVENT.event_id)[0].status is DeliveryStatus.DELIVERED


def test_destinations_and_events_have_claims_of_their_own(deliveries: Deliveries) -> None:
    other = replace(EVENT, event_id="1" * 32, widget=None, occurred_at=timestamp(NOW + timedelta(minutes=1)))
    for event in (EVENT, other):
        for to in ("on-call", "ci"):
            taken(deliveries, event, to)
    deliveries.delivered(EVENT.event_id, "ci", NOW)
    assert [(each.destination, each.status) for each in deliveries.of(EVENT.event_id)] == [
        ("ci", DeliveryStatus.DELIVERED),
        ("on-call", DeliveryStatus.SENDING),
    ]
    newest_first = [(each.event_id, each.destination, each.widget) for each in deliveries.list_undelivered(10)]
    assert sorted(newest_first[:2]) == [(other.event_id, "ci", None), (other.event_id, "on-call", None)]
    assert newest_first[2:] == [(EVENT.event_id, "on-call", "checkout")]
    assert [each.event_id for each in deliveries.list_undelivered(1)] == [other.event_id]
    assert [each.event_id for each in deliveries.list_undelivered(1, "checkout")] == [EVENT.event_id]
    assert deliveries.list_undelivered(1, "button") == []


def test_settling_what_was_never_claimed_changes_nothing(deliveries: Deliveries) -> None:
    deliveries.delivered(EVENT.event_id, "on-call", NOW)
    deliveries.undelivered(EVENT.event_id, "on-call", Claim(1), "no answer", NOW)
    assert deliveries.of(EVENT.event_id) == []


def test_it_expires_with_the_messages_and_is_no_watched_channel(aws: Aws) -> None:
    deliveries = DynamoDBDeliveries(aws.dynamodb, NAMES.table)
    taken(deliveries)
    (item,) = aws.items()
    assert item["expires_at"] == int((NOW + KEPT_FOR).timestamp())
    assert (item["pk"], item["sk"], item["watched"]) == (f"NOTICE#{EVENT.event_id}", "on-call", "UNDELIVERED")
    assert aws.state.watched() == []
