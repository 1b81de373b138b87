from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.telemetry.token_bucket import TokenBucket

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_a_second_worth_at_once_and_then_as_they_come() -> None:
    bucket = TokenBucket(5)
    assert [bucket.take(NOW) for _ in range(6)] == [True] * 5 + [False]
    assert bucket.take(NOW + timedelta(milliseconds=100)) is False
    assert bucket.take(NOW + timedelta(milliseconds=201)) is True
    assert [bucket.take(NOW + timedelta(hours=1)) for _ in range(6)] == [True] * 5 + [False]


@given(st.lists(st.floats(0, 2, allow_nan=False), max_size=100))
def test_never_more_than_the_rate_and_one_burst(gaps: list[float]) -> None:
    bucket, now, taken = TokenBucket(5), NOW, 0
    for gap in gaps:
        now += timedelta(seconds=gap)
        taken += bucket.take(now)
    assert taken <= 5 + 5 * (now - NOW).total_seconds() + 1e-6


def test_a_clock_that_goes_backwards_adds_no_tokens() -> None:
    bucket = TokenBucket(1)
    assert bucket.take(NOW)
    assert not bucket.take(NOW - timedelta(hours=1))
    assert bucket.take(NOW - timedelta(hours=1) + timedelta(seconds=1))
