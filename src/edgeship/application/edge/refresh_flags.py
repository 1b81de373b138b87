"""Bring the flags' snapshot, and its copies in other Regions, up to the table."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from edgeship.application.edge.ports import FlagSnapshots, FlagsUnreachable
from edgeship.application.flags.ports import FlagState
from edgeship.application.ports import Clock, Pause, Report
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.errors import Conflict
from edgeship.domain.flags.flags_snapshot import decode, encode, left_out_of, next_flags, writable_flags


class Unwritable(Exception):
    """A flag can't be brought to the edge; the message says why."""


@dataclass(frozen=True)
class RefreshFlags:
    """`home` is written from the table, `copies` from `home`. Each write replaces what was read *before* its source:
    of two that overlap, the later writer has also read the source later, so nothing becomes older.

    A flag that can't be written is reported and left out; the others are written. A copy that can't be written is
    reported and left: the next change, or `repair`, writes it.
    """

    state: FlagState
    home: FlagSnapshots
    copies: Sequence[FlagSnapshots]
    clock: Clock
    pause: Pause
    report: Report

    def __call__(self) -> None:
        """After flags have changed.

        Raises:
            FlagsUnreachable: home could not be written. Conflict: others were quicker, again and again.
        """
        retry_conflict(self._refresh_home, self.pause)
        self._copy()

    def repair(self) -> int:
        """Make home again if it is missing or damaged, and each copy that is not the same as home; returns how many
        flags home leaves out.

        For every minute: it reads home, and of a copy that is right its ETag alone; it does not read the table.

        Raises:
            FlagsUnreachable, Conflict: as above.
        """
        content = decode(self.home.read().body)
        if content is None:
            retry_conflict(self._refresh_home, self.pause)
            content = decode(self.home.read().body)
        self._copy()
        return len(left_out_of(content)) if content is not None else 0

    def _refresh_home(self) -> None:
        stored = self.home.read()
        flags = writable_flags(self.state.flags())
        content = next_flags(decode(stored.body), flags.entries, int(self.clock().timestamp()), flags.left_out)
        if content is not None:
            for key, reason in flags.left_out.items():
                self.report(f"flag {key:.128} is left out of the edge's snapshot", Unwritable(reason))
            self.home.write(encode(content), stored.etag)

    def _copy(self) -> None:
        """All at a time: a Region that does not answer holds the others up for no longer than its own time limit."""
        if self.copies:
            with ThreadPoolExecutor(len(self.copies)) as pool:
                list(pool.map(self._copy_to, self.copies))

    def _copy_to(self, copy: FlagSnapshots) -> None:
        def attempt() -> None:
            etag = copy.etag()
            home = self.home.read()
            if etag != home.etag and home.etag is not None:
                copy.write(home.body, etag)

        try:
            retry_conflict(attempt, self.pause)
        except (FlagsUnreachable, Conflict) as fault:
            self.report(f"the copy of the flags in {copy.region} was not written", fault)
