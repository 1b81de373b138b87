"""Try again when somebody else's write came first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from edgeship.application.ports import Pause
from edgeship.domain.errors import Conflict

T = TypeVar("T")

ATTEMPTS = 60
"""Enough for 50 writers of one record; one of them wins each round."""


def retry_conflict(attempt: Callable[[], T], pause: Pause) -> T:
    """Run `attempt`, which reads and decides again each time, until there is no conflict.

    Raises:
        Conflict: after `ATTEMPTS` lost races.
    """
    for number in range(1, ATTEMPTS):
        try:
            return attempt()
        except Conflict:
            pause(number)
    return attempt()
