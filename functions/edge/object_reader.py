"""One object of S3, asked for over one kept connection."""

from __future__ import annotations

from functions.edge.http_get import HttpGetter
from functions.edge.sigv4 import sign_get

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.edge.http_answer import Answer
    from functions.edge.object_address import ObjectAddress
    from functions.edge.sigv4 import Credentials

IDLE_SECONDS = 20.0
"""S3 hangs up on a connection that is idle for longer, and a function that stands still does not notice: to try such a
one first would cost a part of the second that a request may wait."""


class ObjectReader:
    """`region` is that of the bucket; `now` is in seconds since the epoch.

    One thread at a time may be in `get`, but for one that was abandoned.
    """

    def __init__(
        self, region: str, address: ObjectAddress, credentials: Credentials, seconds: float, now: Callable[[], float]
    ) -> None:
        self.region = region
        self._address = address
        self._credentials = credentials
        self._now = now
        self._used_at = 0.0
        self._getter = HttpGetter(address.host, address.port, tls=address.tls, seconds=seconds)

    def get(self, etag: str | None, seconds: float) -> Answer:
        """Ask for another version than the one with this ETag.

        Raises:
            NoAnswer: none came within so many seconds.
        """
        address, getter, now = self._address, self._getter, self._now()
        if not 0 <= now - self._used_at <= IDLE_SECONDS:
            getter.close()
        self._used_at = now
        headers = {"host": address.authority}
        if etag:
            headers["if-none-match"] = etag
        return getter.get(address.path, sign_get(address.path, headers, self._credentials, self.region, now), seconds)

    def abandon(self) -> None:
        """Let the `get` that another thread may be in end without an answer; the next one connects again."""
        self._getter = self._getter.abandon()

    def close(self) -> None:
        """Hang up."""
        self._getter.close()
