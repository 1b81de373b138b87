"""The faults of what flags require of each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from edgeship.domain.flags.evaluation.prerequisites import MAX_DEPTH, too_deep
from edgeship.domain.json_pointer import under

Problem = tuple[str, str]
Documents = Mapping[str, Any]


def requires_of(document: object) -> Mapping[str, Any]:
    """What a document requires; nothing, if that is malformed."""
    requires = document.get("requires") if isinstance(document, Mapping) else None
    return requires if isinstance(requires, dict) else {}


def requires_problems(documents: Documents, places: Mapping[str, str], *, complete: bool) -> Iterator[Problem]:
    """Every problem in what some flags require.

    Args:
        documents: the flags by key, which may hold anything.
        places: the flags to check, and the JSON pointer of each.
        complete: whether there are no other flags, so that one that is not among them does not exist.
    """
    requires = {key: list(found) for key, document in documents.items() if (found := requires_of(document))}
    deep = too_deep(requires)
    cycles: set[frozenset[str]] = set()
    for key, place in places.items():
        at = under(place, "requires")
        for other, variant in requires_of(documents.get(key)).items():
            if other in documents:
                yield from _variant_problems(under(at, other), other, variant, documents[other])
            elif complete:
                yield under(at, other), f"there is no flag {other!r:.80}"
        cycle = _cycle(requires, key) if key in deep else None
        if cycle is None and key in deep:
            yield at, f"is a chain of more than {MAX_DEPTH} flags, or comes to flags that require themselves"
        elif cycle is not None and frozenset(cycle) not in cycles:
            cycles.add(frozenset(cycle))
            yield at, f"goes round: {' requires '.join([*cycle, key]):.300}"


def dependents(documents: Documents, key: str, variants: Collection[str]) -> list[str]:
    """The flags that require one of these variants of flag `key`."""
    return [
        other
        for other, document in documents.items()
        if key in (requires := requires_of(document)) and requires[key] in variants
    ]


def _variant_problems(place: str, other: str, variant: object, document: object) -> Iterator[Problem]:
    variants = document.get("variants") if isinstance(document, Mapping) else None
    if isinstance(variant, str) and isinstance(variants, dict) and variant not in variants:
        yield place, f"{variant!r:.80} is not one of the variants of {other!r:.80}"


def _cycle(requires: Mapping[str, list[str]], start: str) -> list[str] | None:
    """The shortest way from a flag back to itself, without the last step."""
    before: dict[str, str] = {}
    queue = [start]
    for at in queue:
        for other in requires.get(at, ()):
            if other == start:
                path = [at]
                while path[-1] != start:
                    path.append(before[path[-1]])
                return path[::-1]
            if other not in before:
                before[other] = at
                queue.append(other)
    return None
