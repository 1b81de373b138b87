"""Two hundred moves in a row, with their events shuffled, repeated and handled side by side by real threads."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from edgeship.application.notifications.deliver_notice import DeliverNotice, Undelivered
from edgeship.application.transaction import Transaction
from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.naming import LATEST
from edgeship.domain.notifications.rules import Destination, Kind, Notifications, NotificationsRecord, Rule
from edgeship.domain.version import Version
from tests.fakes.notifications import FakeDeliveries, FakeSender
from tests.support.deployments import FILES, Deployments, release_of
from tests.support.world import START, WIDGET

MOVES = 200
WORKERS = 8
CHUNK = 10
"""Moves that are made between two bursts of deliveries."""


@pytest.fixture(autouse=True)
def switching() -> Iterator[None]:
    """Threads take turns far more often than they usually would."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("seed", range(3))
def test_a_storm_ends_with_the_copies_both_cdns_and_the_last_notification_agreeing(seed: int) -> None:
    shuffle = random.Random(seed)
    here = Deployments("1.0.0")
    rules = Notifications((Destination("room", Kind.SNS),), (Rule(("room",), frozenset({EventType.POINTER_MOVED})),))
    here.state.commit(Transaction(puts=(NotificationsRecord(rules),), events=()))
    room = FakeSender()
    # A clock of its own: the other's jumps, by what the propagation waits, would end the claims of who is just sending.
    notify = DeliverNotice(here.state, FakeDeliveries(), {Kind.SNS: room}, lambda: START)

    def handle(event: Event) -> None:
        assert event.new is not None
        occasion = Occasion("test", "edgeship:propagation", event.cause, here.time.now)
        with suppress(Undelivered):  # another thread is at it
            notify(event)
        here.propagate(WIDGET, LATEST, event.new["sequence"], event.event_id, occasion)

    versions = sorted(FILES)
    with ThreadPoolExecutor(WORKERS) as pool:
        deliveries = []
        for start in range(0, MOVES, CHUNK):
            for _ in range(CHUNK):
                others = [version for version in versions if version != str(here.channel.version)]
                here.move(shuffle.choice(others))
            moves = [e for e in here.state.log if e.type is EventType.POINTER_MOVED][start + 1 :]
            burst = moves + shuffle.sample(moves, 3)
            shuffle.shuffle(burst)
            deliveries += [pool.submit(handle, event) for event in burst]
        for delivery in deliveries:
            delivery.result()

    version = str(here.channel.version)
    assert here.channel.sequence == MOVES + 1
    assert here.latest_copies() == release_of(version)
    for cdn in (here.edge, here.second):
        assert cdn.get(f"/{WIDGET}/latest/widget.js").body == FILES[version]["widget.js"]
    concluded = here.state.deployment(WIDGET, LATEST)
    assert (concluded.sequence, concluded.version) == (MOVES + 1, Version.parse(version))
    assert concluded.verification is not None
    assert concluded.verification.verified
    sent_events = Counter(notice.event.event_id for _, notice in room.sent)
    assert set(sent_events.values()) == {1}
    assert len(sent_events) == MOVES
    assert f"latest is at {version} now" in (room.sent[-1][1].now or "")
