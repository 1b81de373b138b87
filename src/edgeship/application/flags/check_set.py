"""Whether a set of flags may be stored: what changes is valid, and all together fit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from edgeship.domain.errors import Refused
from edgeship.domain.flags.bulk_size import bulk_size
from edgeship.domain.flags.flag_sets import flag_sets, with_required
from edgeship.domain.flags.flags_snapshot import entries_of, snapshot_size
from edgeship.domain.flags.logic.jsonlogic import NODE_STEPS
from edgeship.domain.flags.logic.references import references_in
from edgeship.domain.flags.records.flag_record import EVALUATORS_KEY, SEGMENTS_KEY, SHARED_KEYS, Document, FlagChange
from edgeship.domain.flags.segments import segments_of
from edgeship.domain.flags.snapshot_limits import MAX_GZIPPED_BYTES, MAX_RAW_BYTES
from edgeship.domain.flags.validation.validate import problems
from edgeship.domain.flags.validation.validate_layers import exclusion_problems
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


class FlagsRefused(Refused):
    """The set of flags would not be valid; `problems` lists each fault with its place."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        shown = "\n".join(f"  {place}: {message}" for place, message in found)
        super().__init__(
            "flags_invalid", f"The flags have {len(found)} faults; nothing was applied.\n{shown}", "Fix each of them."
        )
        self.problems = found


def check_set(before: Mapping[str, Document], after: Mapping[str, Document], found: Sequence[FlagChange]) -> None:
    """The changed flags are valid, and all together fit. What others hold, by an earlier version's rules, refuses
    nobody's change; nor does a set that was too large already, if it does not grow.

    Raises:
        FlagsRefused: `flags_invalid`. Refused: `flag_required`, `flags_too_large`.
    """
    _check_required(after, found)
    faults = problems(_concerned(after, found))
    places = {change.key: under("/flags", change.key) for change in found if change.new is not None}
    flags = _flags_of(after)
    between = [*requires_problems(flags, places, complete=True), *exclusion_problems(flags, places)]
    faults += [fault for fault in between if fault not in faults]
    if faults:
        raise FlagsRefused(faults)
    _check_bulk_answer(entries_of(before), entries_of(after))
    _check_work(entries_of(before), entries_of(after))
    _check_snapshot(before, after)


def _flags_of(documents: Mapping[str, Document]) -> dict[str, Document]:
    return {key: document for key, document in documents.items() if key not in SHARED_KEYS}


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
    """The changed flags as a file, with those that refer to a changed evaluator or segment."""
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
    segments = segments_of(after)
    shared = next((change for change in found if change.key == SEGMENTS_KEY), None)
    if shared is None:
        segments = {
            name: segment
            for name, segment in segments.items()
            if not problems({"flags": {}, "segments": {name: segment}})
        }
    else:
        keys |= set(shared.affects)
    flags = {key: document for key, document in after.items() if key in keys and key not in SHARED_KEYS}
    return {"flags": flags, "evaluators": evaluators, "segments": segments}


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
