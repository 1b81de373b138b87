"""What the use cases of every feature need from outside; each feature has more in its own `ports`.

Every method that reads the table reads it strongly consistently, but for `watched`. Every method that writes may be
called twice with the same arguments and leaves the same state as once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Clock = Callable[[], datetime]
"""The time, aware, in UTC."""

Pause = Callable[[int], None]
"""Wait after attempt n (1, 2, …) has lost a race."""

Sleep = Callable[[float], None]
"""Wait so many seconds."""

Report = Callable[[str, Exception], None]
"""Report to the operators an error that the answer does not depend on: what failed, and why."""


class Web(Protocol):
    """The CDN as a browser sees it."""

    def get(self, path: str, query: str = "") -> WebAnswer:
        """GET a path, with a query that is encoded already; any status is an answer.

        Raises:
            OSError: there was no answer.
        """


@dataclass(frozen=True)
class WebAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes
