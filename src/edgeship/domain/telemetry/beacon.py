"""A beacon: what one page view reports of one release, checked; and how its messages are cleaned and grouped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from edgeship.domain.telemetry.chunk_failures import chunk_failures, is_chunk_failure
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.version import Version

MAX_LENGTH = 7_000
"""Characters of a beacon's JSON."""
MAX_ERRORS = 10
"""Messages in one beacon."""
MAX_SESSION_AGE = 7 * 24 * 3600
"""Seconds; CloudWatch takes metrics of the last two weeks
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html)."""
MAX_MESSAGE_LENGTH = 200
"""Characters."""
MAX_FRAMES = 5
"""Of an error: those of the widget's own files, the one that threw first."""
MAX_FRAME_LENGTH = 220
"""Characters of `path:line:column`."""

_GROUPED = 2
_FNV_OFFSET = 0x811C9DC5
_FNV_PRIME = 0x01000193
_DIGITS = re.compile("[0-9]+")
# Controls (Cc), line and paragraph separators, and characters that change the text's direction: messages are shown in
# terminals.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Refusal(StrEnum):
    """Why a beacon is refused. Only these codes are logged, nothing else of the beacon."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_JSON = "not_json"
    INVALID = "invalid"
    UNKNOWN_RELEASE = "unknown_release"
    NO_REGISTRY = "no_registry"
    """No release is known yet: the snapshot has never been read."""


class Loss(StrEnum):
    """A metric of what telemetry lost; its one dimension is the environment."""

    BEACONS_REFUSED = "BeaconsRefused"
    ERRORS_NOT_KEPT = "ErrorsNotKept"
    """Counted among the release's errors, but not in its book of messages."""


@dataclass(frozen=True)
class ReportedError:
    """A message, in the browser's words, and how often it came since the last beacon.

    `frames` are `path:line:column`, counted from 1, below the release's folder in the spelling of URLs; none from older
    clients, and for what does not load.
    """

    message: str
    count: int
    frames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beacon:
    """`page_view` and `number` identify it: a beacon that arrives twice has the same two.

    `load_latency` is in milliseconds, `memory` in megabytes: how much the page's heap has grown since before the widget
    was loaded. None when the beacon has none. `session_age` is seconds from the session's first beacon to the one with
    which it fails. `token` is what the edge gave the page view, if it has one. `channel` is the one in the entrypoint's
    URL; empty where the page names a version or a range, and from older clients.
    """

    widget: str
    version: Version
    page_view: str
    number: int
    starts_session: bool = False
    fails_session: bool = False
    errors: tuple[ReportedError, ...] = ()
    load_latency: float | None = None
    memory: float | None = None
    session_age: int = 0
    token: str | None = None
    channel: str = ""
    custom_metrics: tuple[tuple[str, float], ...] = ()
    """Names and values, as the page tracked them."""

    @property
    def id(self) -> str:
        return f"{self.page_view}-{self.number}"

    @property
    def error_count(self) -> int:
        return sum(error.count for error in self.errors)

    def values_of(self, custom_metric: str) -> tuple[float, ...]:
        """The values of one custom metric."""
        return tuple(value for name, value in self.custom_metrics if name == custom_metric)

    @property
    def chunk_failures(self) -> int:
        return chunk_failures(self.widget, ((error.message, error.count) for error in self.errors))

    @property
    def fails_by_chunks(self) -> bool:
        """Whether the session fails with it, and everything that failed is a part of the release that did not load."""
        return self.fails_session and all(is_chunk_failure(self.widget, error.message) for error in self.errors)

    def earlier_values(self) -> dict[Metric, float]:
        """The values that it adds to the metrics of the time in which its session began: that it failed."""
        return self._failed() if self.session_age else {}

    def _failed(self) -> dict[Metric, float]:
        failed = {
            Metric.FAILED_SESSIONS: int(self.fails_session),
            Metric.CHUNK_FAILED_SESSIONS: int(self.fails_by_chunks),
        }
        return {metric: count for metric, count in failed.items() if count}

    def unverified_values(self) -> dict[Metric, float]:
        """The values that it adds to the metrics of now when nothing shows that a page view sent it."""
        counts = {
            Metric.UNVERIFIED_SESSIONS: int(self.starts_session),
            Metric.UNVERIFIED_FAILED_SESSIONS: int(self.fails_session),
        }
        return {metric: count for metric, count in counts.items() if count}

    def metric_values(self) -> dict[Metric, float]:
        """The values that it adds to the release's metrics of now, without counts of zero."""
        counts = {
            Metric.SESSIONS: int(self.starts_session),
            Metric.ERRORS: self.error_count,
            Metric.CHUNK_FAILURES: self.chunk_failures,
        }
        values: dict[Metric, float] = {metric: count for metric, count in counts.items() if count}
        values |= {} if self.session_age else self._failed()
        if self.load_latency is not None:
            values[Metric.LOAD_LATENCY] = self.load_latency
        if self.memory is not None:
            values[Metric.MEMORY] = self.memory
        return values


def printable(message: str) -> str:
    """The message with a space for every character that could move a terminal's cursor or reorder its text."""
    return _UNPRINTABLE.sub(" ", message)


def fingerprint(message: str, frames: Sequence[str] = ()) -> str:
    """The same 8 hex digits for all messages that differ only in their numbers, and were thrown at the same place.

    The place is what the first two frames say: the file that throws and its caller. Without frames it is the message's
    alone, as in books of older versions.

    FNV-1a of 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), a step for each UTF-16 code unit, as JavaScript's
    charCodeAt gives them, of the message with "#" for every run of ASCII digits.
    """
    place = "".join(f"\n{frame}" for frame in frames[:_GROUPED])
    encoded = (_DIGITS.sub("#", message) + place).encode("utf-16-le", "surrogatepass")
    value = _FNV_OFFSET
    for low, high in zip(encoded[::2], encoded[1::2], strict=True):
        value = ((value ^ (low | high << 8)) * _FNV_PRIME) & 0xFFFFFFFF
    return f"{value:08x}"
