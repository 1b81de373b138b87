"""The flags in hand: refreshed beside the answers, waited for only when they are too old.

- younger than `freshness_seconds`: they answer, and nothing is read
- younger than `most_age`: they answer, and a thread reads beside the answer, never two at a time
- older, or none in hand: the request waits for a read, for up to `timeout_seconds`; after that, old ones still answer

A function stands still between two requests, and with it the thread. So:

- flags are as old as the *beginning* of the read that confirmed them: an answer that was sent for long ago, and is read
  when the function wakes up, makes nothing fresh
- a read beside the answers has time until its result would be too old, so that an answer that lies in the socket when
  the function wakes up still counts
- a request that has to wait does not rely on a read that began more than `timeout_seconds` ago, whose connection may be
  dead: it abandons it and reads by itself. What an abandoned read brings is ignored

A waited read that brought no answer has cost a viewer time: each further one in a row waits twice as long for the next,
up to `MAX_BACKOFF_SECONDS`; reads beside the answers go on.

Readers are asked in their order, the nearest copy first, and the last is home. The revision doesn't go back, except for
good: home's older revision is taken when it still stands after `RESTORE_SECONDS` (an operator's restore); a copy's is
never taken, for it has missed a write.
"""

from __future__ import annotations

import _thread

from functions.edge.flag_snapshot import SnapshotInvalid
from functions.edge.http_answer import NoAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from edgeship.domain.flags.evaluation.compile_flags import Flags
    from functions.edge.flag_snapshot import Entries
    from functions.edge.http_answer import Answer

    class Reader(Protocol):
        """`functions.edge.object_reader.ObjectReader`."""

        region: str

        def get(self, etag: str | None, seconds: float) -> Answer: ...

        def abandon(self) -> None: ...

    Unpack = Callable[[bytes], tuple[int, Entries]]
    Compile = Callable[[Entries], Flags]

MAX_BACKOFF_SECONDS = 30.0
RESTORE_SECONDS = 30.0
EMPTY_HANDED_SECONDS = 1.0
"""Between two waited reads that were answered, with none in hand."""
_NEAR_SHARE = 0.5
"""Of the time, for a copy: the rest is for a new connection to home."""
_NEAR_SECONDS = 10.0


class Held:
    """Flags in hand; `as_of` is when the read that confirmed them began."""

    __slots__ = ("as_of", "etag", "flags", "revision")

    def __init__(self, revision: int, flags: Flags, etag: str | None, as_of: float) -> None:
        self.revision = revision
        self.flags = flags
        self.etag = etag
        self.as_of = as_of


class _Reading:
    """A read under way: when it began, what was in hand then, and a lock that is free when it has ended."""

    __slots__ = ("began_at", "ended", "held")

    def __init__(self, began_at: float, held: Held | None) -> None:
        self.began_at = began_at
        self.held = held
        self.ended = _thread.allocate_lock()
        self.ended.acquire()


