"""An event's whole way to a receiver: table, stream, bus, queue, function, HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from standardwebhooks import Webhook

from edgeship.adapters.dynamodb.deliveries import DynamoDBDeliveries
from edgeship.application.notifications.ports import AlreadyDelivered, Busy, Claim, Delivery, DeliveryStatus
from edgeship.bootstrap.operator import Operator
from edgeship.domain.events import Event, EventType
from edgeship.domain.notifications.rules_record import to_document
from edgeship.local.cloud import LocalCloud
from tests.support.local_cloud.visitors import ann, eventually
from tests.support.receiver import Receiver, receiver

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

KEY = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"


@pytest.fixture
def hook(cloud: LocalCloud, tools: Operator) -> Iterator[Receiver]:
    """A receiver that is told of every change of the policy of `told`."""
    before = to_document(tools.state.notifications().notifications)
    cloud.session().client("ssm").put_parameter(
        Name="/edgeship/local/hook", Value=KEY, Type="SecureString", Overwrite=True
    )
    with receiver() as running:
        url = f"http://127.0.0.1:{running.port}/hook"
        document = {
            "destinations": {"ci": {"type": "webhook", "url": url, "secret": "ssm:/edgeship/local/hook"}},
            "rules": [{"to": ["ci"], "events": ["Policy Changed"], "widgets": ["told"]}],
        }
        tools.notifications(document, ann(), loopback=True)
        yield running
        tools.notifications(before, ann())


def test_a_receiver_gets_a_signed_notification(cloud: LocalCloud, tools: Operator, hook: Receiver) -> None:
    tools.policy("told", lambda policy: replace(policy, rollback_window_seconds=3_600), ann())
    deliveries = DynamoDBDeliveries(cloud.session().client("dynamodb"), cloud.names.table)
    (event,) = tools.state.events("told", 1)

    def look() -> Delivery | None:
        found = deliveries.of(event.event_id)
        return found[0] if found and found[0].status is DeliveryStatus.DELIVERED else None

    delivery = eventually(look)
    assert (delivery.destination, delivery.attempts) == ("ci", 1)
    (got,) = hook.received
    Webhook(KEY).verify(got.body, got.headers)
    assert got.headers["webhook-id"] == event.event_id
    told: dict[str, Any] = json.loads(got.body)
    assert told["type"] == "policy.changed"
    assert told["data"]["event_id"] == event.event_id
    assert deliveries.list_undelivered(10, "told") == []


def test_of_many_claims_at_once_one_is_had(cloud: LocalCloud) -> None:
    deliveries = DynamoDBDeliveries(cloud.session().client("dynamodb"), cloud.names.table)
    event = Event.of(EventType.POLICY_CHANGED, ann(), "claimed", (), None, {})
    now, together = datetime.now(UTC).replace(microsecond=0), Barrier(16)

    def claim(_: int) -> Claim | AlreadyDelivered | Busy:
        together.wait(20)
        return deliveries.claim(event, "ci", "title", now, timedelta(seconds=60))

    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(claim, range(16)))
    assert [each for each in got if isinstance(each, Claim)] == [Claim(1)]
    assert got.count(Busy(60)) == 15
    deliveries.delivered(event.event_id, "ci", now)
