"""What every `ErrorBooks` promises: held against the table in moto and against the fake that the use cases run on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edgeship.adapters.dynamodb.health.error_books import DynamoDBErrorBooks
from edgeship.application.telemetry.ports import ErrorBooks
from edgeship.domain.errors import Conflict
from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from edgeship.domain.telemetry.error_book import KEPT_FOR, MAX_MESSAGES, MAX_SEEN, ErrorBook
from edgeship.domain.version import Version
from tests.fakes.clock import FakeClock
from tests.fakes.telemetry import FakeErrorBooks
from tests.support.moto.aws import NAMES

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
V1, V2 = Version.parse("1.4.2"), Version.parse("2.0.0-rc.1")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture(params=["moto", "fake"])
def books(request: pytest.FixtureRequest, clock: FakeClock) -> ErrorBooks:
    if request.param == "fake":
        return FakeErrorBooks(clock)
    return DynamoDBErrorBooks(request.getfixturevalue("aws").dynamodb, NAMES.table, clock)


def grown(book: ErrorBook, number: int = 0, message: str = "boom") -> ErrorBook:
    errors = (ReportedError(message, 3, ("assets/a.js:1:2", "widget.js:3:4")), ReportedError("bäng 😀", 1))
    return book.with_beacon(Beacon(book.widget, book.version, "9f86d081e5a1", number, errors=errors), NOW)


def test_there_is_no_book_at_first(books: ErrorBooks) -> None:
    assert books.read("checkout", V1) == ErrorBook("checkout", V1)


def test_what_is_written_is_read_at_the_next_revision(books: ErrorBooks) -> None:
    book = grown(books.read("checkout", V1))
    books.write(book)
    assert books.read("checkout", V1) == replace(book, revision=1)
    again = grown(books.read("checkout", V1), 1)
    books.write(again)
    assert books.read("checkout", V1) == replace(again, revision=2)


def test_every_release_has_its_own(books: ErrorBooks) -> None:
    books.write(grown(books.read("checkout", V1)))
    assert books.read("checkout", V2) == ErrorBook("checkout", V2)
    assert books.read("button", V1) == ErrorBook("button", V1)


@pytest.mark.parametrize("before", [0, 1])
def test_it_is_written_only_from_the_revision_it_was_read_at(books: ErrorBooks, before: int) -> None:
    for number in range(before):
        books.write(grown(books.read("checkout", V1), number))
    first = second = books.read("checkout", V1)
    books.write(grown(first, 8))
    with pytest.raises(Conflict):
        books.write(grown(second, 9))
    assert books.read("checkout", V1) == replace(grown(first, 8), revision=before + 1)


def test_an_expired_book_is_empty_and_can_be_written_over(books: ErrorBooks, clock: FakeClock) -> None:
    books.write(grown(books.read("checkout", V1)))
    clock.now = NOW + KEPT_FOR - timedelta(seconds=1)
    assert books.read("checkout", V1).errors != ()
    clock.now = NOW + KEPT_FOR
    empty = books.read("checkout", V1)
    assert empty == ErrorBook("checkout", V1, revision=1)
    fresh = empty.with_beacon(Beacon("checkout", V1, "aaaaaaaa", 0, errors=(ReportedError("new", 1),)), clock.now)
    books.write(fresh)
    assert books.read("checkout", V1) == replace(fresh, revision=2)


def test_a_full_book_fits(books: ErrorBooks) -> None:
    """DynamoDB's items end at 400 KB; this one has the longest of everything."""
    book = ErrorBook("checkout", V1)
    for number in range(max(MAX_MESSAGES, MAX_SEEN)):
        message = "".join(chr(0x1F600 + int(digit)) for digit in str(number)).ljust(200, "😀")
        book = book.with_beacon(Beacon("checkout", V1, "f" * 32, number, errors=(ReportedError(message, 1_000),)), NOW)
    books.write(book)
    assert books.read("checkout", V1) == replace(book, revision=1)
