"""Change flags: by a reviewed file, or one at a time. Nothing is applied unless the whole set would be valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeship.application.flags.ports import CheckRoutes, FlagState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.flags.bulk_size import bulk_size
from edgeship.domain.flags.flag_record import EVALUATORS_KEY, Document, FlagChange, FlagRecord, changes, write
from edgeship.domain.flags.flag_sets import flag_sets, with_required
from edgeship.domain.flags.flags_snapshot import entries_of, snapshot_size
from edgeship.domain.flags.logic.jsonlogic import NODE_STEPS
from edgeship.domain.flags.logic.references import references_in
from edgeship.domain.flags.snapshot_limits import MAX_GZIPPED_BYTES, MAX_RAW_BYTES
from edgeship.domain.flags.validation.validate import problems
from edgeship.domain.flags.validation.validate_logic import logic_parts
from edgeship.domain.flags.validation.validate_requires import dependents, requires_problems
from edgeship.domain.flags.work import MAX_STEPS
from edgeship.domain.json_pointer import under

MAX_BULK_BYTES = 38 * 1024
"""A response generated at viewer-request has at most 40 KB, headers included; the headers get 2 KB.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html"""

MAX_LOGIC_PARTS = MAX_STEPS * 3 // 4 // NODE_STEPS
"""Of the targeting of all public flags in a set."""

_HEAVIEST_SHOWN = 5
_FLAGS_A_TRANSACTION = 40
"""A transaction holds 100 items, and a flag takes two: its record and its event."""
_BYTES_A_TRANSACTION = 3 * 1024 * 1024
"""Of the 4 MB that a transaction holds.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""


class FlagsRefused(Refused):
    """The set of flags would not be valid; `problems` lists each fault with its place."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        shown = "\n".join(f"  {place}: {message}" for place, message in found)
        super().__init__(
            "flags_invalid", f"The flags have {len(found)} faults; nothing was applied.\n{shown}", "Fix each of them."
        )
        self.problems = found


@dataclass(frozen=True)
class FlagsFile:
    """A set of flags by key, with the evaluators that their targeting shares."""

    flags: Mapping[str, Document]
    evaluators: Mapping[str, Any]

    def documents(self) -> dict[str, Document]:
        return {**self.flags, **({EVALUATORS_KEY: self.evaluators} if self.evaluators else {})}


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
        self, key: str, edit: Callable[[Document | None], Document | None], occasion: Occasion
    ) -> list[FlagChange]:
        """Change one flag; `edit` gets its document, or None, and returns the new one, or None to delete it.

        Raises:
            FlagsRefused, Refused: as `apply`, and what `edit` raises.
        """

        def desired(before: Mapping[str, Document]) -> dict[str, Document]:
            after = {**before}
            document = edit(after.pop(key, None))
            return after if document is None else {**after, key: document}

        return retry_conflict(lambda: self._change(desired, occasion, dry_run=False), self.pause)

    def _change(
        self, desired: Callable[[Mapping[str, Document]], dict[str, Document]], occasion: Occasion, *, dry_run: bool
    ) -> list[FlagChange]:
        records = {record.key: record for record in self.state.flags()}
        before = {key: record.document for key, record in records.items() if record.document is not None}
        after = desired(before)
        found = changes(before, after)
        _check(before, after, found)
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
            if key != EVALUATORS_KEY and key not in file.flags and name in references_in(document.get("targeting"))
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


def _check(before: Mapping[str, Document], after: Mapping[str, Document], found: Sequence[FlagChange]) -> None:
    """The changed flags are valid, and all together fit. What others hold, by an earlier version's rules, refuses
    nobody's change; nor does a set that was too large already, if it does not grow."""
    _check_required(after, found)
    faults = problems(_concerned(after, found))
    places = {change.key: under("/flags", change.key) for change in found if change.new is not None}
    faults += [fault for fault in requires_problems(_flags_of(after), places, complete=True) if fault not in faults]
    if faults:
        raise FlagsRefused(faults)
    _check_bulk_answer(entries_of(before), entries_of(after))
    _check_work(entries_of(before), entries_of(after))
    _check_snapshot(before, after)


def _flags_of(documents: Mapping[str, Document]) -> dict[str, Document]:
    return {key: document for key, document in documents.items() if key != EVALUATORS_KEY}


