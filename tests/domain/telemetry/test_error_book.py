from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.telemetry.beacon import MAX_FRAME_LENGTH, MAX_FRAMES, Beacon, ReportedError, fingerprint
from edgeship.domain.telemetry.error_book import KEPT_FOR, MAX_MESSAGES, MAX_SEEN, TREND_HOURS, ErrorBook, KeptError
from edgeship.domain.version import Version

V1 = Version.parse("1.4.2")
NOW = datetime(2026, 11, 23, 10, 0, 0, 123_000, tzinfo=UTC)
MOMENT = "2026-11-23T10:00:00.123Z"
EMPTY = ErrorBook("checkout", V1)


def beacon(number: int, *errors: tuple[str, int]) -> Beacon:
    return Beacon("checkout", V1, "9f86d081e5a1", number, errors=tuple(ReportedError(*error) for error in errors))


def counts(book: ErrorBook) -> dict[str, int]:
    return {error.message: error.count for error in book.errors}


def letters(number: int) -> str:
    """A message without digits, a different one for every number."""
    return "m" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_a_beacon_is_counted() -> None:
    book = EMPTY.with_beacon(beacon(0, ("boom", 2), ("bang", 5)), NOW)
    assert counts(book) == {"bang": 5, "boom": 2}
    assert [error.message for error in book.errors] == ["bang", "boom"]
    (bang, _) = book.errors
    assert (bang.fingerprint, bang.over) == (fingerprint("bang"), 0)
    assert bang.first_seen == bang.last_seen == "2026-11-23T10:00:00.123Z"
    assert book.seen == ("9f86d081e5a1-0",)
    assert book.expires_at == int((NOW + KEPT_FOR).timestamp())
    assert book.revision == 0
    later = book.with_beacon(beacon(1, ("bang", 1)), NOW + timedelta(seconds=1))
    assert (later.errors[0].first_seen, later.errors[0].last_seen) == (bang.first_seen, "2026-11-23T10:00:01.123Z")
    assert later.errors[0].count == 6
    assert later.expires_at == book.expires_at + 1


def test_messages_that_differ_in_numbers_are_one_worded_as_the_first() -> None:
    book = EMPTY.with_beacon(beacon(0, ("no item 7", 1), ("no item 12", 2)), NOW)
    assert counts(book.with_beacon(beacon(1, ("no item 8", 4)), NOW)) == {"no item 7": 7}


def test_a_beacon_that_comes_again_changes_nothing() -> None:
    book = EMPTY.with_beacon(beacon(0, ("boom", 2)), NOW)
    assert book.with_beacon(beacon(0, ("boom", 2)), NOW + timedelta(hours=1)) is book


def test_a_beacon_without_errors_changes_nothing() -> None:
    assert EMPTY.with_beacon(beacon(0), NOW) is EMPTY


def test_the_last_fifty_beacons_are_remembered() -> None:
    book = EMPTY
    for number in range(MAX_SEEN + 1):
        book = book.with_beacon(beacon(number, ("boom", 1)), NOW)
    assert len(book.seen) == MAX_SEEN
    assert book.with_beacon(beacon(1, ("boom", 1)), NOW) is book
    assert counts(book.with_beacon(beacon(0, ("boom", 1)), NOW)) == {"boom": MAX_SEEN + 2}


def test_control_characters_are_not_kept() -> None:
    assert counts(EMPTY.with_beacon(beacon(0, ("a\x1b[2J\nb", 1)), NOW)) == {"a [2J b": 1}


def test_a_full_book_replaces_the_least_and_takes_over_its_count() -> None:
    book = EMPTY
    for number in range(MAX_MESSAGES):
        book = book.with_beacon(beacon(number, (letters(number), number + 2)), NOW)
    grown = book.with_beacon(beacon(99, ("new", 3)), NOW + timedelta(seconds=1))
    assert len(grown.errors) == MAX_MESSAGES
    assert letters(0) not in counts(grown)
    (new,) = [error for error in grown.errors if error.message == "new"]
    assert (new.count, new.over, new.first_seen) == (5, 2, "2026-11-23T10:00:01.123Z")


def test_of_the_least_the_longest_unseen_goes() -> None:
    book = EMPTY
    for number in range(MAX_MESSAGES):
        book = book.with_beacon(beacon(number, (letters(number), 1)), NOW - timedelta(seconds=number))
    grown = book.with_beacon(beacon(99, ("new", 1)), NOW)
    assert letters(MAX_MESSAGES - 1) not in counts(grown)


def test_expiry() -> None:
    book = EMPTY.with_beacon(beacon(0, ("boom", 1)), NOW)
    assert not book.has_expired(NOW + KEPT_FOR - timedelta(seconds=1))
    assert book.has_expired(NOW + KEPT_FOR)
    earlier = book.with_beacon(beacon(1, ("boom", 1)), NOW - timedelta(days=1))
    assert earlier.expires_at == book.expires_at


streams = st.lists(
    st.lists(st.tuples(st.integers(0, 60).map(letters), st.integers(1, 1_000)), min_size=1, max_size=10), max_size=60
)


