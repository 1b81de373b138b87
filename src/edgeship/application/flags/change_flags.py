"""Change flags: by a reviewed file, or one at a time. Nothing is applied unless the whole set would be valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgeship.application.flags.check_set import check_set
from edgeship.application.flags.ports import CheckRoutes, FlagState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.flags.logic.references import references_in
from edgeship.domain.flags.records.flag_record import (
    EVALUATORS_KEY,
    SEGMENTS_KEY,
    SHARED_KEYS,
    Document,
    FlagChange,
    FlagRecord,
    changes,
    write,
)
from edgeship.domain.flags.segments import with_affected

_FLAGS_A_TRANSACTION = 40
"""A transaction holds 100 items, and a flag takes two: its record and its event."""
_BYTES_A_TRANSACTION = 3 * 1024 * 1024
"""Of the 4 MB that a transaction holds.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""


@dataclass(frozen=True)
class FlagsFile:
    """A set of flags by key, with the evaluators and the segments that they share."""

    flags: Mapping[str, Document]
    evaluators: Mapping[str, Any]
    segments: Mapping[str, Any] = field(default_factory=dict)

    def documents(self) -> dict[str, Document]:
        evaluators: dict[str, Document] = {EVALUATORS_KEY: self.evaluators} if self.evaluators else {}
        segments: dict[str, Document] = {SEGMENTS_KEY: {"segments": self.segments}} if self.segments else {}
        return {**self.flags, **evaluators, **segments}


@dataclass(frozen=True)
class ChangeFlags:
    state: FlagState
    check_routes: CheckRoutes
    pause: Pause

    def apply(self, file: FlagsFile, occasion: Occasion, *, prune: bool, dry_run: bool) -> list[FlagChange]:
        """Apply a file's flags; flags that it does not name stay, unless `prune`.

        A file with more than 40 changed flags is written in several transactions. If a run dies between them, run it
        again.

        Raises:
            FlagsRefused: `flags_invalid`, with every problem.
            Refused: `flag_required`: flags that stay require one that goes, or a variant of it. `flags_too_large`: the
                bulk answer, or the snapshot of all flags, could pass its limit; it names the heaviest flags.
                `flag_not_routable`: a flag that routes a channel could not any more.
        """

        def desired(before: Mapping[str, Document]) -> dict[str, Document]:
            return file.documents() if prune else {**before, **file.documents()}

        return retry_conflict(lambda: self._change(desired, occasion, dry_run=dry_run), self.pause)

    def add(self, file: FlagsFile, occasion: Occasion, *, dry_run: bool) -> list[FlagChange]:
        """Add another team's flags: those that the file does not name stay as they are, with what they answer. The
        file's evaluators are added to those that there are, by name.

        Raises:
            FlagsRefused, Refused: as `apply`; `evaluators_conflict`: an evaluator of this name is another rule, and
                flags that the file does not name refer to it.
        """

        def desired(before: Mapping[str, Document]) -> dict[str, Document]:
            known = before.get(EVALUATORS_KEY, {})
            _check_evaluators(before, known, file)
            merged = {**known, **file.evaluators}
            return {**before, **file.flags, **({EVALUATORS_KEY: merged} if merged else {})}

        return retry_conflict(lambda: self._change(desired, occasion, dry_run=dry_run), self.pause)

    def edit(
        self,
        key: str,
        edit: Callable[[Document | None], Document | None],
        occasion: Occasion,
        *,
        dry_run: bool = False,
    ) -> list[FlagChange]:
        """Change one flag; `edit` gets its document, or None, and returns the new one, or None to delete it. It is
        called again after a race: what it refuses is never overwritten.

        Raises:
            FlagsRefused, Refused: as `apply`, and what `edit` raises.
        """

        def desired(before: Mapping[str, Document]) -> dict[str, Document]:
            after = {**before}
            document = edit(after.pop(key, None))
            return after if document is None else {**after, key: document}

        return retry_conflict(lambda: self._change(desired, occasion, dry_run=dry_run), self.pause)

    def _change(
        self, desired: Callable[[Mapping[str, Document]], dict[str, Document]], occasion: Occasion, *, dry_run: bool
    ) -> list[FlagChange]:
        records = {record.key: record for record in self.state.flags()}
        before = {key: record.document for key, record in records.items() if record.document is not None}
        after = desired(before)
        found = with_affected(changes(before, after), before, after)
        check_set(before, after, found)
        self.check_routes(before, after, found, occasion.environment)
        if not dry_run:
            for part in _parts(found):
                written = [write(records.get(change.key, FlagRecord(change.key)), change, occasion) for change in part]
                self.state.commit(Transaction(puts=tuple(r for r, _ in written), events=tuple(e for _, e in written)))
        return found


def _check_evaluators(before: Mapping[str, Document], known: Mapping[str, Any], file: FlagsFile) -> None:
    for name, rule in file.evaluators.items():
        if name not in known or json.dumps(known[name]) == json.dumps(rule):
            continue
        affected = [
            key
            for key, document in before.items()
            if key not in SHARED_KEYS and key not in file.flags and name in references_in(document.get("targeting"))
        ]
        if affected:
            raise Refused(
                "evaluators_conflict",
                f"The evaluator {name!r:.80} is another rule already, and flags refer to it: {', '.join(affected)}.",
                "Give the file's evaluator another name, or import the flags of both in one file.",
            )


def _parts(found: Sequence[FlagChange]) -> Iterator[list[FlagChange]]:
    """The changes, as many at a time as one transaction takes."""
    part: list[FlagChange] = []
    size = 0
    for change in found:
        took = sum(len(json.dumps(document)) for document in (change.old, change.new, change.new))
        if part and (len(part) == _FLAGS_A_TRANSACTION or size + took > _BYTES_A_TRANSACTION):
            yield part
            part, size = [], 0
        part.append(change)
        size += took
    if part:
        yield part
