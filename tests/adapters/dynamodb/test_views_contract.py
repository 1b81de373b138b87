"""What every `Views` and `WitnessBooks` promises: held against the table in moto and against the fakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.adapters.dynamodb.health.views import DynamoDBViews
from edgeship.adapters.dynamodb.health.witnesses import DynamoDBWitnessBooks
from edgeship.application.telemetry.ports import Reception, Views, WitnessBooks
from edgeship.domain.errors import Conflict
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.telemetry.views import VIEW_KEPT_FOR, VIEWS_A_MINUTE, View
from edgeship.domain.telemetry.witnesses import KEPT_FOR, MAX_AGENTS, MAX_NETWORKS, WitnessBook
from edgeship.domain.version import Version
from tests.fakes.clock import FakeClock
from tests.fakes.telemetry import FakeViews, FakeWitnessBooks
from tests.support.moto.aws import NAMES, Aws

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
V1, V2 = Version.parse("1.4.2"), Version.parse("2.0.0-rc.1")
VIEW = View("checkout", V1, "token")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture(params=["moto", "fake"])
def views(request: pytest.FixtureRequest, clock: FakeClock) -> Views:
    if request.param == "fake":
        return FakeViews(clock)
    return DynamoDBViews(request.getfixturevalue("aws").dynamodb, NAMES.views_table, clock)


@pytest.fixture(params=["moto", "fake"])
def books(request: pytest.FixtureRequest, clock: FakeClock) -> WitnessBooks:
    if request.param == "fake":
        return FakeWitnessBooks(clock)
    return DynamoDBWitnessBooks(request.getfixturevalue("aws").dynamodb, NAMES.views_table, clock)


def parts(*names: str) -> frozenset[str]:
    return frozenset(names)


def test_a_network_has_its_share_of_each_minute(views: Views) -> None:
    assert [views.count("n1", 5) for _ in range(VIEWS_A_MINUTE + 2)] == [True] * VIEWS_A_MINUTE + [False, False]
    assert views.count("n2", 5)
    assert views.count("n1", 6)


def test_a_view_begins_once(views: Views) -> None:
    assert views.begin(VIEW, parts("0")) is Reception.NEW
    assert views.begin(VIEW, parts("1", "failure")) is Reception.REPEATED
    assert views.begin(replace(VIEW, version=V2), parts("0")) is Reception.NEW
    assert views.begin(replace(VIEW, token="another"), parts("0")) is Reception.NEW


def test_each_part_of_a_view_counts_once(views: Views) -> None:
    views.begin(VIEW, parts("0", "latency"))
    assert views.add(VIEW, parts("1", "failure")) is Reception.NEW
    assert views.add(VIEW, parts("1", "failure")) is Reception.REPEATED
    assert views.add(VIEW, parts("2", "failure")) is Reception.REPEATED
    assert views.add(VIEW, parts("2", "latency")) is Reception.REPEATED
    assert views.add(VIEW, parts("2")) is Reception.NEW


def test_without_a_view_nothing_is_added(views: Views) -> None:
    assert views.add(VIEW, parts("1")) is Reception.NO_VIEW
    assert views.add(VIEW, parts("1")) is Reception.NO_VIEW
    assert views.begin(VIEW, parts("0")) is Reception.NEW
    assert views.add(replace(VIEW, widget="button"), parts("1")) is Reception.NO_VIEW


def test_a_view_ends_with_its_day(views: Views, clock: FakeClock) -> None:
    views.begin(VIEW, parts("0"))
    clock.now = NOW + VIEW_KEPT_FOR - timedelta(seconds=1)
    assert views.add(VIEW, parts("1")) is Reception.NEW
    clock.now = NOW + VIEW_KEPT_FOR
    assert views.add(VIEW, parts("2")) is Reception.NO_VIEW
    assert views.begin(VIEW, parts("0")) is Reception.NO_VIEW


class LosesAnswers:
    """A client whose every update is sent again, as the SDK does when an answer is lost."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def update_item(self, **arguments: Any) -> Any:
        self._client.update_item(**arguments)
        return self._client.update_item(**arguments)


def test_a_write_that_the_sdk_repeats_counts_once(aws: Aws, clock: FakeClock) -> None:
    views = DynamoDBViews(LosesAnswers(aws.dynamodb), NAMES.views_table, clock)  # type: ignore[arg-type]
    assert views.begin(VIEW, parts("0")) is Reception.NEW
    assert views.add(VIEW, parts("1", "failure")) is Reception.NEW
    sure = DynamoDBViews(aws.dynamodb, NAMES.views_table, clock)
    assert sure.begin(VIEW, parts("0")) is Reception.REPEATED
    assert sure.add(VIEW, parts("2", "failure")) is Reception.REPEATED


def test_everything_expires_within_a_day(aws: Aws, clock: FakeClock) -> None:
    views = DynamoDBViews(aws.dynamodb, NAMES.views_table, clock)
    views.count("n1", 5)
    views.begin(VIEW, parts("0"))
    books = DynamoDBWitnessBooks(aws.dynamodb, NAMES.views_table, clock)
    books.write(books.read("checkout", V1).with_view({Metric.FAILED_SESSIONS: 1}, "n1", "a1", NOW))
    items = aws.view_items()
    assert len(items) == 3
    assert all(NOW.timestamp() < item["expires_at"] <= NOW.timestamp() + 24 * 3600 for item in items)
    assert aws.items() == []


def full() -> WitnessBook:
    book = WitnessBook("checkout", V1)
    for number in range(MAX_NETWORKS):
        for agent in range(MAX_AGENTS):
            values = dict.fromkeys((Metric.LOAD_LATENCY, Metric.MEMORY), 0.1 + number + agent)
            book = book.with_view({**values, Metric.FAILED_SESSIONS: 1}, f"n{number}", f"a{agent}", NOW)
    return book


def test_a_book_is_read_as_it_was_written(books: WitnessBooks) -> None:
    assert books.read("checkout", V1) == WitnessBook("checkout", V1)
    books.write(full())
    assert books.read("checkout", V1) == replace(full(), revision=1)
    assert books.read("checkout", V2) == WitnessBook("checkout", V2)


def test_a_book_is_written_only_from_its_revision(books: WitnessBooks) -> None:
    books.write(full())
    with pytest.raises(Conflict):
        books.write(full())
    books.write(books.read("checkout", V1))
    assert books.read("checkout", V1).revision == 2


def test_a_book_ends_with_its_day(books: WitnessBooks, clock: FakeClock) -> None:
    books.write(full())
    clock.now = NOW + KEPT_FOR
    assert books.read("checkout", V1) == WitnessBook("checkout", V1, revision=1)
