"""The faults of a flags file: all of them at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeship.domain.flags.records.flag_record import EVALUATORS_KEY
from edgeship.domain.flags.validation.validate_flag import flag_problems
from edgeship.domain.flags.validation.validate_layers import exclusion_problems
from edgeship.domain.flags.validation.validate_logic import logic_problems
from edgeship.domain.flags.validation.validate_requires import requires_problems
from edgeship.domain.flags.validation.validate_segments import segments_problems
from edgeship.domain.flags.validation.validate_size import size_problems
from edgeship.domain.json_pointer import under
from edgeship.domain.strict_json import value_problems

Problem = tuple[str, str]
"""A JSON pointer and the fault there, as text for people."""

FIELDS = ("$schema", "flags", "evaluators", "segments")


def problems(document: object) -> list[Problem]:
    """Every problem of a flags file: `{"flags": [flag...] | {key: flag}, "evaluators": {name: rule},
    "segments": {name: segment}}`.

    An empty list means that `flag_documents` can take it, and `snapshot_entry` each of its flags.
    """
    # What follows may take for granted that the document is JSON, and can be written.
    return list(value_problems("", document)) or list(_problems(document))


def flag_documents(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The flags of a file without problems, each with its `key`, in the file's order."""
    flags = document.get("flags", [])
    return [{"key": key, **flag} for key, flag in flags.items()] if isinstance(flags, dict) else flags


def _problems(document: object) -> Iterator[Problem]:
    if not isinstance(document, dict):
        yield "", "a flags file is an object with 'flags'"
        return
    for field in document:
        if field not in FIELDS:
            yield under("", field), f"unknown field; known are {', '.join(FIELDS)}"
    evaluators = document.get("evaluators", {})
    if not isinstance(evaluators, dict):
        yield "/evaluators", "is not an object"
        evaluators = {}
    yield from size_problems("/evaluators", EVALUATORS_KEY, evaluators)
    for name, rule in evaluators.items():
        yield from logic_problems(under("/evaluators", name), rule, None)
    segments = document.get("segments", {})
    yield from segments_problems("/segments", segments)
    segments = segments if isinstance(segments, dict) else {}
    flags = document.get("flags")
    places = _places(flags)
    documents = {key: flag for key, (_, flag) in places.items()}
    at = {key: place for key, (place, _) in places.items()}
    yield from requires_problems(documents, at, complete=False)
    yield from exclusion_problems(documents, at)
    if isinstance(flags, dict):
        for key, flag in flags.items():
            yield from _flag_by_key(under("/flags", key), key, flag, evaluators, segments)
    elif isinstance(flags, list):
        yield from _flags_in_list(flags, evaluators, segments)
    else:
        yield "/flags", "is missing" if flags is None else "is neither a list nor an object"


def _places(flags: object) -> dict[str, tuple[str, Any]]:
    """Each flag by its key, with its place."""
    if isinstance(flags, dict):
        return {key: (under("/flags", key), flag) for key, flag in flags.items()}
    known = enumerate(flags) if isinstance(flags, list) else ()
    return {
        flag["key"]: (under("/flags", index), flag)
        for index, flag in known
        if isinstance(flag, dict) and isinstance(flag.get("key"), str)
    }


def _flag_by_key(
    place: str, key: str, flag: object, evaluators: dict[str, Any], segments: dict[str, Any]
) -> Iterator[Problem]:
    if isinstance(flag, dict):
        if flag.get("key", key) != key:
            yield under(place, "key"), f"differs from the name {key!r:.80} that the flag has here"
        flag = {**flag, "key": key}
    yield from flag_problems(place, flag, evaluators, segments)


def _flags_in_list(flags: list[Any], evaluators: dict[str, Any], segments: dict[str, Any]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, flag in enumerate(flags):
        place = under("/flags", index)
        yield from flag_problems(place, flag, evaluators, segments)
        key = flag.get("key") if isinstance(flag, dict) else None
        if isinstance(key, str) and first.setdefault(key, index) != index:
            yield under(place, "key"), f"{key!r:.80} is the key of /flags/{first[key]} already"
