from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgeship.adapters.http.retry_after import retry_after

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 120 ", 120),
        ("3600", 3600),
        ("3601", 3600),
        ("9" * 5_000, 3600),
        ("Mon, 23 Nov 2026 10:02:00 GMT", 120),
        ("Monday, 23-Nov-26 10:02:00 GMT", 120),
        ("Mon Nov 23 10:02:00 2026", 120),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
        ("Tue, 24 Nov 2026 10:00:00 GMT", 3600),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("Mon, 99 Nov 2026 10:00:00 GMT", None),
    ],
)
def test_it_is_seconds_or_a_date_and_at_most_an_hour(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


def test_without_the_header_there_is_none() -> None:
    assert retry_after({}, NOW) is None
