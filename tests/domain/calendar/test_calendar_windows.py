"""Windows, with every zone of an independent database of time zones and its own arithmetic as the oracle."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.domain.calendar.calendar_windows import (
    DAYS,
    MAX_WINDOWS,
    Window,
    check_windows,
    closed_text,
    is_open,
    next_opening,
    parse_window,
)
from edgeship.domain.errors import Refused
from tests.support.pytest_plugins.fuzz import examples

MINUTE = timedelta(minutes=1)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def dateutil_zone(name: str) -> Any:
    """Of the database that dateutil brings, read and evaluated by its own code."""
    return import_module("dateutil.zoneinfo").get_zonefile_instance().get(name)


def expected(window: Window, at: datetime) -> bool:
    """By the wall time: which day and time of the week it is, in minutes since Monday, in one of the window's spans."""
    local = at.astimezone(dateutil_zone(window.zone))
    now = (local.weekday() * 24 + local.hour) * 60 + local.minute
    length = window.end - window.start + (0 if window.end > window.start else 24 * 60)
    return any((now - day * 24 * 60 - window.start) % (7 * 24 * 60) < length for day in window.days)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("mon-fri 09:00-16:00 Europe/Berlin", None),
        ("sat 00:00-24:00 UTC", None),
        ("fri 22:00-02:00 America/New_York", None),
        ("MON-Wed+fri  08:30-09:00   UTC", "mon-wed+fri 08:30-09:00 UTC"),
        ("fri-mon 10:00-11:00 UTC", "mon+fri-sun 10:00-11:00 UTC"),
        ("mon+tue+wed 10:00-11:00 UTC", "mon-wed 10:00-11:00 UTC"),
        ("mon-sun 22:00-00:00 Asia/Kathmandu", None),
    ],
)
def test_a_window_is_read_and_shown(text: str, canonical: str | None) -> None:
    assert str(parse_window(text)) == (canonical or text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is not DAYS"),
        ("mon-fri", "it is not DAYS"),
        ("mon-fri 9:00-16:00 UTC", "it is not DAYS"),
        ("mon-fri 09:00-16:00", "it is not DAYS"),
        ("mon-fri 09:00-16:60 UTC", "it is not DAYS"),
        ("mon-fri 09:00-24:01 UTC", "ends at 24:00"),
        ("mon-fri 24:00-09:00 UTC", "starts at 00:00"),
        ("mon-fri 09:00-09:00 UTC", "no time in it"),
        ("mon-fry 09:00-16:00 UTC", "'mon-fry' is no day"),
        ("weekdays 09:00-16:00 UTC", "'weekdays' is no day"),
        ("mon+ 09:00-16:00 UTC", "'' is no day"),
        ("mon-fri 09:00-16:00 UTC UTC", "it is not DAYS"),
        ("mon-fri ٠٩:00-16:00 UTC", "it is not DAYS"),
    ],
)
def test_what_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_window(text)
    assert refused.value.code == "policy_invalid"
    assert said in refused.value.reason


@pytest.mark.parametrize(
    "zone", ["Europe/Berln", "europe/berlin", "Europe", "../etc/passwd", "+01:00", "CET+1", "Mars/Base"]
)
def test_a_zone_that_there_is_not_is_refused(zone: str) -> None:
    with pytest.raises(Refused, match="no time zone"):
        check_windows((parse_window(f"mon 09:00-16:00 {zone}"),))


def test_a_policy_has_a_limited_number_of_them() -> None:
    window = parse_window("mon 09:00-16:00 UTC")
    check_windows((window,) * MAX_WINDOWS)
    with pytest.raises(Refused, match="may have"):
        check_windows((window,) * (MAX_WINDOWS + 1))


def test_a_zone_that_is_not_known_here_is_never_open_and_says_so() -> None:
    window = Window(frozenset(range(7)), 0, 24 * 60, "Mars/Base")
    assert not is_open((window,), utc("2026-11-23T10:00"))
    assert "no time zone Mars/Base is known here" in closed_text((window,), utc("2026-11-23T10:00"))


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        # Over midnight: the window belongs to Friday, in New York's time.
        ("fri 22:00-02:00 America/New_York", [("2026-11-28T03:00", "2026-11-28T07:00")]),
        # Berlin skips 02:00 to 03:00 on 29 March 2026: nothing is left of the first, and an hour of the second.
        ("sun 02:00-03:00 Europe/Berlin", [("2026-04-05T00:00", "2026-04-05T01:00")]),
        ("sun 02:30-04:00 Europe/Berlin", [("2026-03-29T01:00", "2026-03-29T02:00")]),
        ("sun 01:00-04:00 Europe/Berlin", [("2026-03-29T00:00", "2026-03-29T02:00")]),
        # It passes 02:00 to 03:00 twice on 25 October 2026.
        ("sun 02:00-03:00 Europe/Berlin", [("2026-10-25T00:00", "2026-10-25T02:00")]),
        (
            "sun 01:30-02:30 Europe/Berlin",
            [("2026-10-24T23:30", "2026-10-25T00:30"), ("2026-10-25T01:00", "2026-10-25T01:30")],
        ),
        # Lord Howe's clocks go by half an hour: 4 October 2026, 02:00 to 02:30 is skipped.
        ("sun 02:15-02:45 Australia/Lord_Howe", [("2026-10-03T15:30", "2026-10-03T15:45")]),
        ("mon 00:00-24:00 Asia/Kathmandu", [("2026-11-22T18:15", "2026-11-23T18:15")]),
    ],
)
def test_when_the_clocks_change(text: str, spans: list[tuple[str, str]]) -> None:
    window = (parse_window(text),)
    before = utc(spans[0][0]) - timedelta(hours=30)
    for start, end in spans:
        found = next_opening(window, before)
        assert found == utc(start)
        inside = [found + number * MINUTE for number in range(int((utc(end) - found) / MINUTE))]
        assert all(is_open(window, minute) for minute in inside)
        assert not is_open(window, utc(start) - MINUTE)
        assert not is_open(window, utc(end))
        before = utc(end)


WINDOWS = st.builds(
    Window,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 24 * 60 - 1),
    st.integers(0, 24 * 60),
    st.sampled_from(ZONES),
).filter(lambda window: window.start != window.end)
MOMENTS = st.integers(0, 6 * 365 * 24 * 60).map(lambda number: utc("2024-01-01T00:00") + number * MINUTE)
CHANGES = st.tuples(
    st.sampled_from(
        ["2026-03-29T01:00", "2026-10-25T01:00", "2026-03-08T07:00", "2026-11-01T06:00", "2026-10-03T15:30"]
    ),
    st.integers(-200, 200),
).map(lambda drawn: utc(drawn[0]) + drawn[1] * MINUTE)


@given(WINDOWS)
def test_every_window_is_read_as_it_is_shown(window: Window) -> None:
    assert parse_window(str(window)) == window
    check_windows((window,))


@given(st.lists(WINDOWS, min_size=1, max_size=3), MOMENTS | CHANGES)
def test_it_is_open_as_another_database_and_another_arithmetic_say(windows: list[Window], at: datetime) -> None:
    assert is_open(windows, at) is any(expected(window, at) for window in windows)


@settings(max_examples=examples(60))
@given(WINDOWS, MOMENTS | CHANGES)
def test_the_next_opening_is_the_first_open_minute(window: Window, at: datetime) -> None:
    at = at.replace(second=0, microsecond=0)
    if is_open((window,), at):
        return
    found = next_opening((window,), at)
    assert found is not None
    assert is_open((window,), found)
    # The last minutes before it, and a sample of the others.
    for minutes in (*range(1, 200), *range(200, 8 * 24 * 60, 97)):
        if found - minutes * MINUTE <= at:
            break
        assert not is_open((window,), found - minutes * MINUTE)


def test_the_days_are_those_of_the_week() -> None:
    assert [DAYS[utc(f"2026-11-{day}T12:00").weekday()] for day in range(23, 30)] == list(DAYS)