class FlagSource:
    """`unpack` and `compile_` make flags of an object's bytes, the second of those alone that are taken. `now` is in
    seconds since the epoch: the wall clock, for a monotonic one may stand still with the function. `log` gets one line
    whenever the trouble changes; `spawn` starts a thread.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        unpack: Unpack,
        compile_: Compile,
        now: Callable[[], float],
        *,
        freshness_seconds: float,
        most_age: float,
        timeout_seconds: float,
        log: Callable[[str], None],
        spawn: Callable[[Callable[[], object]], object] = lambda run: _thread.start_new_thread(run, ()),
    ) -> None:
        self._readers = readers
        self._unpack = unpack
        self._compile = compile_
        self._now = now
        self._freshness = freshness_seconds
        self._most_age = most_age
        self._timeout = timeout_seconds
        self._log = log
        self._spawn = spawn
        self._guard = _thread.allocate_lock()
        self._reading: _Reading | None = None
        self._held: Held | None = None
        self._began_at = 0.0
        self._waited_at = 0.0
        self._next_wait_at = 0.0
        self._unanswered = 0
        self._older_since: float | None = None
        self._trouble = ""

    def begin(self) -> None:
        """Begin the first read, beside whatever comes next."""
        self._read_beside(self._now())

    def flags(self) -> Flags | None:
        """The flags to answer from now; None when there have never been any."""
        now, held = self._now(), self._held
        age = self._most_age if held is None else now - held.as_of
        # A clock that was set back must not stop the reading.
        if age >= self._most_age and not self._waited_at <= now < self._next_wait_at:
            self._wait(now)
        elif not 0 <= age < self._freshness:
            self._read_beside(now)
        return None if self._held is None else self._held.flags

    def _read_beside(self, now: float) -> None:
        if self._reading is not None or 0 <= now - self._began_at < self._freshness:
            return
        reading = self._begin(now)
        try:
            self._spawn(lambda: self._run(reading, self._most_age))
        except RuntimeError as error:  # no thread to be had
            self._end(reading, None, str(error))

    def _wait(self, now: float) -> None:
        """Wait for the read that has just begun, or for one of its own: for up to `timeout_seconds` in all."""
        self._waited_at, self._next_wait_at = now, now + self._timeout
        reading, deadline = self._reading, now + self._timeout
        if reading is not None and 0 <= now - reading.began_at < self._timeout:
            if not reading.ended.acquire(timeout=deadline - now):
                return self._waited(answered=False)
            reading.ended.release()
            if self._held is not None and self._held.as_of >= reading.began_at:
                return self._waited(answered=True)
        reading = self._begin(self._now())
        return self._waited(answered=self._run(reading, deadline - reading.began_at))

    def _waited(self, *, answered: bool) -> None:
        self._unanswered = 0 if answered else self._unanswered + 1
        pause = EMPTY_HANDED_SECONDS if self._held is None else self._freshness
        if not answered:
            pause = min(self._freshness * 2 ** min(self._unanswered - 1, 16), MAX_BACKOFF_SECONDS)
        # Flags count from when their read began, and so does the pause after it.
        self._waited_at = self._began_at if answered else self._now()
        self._next_wait_at = self._waited_at + pause

    def _begin(self, now: float) -> _Reading:
        with self._guard:
            if self._reading is not None:
                for reader in self._readers:
                    reader.abandon()
                self._reading.ended.release()
            self._began_at = now
            self._reading = reading = _Reading(now, self._held)
        return reading

    def _run(self, reading: _Reading, seconds: float) -> bool:
        """Ask the readers until one brings good flags; whether any of them answered at all."""
        try:
            return self._ask(reading, seconds)
        except Exception as error:  # noqa: BLE001  a fault in reading is no reason not to answer from what is in hand
            self._end(reading, None, f"{type(error).__name__}: {error}")
            return True

    def _ask(self, reading: _Reading, seconds: float) -> bool:
        # At a cold start a request soon waits for this read, and home must have its share of that time.
        near_seconds = _NEAR_SECONDS if reading.held else self._timeout
        began, answered, troubles = self._now(), False, []
        for number, reader in enumerate(self._readers, 1):
            is_home = number == len(self._readers)
            left = max(seconds - (self._now() - began), 0.0)
            try:
                answer = reader.get(
                    reading.held.etag if reading.held else None,
                    left if is_home else min(left, near_seconds) * _NEAR_SHARE,
                )
            except NoAnswer as no_answer:
                troubles.append(f"{reader.region}: no answer ({no_answer})")
                continue
            answered = True
            held, trouble = self._taken(reading, answer, is_home=is_home)
            if trouble:
                troubles.append(f"{reader.region}: {trouble}")
            if held is not None:
                self._end(reading, held, "; ".join(troubles))
                return True
        self._end(reading, None, "; ".join(troubles))
        return answered

    def _taken(self, reading: _Reading, answer: Answer, *, is_home: bool) -> tuple[Held | None, str]:
        """The flags that an answer brings or confirms, or what the trouble with it is."""
        before = reading.held
        if answer.status == 304 and before is not None:
            return Held(before.revision, before.flags, before.etag, reading.began_at), ""
        if answer.status != 200:
            return None, f"status {answer.status}"
        try:
            revision, entries = self._unpack(answer.body)
        except SnapshotInvalid as invalid:
            return None, f"malformed ({invalid})"
        if before is not None and revision < before.revision and not (is_home and self._stands(reading.began_at)):
            return None, f"revision {revision} is older than {before.revision} in hand"
        return Held(revision, self._compile(entries), answer.headers.get("etag"), reading.began_at), ""

    def _stands(self, now: float) -> bool:
        """Whether home has had an older revision for long enough; this notes since when."""
        if self._older_since is None or now < self._older_since:
            self._older_since = now
        return now - self._older_since >= RESTORE_SECONDS

    def _end(self, reading: _Reading, held: Held | None, trouble: str) -> None:
        """Take what a read has brought, once; of one that was abandoned nothing is kept."""
        with self._guard:
            if self._reading is not reading:
                return
            self._reading = None
            if held is not None:
                self._held, self._older_since = held, None
            reading.ended.release()
            self._report(trouble)

    def _report(self, trouble: str) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        kept = "none in hand" if self._held is None else f"revision {self._held.revision} is in use"
        self._log(f"flags: {trouble}; {kept}" if trouble else "flags: read again")
