"""What the use cases of every feature need from outside; each feature has more in its own `ports`.

Every method that reads the table reads it strongly consistently, but for `watched`. Every method that writes may be
called twice with the same arguments and leaves the same state as once.
"""

from __future__ import annotations

import math
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

Left = Callable[[], float]
"""The seconds until the work must have ended."""


def no_end() -> float:
    """Of work that may take as long as it takes."""
    return math.inf


Report = Callable[[str, Exception], None]
"""Report to the operators an error that the answer does not depend on: what failed, and why."""


BODY_KEPT = 1024 * 1024
"""Bytes of an answer that are held: a file of a release may have hundreds of megabytes."""


class Web(Protocol):
    """The CDN as a browser sees it."""

    def get(self, path: str, query: str = "", taken: str = "") -> WebAnswer:
        """GET a path, with a query that is encoded already; any status is an answer. What leads to another path of the
        CDN is followed once, as a browser follows it. `taken` are the content codings that the viewer takes (one of
        edgeship.domain.naming.TAKEN); the answer's bytes are as they came.

        Raises:
            OSError: there was no answer.
        """


@dataclass(frozen=True)
class WebAnswer:
    """Names of headers are in lower case. `body` has the first `BODY_KEPT` bytes, and `sha256` is that of all, in hex.
    `led_by` is the answer of a moving path that led to this one."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sha256: str
    led_by: WebAnswer | None = None

    @property
    def leads_to(self) -> str | None:
        """The URL reference of a redirect, or of what a script leads to; None for an answer that is all there is."""
        if self.status == 302:
            return self.headers.get("location")
        return self.headers.get("x-edgeship-location") if self.status == 200 else None