@given(streams)
def test_what_space_saving_promises(stream: list[list[tuple[str, int]]]) -> None:
    exact: Counter[str] = Counter()
    book = EMPTY
    for number, errors in enumerate(stream):
        book = book.with_beacon(beacon(number, *errors), NOW + timedelta(seconds=number))
        for message, count in errors:
            exact[message] += count
    total = exact.total()
    kept = {error.message: error for error in book.errors}
    assert len(kept) == min(len(exact), MAX_MESSAGES)
    assert sum(error.count for error in book.errors) == total
    for message, error in kept.items():
        assert error.count - error.over <= exact[message] <= error.count
        assert error.over <= total / MAX_MESSAGES
        assert error.first_seen <= error.last_seen
    assert {message for message, count in exact.items() if count > total / MAX_MESSAGES} <= set(kept)
    assert len(book.seen) <= MAX_SEEN


@given(
    st.lists(st.tuples(st.sampled_from("abcdefghij"), st.integers(1, 9)), min_size=1, max_size=30).flatmap(
        lambda errors: st.tuples(st.just(errors), st.permutations(range(len(errors))))
    )
)
def test_the_order_of_arrival_does_not_matter_while_there_is_room(
    arrivals: tuple[list[tuple[str, int]], list[int]],
) -> None:
    errors, order = arrivals
    books = []
    for numbers in (range(len(errors)), [*order, *order]):
        book = EMPTY
        for number in numbers:
            book = book.with_beacon(beacon(number, errors[number]), NOW)
        books.append(replace(book, seen=tuple(sorted(book.seen))))
    assert books[0] == books[1]


def thrown(number: int, message: str, *frames: str, count: int = 1) -> Beacon:
    return Beacon("checkout", V1, "9f86d081e5a1", number, errors=(ReportedError(message, count, frames),))


def test_errors_are_grouped_by_message_and_by_where_they_are_thrown_and_called() -> None:
    book = EMPTY
    for number, frames in enumerate([(), ("a.js:1:2",), ("a.js:1:3",), ("a.js:1:3", "b.js:1:1"), ("a.js:1:3",)]):
        book = book.with_beacon(thrown(number, f"boom {number}", *frames), NOW)
    assert sorted((error.frames, error.count) for error in book.errors) == [
        ((), 1),
        (("a.js:1:2",), 1),
        (("a.js:1:3",), 2),
        (("a.js:1:3", "b.js:1:1"), 1),
    ]


def test_what_is_below_the_caller_separates_nothing_and_the_first_report_names_it() -> None:
    book = EMPTY.with_beacon(thrown(0, "boom", "a.js:1:1", "b.js:1:1", "c.js:1:1"), NOW)
    book = book.with_beacon(thrown(1, "boom", "a.js:1:1", "b.js:1:1", "d.js:1:1"), NOW)
    assert [(error.frames[2], error.count) for error in book.errors] == [("c.js:1:1", 2)]


def test_an_error_of_an_older_book_without_frames_counts_on() -> None:
    old = replace(EMPTY, errors=(KeptError(fingerprint("boom"), "boom", 7, 0, "2026-11-23T08:00:00.000Z", MOMENT),))
    (error,) = old.with_beacon(beacon(0, ("boom", 2)), NOW).errors
    assert (error.count, error.hours) == (9, (2,))


@given(st.lists(st.tuples(st.integers(0, 60 * 72), st.integers(1, 5)), max_size=30))
def test_the_trend_counts_what_came_in_the_hours_before(reports: list[tuple[int, int]]) -> None:
    book = EMPTY
    for number, (minute, count) in enumerate(sorted(reports)):
        book = book.with_beacon(thrown(number, "boom", count=count), NOW + timedelta(minutes=minute))
    end = NOW + timedelta(minutes=max((minute for minute, _ in reports), default=0))
    for error in book.errors:
        assert len(error.hours) <= TREND_HOURS
        for hours in (1, 5, TREND_HOURS):
            expected = sum(count for minute, count in reports if (NOW.minute + minute) // 60 > _hours(end) - hours)
            assert error.since(hours, end) == expected
        assert error.since(TREND_HOURS, end + timedelta(days=2)) == 0


def _hours(end: datetime) -> int:
    return int((end - NOW).total_seconds()) // 3600


def test_a_report_of_a_clock_that_is_behind_belongs_to_its_own_hour() -> None:
    book = EMPTY.with_beacon(thrown(0, "boom"), NOW).with_beacon(thrown(1, "boom", count=4), NOW - timedelta(hours=2))
    assert book.errors[0].hours == (1, 0, 4)


def test_the_fullest_book_is_far_under_the_size_of_an_item() -> None:
    book = EMPTY
    for number in range(MAX_SEEN):
        frames = [f"{letters(number)}{'x' * (MAX_FRAME_LENGTH - 20)}:{line}:999999999" for line in range(MAX_FRAMES)]
        book = book.with_beacon(thrown(number, "\U0001f600" * 200, *frames, count=1000), NOW)
        for hour in range(3):
            book = book.with_beacon(thrown(1000 + number * 3 + hour, "boom"), NOW + timedelta(hours=hour))
    assert len(book.errors) == MAX_MESSAGES
    assert len(str(book).encode()) < 100_000
