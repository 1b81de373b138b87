"""The routes in hand: read from S3 when they may have changed, kept for as long as they can't be.

- within `freshness_seconds` of a read there is no other, whatever it brought; within `URGENT_SECONDS` when no routes
  are in hand, or when a request names what the routes in hand don't know and may have come into being since
- a read that brought no answer has cost a viewer time: each further one in a row waits twice as long for the next,
  up to `MAX_BACKOFF_SECONDS`. Any answer, of whatever status, comes quickly and ends that
- only a well-formed snapshot replaces the routes in hand; without one the last good ones stay
- the revision doesn't go back, except for good: S3 reads are strongly consistent, so an older revision was put there
  on purpose, by an operator's restore or by a rebuild after the object was deleted, or by a mistake that its writer
  repairs at once. It is taken when it still stands after `RESTORE_SECONDS`; refusing it for ever would leave
  long-lived functions deaf to rollbacks
"""

from __future__ import annotations

import json

from edgeship.domain.edge.routing import Routes, SnapshotInvalid
from functions.edge.http_answer import Answer, NoAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BACKOFF_SECONDS = 30.0
RESTORE_SECONDS = 30.0
URGENT_SECONDS = 1.0


class SnapshotSource:
    """`fetch` takes the ETag in hand and asks for another version; `now` is in seconds since the epoch.

    The wall clock is used because a monotonic one may stand still while the function is frozen. `log` takes one line
    and gets one whenever the trouble with the snapshot changes, not one for every read.
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Answer],
        now: Callable[[], float],
        freshness_seconds: float,
        log: Callable[[str], None],
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._freshness = freshness_seconds
        self._log = log
        self._routes: Routes | None = None
        self._etag: str | None = None
        self._read_at = 0.0
        self._next_read_at = 0.0
        self._unanswered = 0
        self._older_since: float | None = None
        self._trouble = ""

    def routes(self, *, urgent: bool = False) -> Routes | None:
        """The newest routes that may be had now; None when there have never been any."""
        hurry = (urgent or self._routes is None) and not self._unanswered
        next_read_at = min(self._next_read_at, self._read_at + URGENT_SECONDS) if hurry else self._next_read_at
        # A clock that was set back must not stop the reading.
        if not self._read_at <= self._now() < next_read_at:
            self._read()
        return self._routes

    def _read(self) -> None:
        self._wait(self._freshness)
        try:
            answer = self._fetch(self._etag)
        except NoAnswer as no_answer:
            self._unanswered += 1
            self._wait(min(self._freshness * 2 ** min(self._unanswered - 1, 16), MAX_BACKOFF_SECONDS))
            self._report(f"no answer ({no_answer})")
            return
        self._unanswered = 0
        self._wait(self._freshness)
        self._report(self._take(answer))

    def _wait(self, seconds: float) -> None:
        self._read_at = self._now()
        self._next_read_at = self._read_at + seconds

    def _take(self, answer: Answer) -> str:
        """Take the answer's routes over if they are good; what the trouble is if they aren't."""
        if answer.status == 304 and self._routes is not None:
            self._older_since = None
            return ""
        if answer.status != 200:
            return f"status {answer.status}"
        try:
            routes = Routes(json.loads(answer.body))
        except (ValueError, RecursionError, SnapshotInvalid) as error:
            return f"malformed ({type(error).__name__}: {error})"
        if self._routes is not None and routes.revision < self._routes.revision:
            if self._older_since is None or self._read_at < self._older_since:
                self._older_since = self._read_at
            if self._read_at - self._older_since < RESTORE_SECONDS:
                return f"revision {routes.revision} is older than {self._routes.revision} in hand"
        self._older_since = None
        self._routes = routes
        self._etag = answer.headers.get("etag")
        return ""

    def _report(self, trouble: str) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if not trouble:
            self._log("snapshot: read again")
            return
        kept = "none in hand" if self._routes is None else f"revision {self._routes.revision} stays in use"
        self._log(f"snapshot: {trouble}; {kept}")
