"""The notification function dies at every write to AWS and on either side of every send; its event comes again, and
twice at once. Each destination gets it, and a second time only if a process died between sending and noting it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from edgeship.adapters.dynamodb.deliveries import DynamoDBDeliveries
from edgeship.application.notifications.deliver_notice import LEASE, Undelivered
from edgeship.bootstrap import notification
from edgeship.domain.events import Event
from tests.support.crash.death import Death, deaths, run
from tests.support.crash.scenes.notifications import event
from tests.support.moto.aws import NAMES, Aws, aws_environment
from tests.support.moto.function_env import function_env
from tests.support.notifying import DESTINATIONS, Internet, mails, set_up

NOW = datetime(2026, 11, 24, 16, 0, 10, tzinfo=UTC)
NAMED = tuple(destination.name for destination in DESTINATIONS)


@dataclass
class Watched(Death):
    """A life of which every call is written down, reads too; `meanwhile` runs just before one of them."""

    calls: list[str] = field(default_factory=list)
    meanwhile: tuple[int, Callable[[], object]] | None = None

    def before(self, operation: str, context: dict[str, Any]) -> None:
        number = len(self.calls)
        self.calls.append(operation)
        if self.meanwhile and self.meanwhile[0] == number:
            run(self.meanwhile[1])
        super().before(operation, context)


@dataclass
class Stage:
    """An event of its own in the environment of all tests, and what has come of it."""

    aws: Aws
    internet: Internet
    event: Event
    tries: int = 0

    def deliver(self, at: datetime = NOW) -> None:
        """One receipt of the message, in a process of its own."""
        use_case = notification.build(function_env("notification", self.aws)).deliver
        with suppress(Undelivered):
            replace(use_case, clock=lambda: at)(self.event)

    def try_again(self) -> None:
        """As `deliver`, when the leases of all tries before are over."""
        self.tries += 1
        self.deliver(NOW + self.tries * (LEASE + timedelta(seconds=1)))

    def got(self) -> dict[str, list[str]]:
        """The ids of what each destination got."""
        found = [mail["Message"].rpartition("event: ")[2] for mail in mails(self.aws)]
        by_host = {host: [post.get("webhook-id", "") for post in posts] for host, posts in self.internet.posted.items()}
        on_call = [""] * len(by_host.get("hooks.slack.com", ()))
        return {"on-call": on_call, "mail": found, "ci": by_host.get("ci.example.com", [])}

    def settled(self) -> set[str]:
        deliveries = DynamoDBDeliveries(self.aws.dynamodb, NAMES.table)
        assert deliveries.list_undelivered(10) == []
        return {each.destination for each in deliveries.of(self.event.event_id)}


@pytest.fixture(scope="module")
def environment() -> Iterator[tuple[Aws, Internet]]:
    internet = Internet()
    with aws_environment() as aws, pytest.MonkeyPatch.context() as patch:
        internet.connect(patch)
        set_up(aws)
        yield aws, internet


@pytest.fixture
def make(environment: tuple[Aws, Internet]) -> Callable[[], Stage]:
    aws, internet = environment

    def stage() -> Stage:
        internet.posted.clear()
        internet.failing.clear()
        mails(aws)
        return Stage(aws, internet, replace(event(), event_id=uuid4().hex))

    return stage


def undisturbed(make: Callable[[], Stage]) -> Watched:
    stage, watched = make(), Watched()
    assert run(stage.deliver, watched)
    assert counts(stage) == dict.fromkeys(NAMED, 1)
    return watched


def counts(stage: Stage) -> dict[str, int]:
    got = stage.got()
    assert set(got["ci"]) | set(got["mail"]) <= {stage.event.event_id}
    return {name: len(each) for name, each in got.items()}


def test_it_dies_anywhere_and_every_destination_gets_the_event(make: Callable[[], Stage]) -> None:
    life = undisturbed(make)
    assert Counter(life.calls) == {
        "POST": 2,
        "Publish": 1,
        "GetItem": 4,
        "UpdateItem": 6,
        "GetParameter": 1,
        "GetSecretValue": 1,
    }
    for death in deaths(life):
        stage = make()
        assert not run(stage.deliver, death)
        assert run(stage.try_again)
        assert death.write is not None
        unnoted = death.when == "after" and life.writes[death.write] in ("POST", "Publish")
        assert stage.settled() == set(NAMED), death
        assert sum(counts(stage).values()) == len(NAMED) + unnoted, death


def test_it_dies_again_and_again(make: Callable[[], Stage]) -> None:
    """Each process gets one write further than the one before it."""
    life = undisturbed(make)
    stage = make()
    for write in range(len(life.writes)):
        run(stage.try_again, Death(write))
    run(stage.try_again)
    assert stage.settled() == set(NAMED)
    assert all(count in (1, 2) for count in counts(stage).values())


def test_a_repeated_event_is_sent_once(make: Callable[[], Stage]) -> None:
    stage = make()
    for _ in range(4):
        run(stage.try_again)
    assert counts(stage) == dict.fromkeys(NAMED, 1)


def test_one_that_comes_twice_at_once_is_sent_once(make: Callable[[], Stage]) -> None:
    """The other process runs from its beginning to its end before any call of the one, and so in between any two."""
    for number in range(len(undisturbed(make).calls)):
        stage = make()
        assert run(stage.deliver, Watched(meanwhile=(number, stage.deliver)))
        run(stage.try_again)
        assert counts(stage) == dict.fromkeys(NAMED, 1), number
        assert stage.settled() == set(NAMED)


def test_what_a_destination_refuses_is_kept_with_its_reason_and_comes_again_alone(make: Callable[[], Stage]) -> None:
    stage = make()
    stage.internet.failing["ci.example.com"] = (503, {})
    run(stage.try_again)
    (left,) = DynamoDBDeliveries(stage.aws.dynamodb, NAMES.table).list_undelivered(10)
    assert (left.destination, left.attempts, left.reason) == ("ci", 1, "ci.example.com answered 503 (ok)")
    stage.internet.failing.clear()
    run(stage.try_again)
    assert stage.settled() == set(NAMED)
    assert counts(stage) == {"on-call": 1, "mail": 1, "ci": 2}