def _check_required(after: Mapping[str, Document], found: Sequence[FlagChange]) -> None:
    """No flag goes, or loses a variant, that flags require which stay as they are."""
    changed = {change.key for change in found}
    others = {key: document for key, document in _flags_of(after).items() if key not in changed}
    for change in found:
        was, now = (dict((document or {}).get("variants") or {}) for document in (change.old, change.new))
        requiring = dependents(others, change.key, was.keys() - now.keys())
        if requiring:
            what = "is deleted" if change.new is None else "loses a variant"
            raise Refused(
                "flag_required",
                f"Flag {change.key!r} {what}, and flags require it: {', '.join(requiring)}.",
                'Remove it from their "requires" first.',
            )


def _concerned(after: Mapping[str, Document], found: Sequence[FlagChange]) -> dict[str, Any]:
    """The changed flags as a file, with those that refer to a changed evaluator."""
    evaluators = after.get(EVALUATORS_KEY, {})
    keys = {change.key for change in found if change.new is not None}
    evaluated = next((change for change in found if change.key == EVALUATORS_KEY), None)
    if evaluated is None:
        evaluators = {
            name: rule for name, rule in evaluators.items() if not problems({"flags": {}, "evaluators": {name: rule}})
        }
    else:
        old, new = evaluated.old or {}, evaluated.new or {}
        changed = {name for name in old.keys() | new.keys() if json.dumps(old.get(name)) != json.dumps(new.get(name))}
        keys |= {key for key, document in after.items() if references_in(document.get("targeting")) & changed}
    flags = {key: document for key, document in after.items() if key in keys and key != EVALUATORS_KEY}
    return {"flags": flags, "evaluators": evaluators}


def _check_bulk_answer(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    for flag_set in flag_sets(after):
        size = bulk_size(after, flag_set)
        if size.total > MAX_BULK_BYTES and size.total > bulk_size(before, flag_set).total:
            raise Refused(
                "flags_too_large",
                f"A bulk answer{_of(flag_set)} could have {size.total:,} bytes; the CDN's limit leaves "
                f"{MAX_BULK_BYTES:,}. The heaviest flags are {_heaviest(size.flags)}.",
                'Give each widget\'s flags a "flag_set" of their own, shorten their values, or set "public": false on '
                "flags that browsers do not need.",
            )


def _check_work(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """One answer for all public flags leaves steps for what the context costs: see `edgeship.domain.flags.work`."""
    was = flag_sets(before)
    for flag_set, entries in flag_sets(after).items():
        parts = _logic_parts(with_required(entries, after))
        total = sum(parts.values())
        if total > MAX_LOGIC_PARTS and total > sum(_logic_parts(with_required(was.get(flag_set, {}), before)).values()):
            heaviest = sorted(parts, key=lambda key: (-parts[key], key))[:_HEAVIEST_SHOWN]
            raise Refused(
                "flags_too_large",
                f"The targeting of all public flags{_of(flag_set)} has {total:,} parts; one answer evaluates up to "
                f"{MAX_LOGIC_PARTS:,}. Most are in {', '.join(f'{key} ({parts[key]:,})' for key in heaviest)}.",
                'Give each widget\'s flags a "flag_set" of their own, use rules in place of targeting, or set '
                '"public": false on flags that browsers do not need.',
            )


def _of(flag_set: str | None) -> str:
    return "" if flag_set is None else f" of the flag set {flag_set}"


def _logic_parts(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    return {key: logic_parts(entry.get("targeting")) for key, entry in entries.items()}


def _check_snapshot(before: Mapping[str, Document], after: Mapping[str, Document]) -> None:
    """What passes, the edge can read and compile in time: see `snapshot_limits`."""
    size = snapshot_size(after)
    if size.raw <= MAX_RAW_BYTES and size.gzipped <= MAX_GZIPPED_BYTES:
        return
    was = snapshot_size(before)
    for bytes_, limit, how, known in (
        (size.raw, MAX_RAW_BYTES, "as JSON", was.raw),
        (size.gzipped, MAX_GZIPPED_BYTES, "gzipped", was.gzipped),
    ):
        if bytes_ > max(limit, known):
            raise Refused(
                "flags_too_large",
                f"The flags' snapshot would have {bytes_:,} bytes {how}; the edge reads up to {limit:,}. "
                f"The heaviest flags are {_heaviest(size.flags)}.",
                "Replace long lists of target users by a rule on an attribute, or delete flags that nothing uses.",
            )


def _heaviest(flags: Mapping[str, int]) -> str:
    return ", ".join(f"{key} ({weight:,} bytes)" for key, weight in list(flags.items())[:_HEAVIEST_SHOWN])
