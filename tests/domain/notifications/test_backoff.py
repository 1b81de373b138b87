from __future__ import annotations

import pytest

from edgeship.domain.notifications.backoff import backoff


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 15), (2, 30), (3, 60), (6, 480), (7, 900), (8, 900), (10_000, 900)]
)
def test_it_doubles_up_to_a_quarter_of_an_hour(attempt: int, longest: float) -> None:
    assert backoff(attempt, 1.0) == longest
    assert backoff(attempt, 0.5) == longest * 3 / 4
    assert backoff(attempt, 0.0) == longest / 2
