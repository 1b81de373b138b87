"""The faults of flags' layers: ranges that are none, and flags of one layer that do not exclude each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.bucketing import hundredths
from edgeship.domain.flags.validation.validate_split import MAX_BUCKETS_TEXT, buckets_problems
from edgeship.domain.json_pointer import under

Problem = tuple[str, str]


def layer_problems(place: str, layer: object) -> Iterator[Problem]:
    """Every problem of a flag's layer at `place`, a JSON pointer."""
    if layer is None:
        return
    if not isinstance(layer, dict):
        yield place, "is not an object with 'name', 'from' and 'to'"
        return
    for field in layer:
        if field not in ("name", "from", "to", "bucket_by"):
            yield under(place, field), "unknown field; known are name, from, to, bucket_by"
    name = layer.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_BUCKETS_TEXT:
        yield under(place, "name"), f"is not a string of 1 to {MAX_BUCKETS_TEXT} characters"
    yield from buckets_problems(place, {"bucket_by": layer.get("bucket_by")})
    ends = []
    for field in ("from", "to"):
        try:
            ends.append(hundredths(layer.get(field)))  # type: ignore[arg-type]
        except ValueError as fault:
            yield under(place, field), "is missing" if field not in layer else str(fault)
    if len(ends) == 2 and ends[0] >= ends[1]:
        yield under(place, "to"), "is not above 'from'"


@dataclass(frozen=True, order=True)
class _Range:
    """Hundredths of a per cent."""

    start: int
    end: int
    key: str
    bucket_by: str


def exclusion_problems(documents: Mapping[str, Any], places: Mapping[str, str]) -> Iterator[Problem]:
    """For each flag in `places`, one flag of its layer with which it does not exclude.

    Args:
        documents: the flags by key, which may hold anything.
        places: the flags to check, and the JSON pointer of each.
    """
    for ranges in _layers(documents).values():
        reaching: _Range | None = None
        for number, each in enumerate(ranges):
            following = ranges[number + 1] if number + 1 < len(ranges) else None
            # If it overlaps with any range, then with the one before it that ends last, or with the next one.
            for other in (reaching, following):
                if each.key in places and other is not None:
                    yield from _exclusion(under(places[each.key], "layer"), each, other, ranges[0])
            if reaching is None or each.end > reaching.end:
                reaching = each


def _exclusion(place: str, each: _Range, other: _Range, first: _Range) -> Iterator[Problem]:
    if max(each.start, other.start) < min(each.end, other.end):
        yield place, f"flags {each.key!r:.80} and {other.key!r:.80} overlap: {_shown(each)} and {_shown(other)}"
    elif each.bucket_by != first.bucket_by:
        yield (
            under(place, "bucket_by"),
            f"is {each.bucket_by!r:.80}, and that of {first.key!r:.80} is {first.bucket_by!r:.80}; a layer has one",
        )


def _shown(each: _Range) -> str:
    return f"{each.start / 100:g} to {each.end / 100:g} %"


def _layers(documents: Mapping[str, Any]) -> dict[str, list[_Range]]:
    """The ranges of each layer, by where they start; without those that have faults of their own."""
    found: dict[str, list[_Range]] = {}
    for key, document in documents.items():
        layer = document.get("layer") if isinstance(document, Mapping) else None
        if isinstance(layer, dict) and not list(layer_problems("", layer)):
            by = layer.get("bucket_by") or "targetingKey"
            each = _Range(hundredths(layer["from"]), hundredths(layer["to"]), key, by)
            found.setdefault(layer["name"], []).append(each)
    return {name: sorted(ranges) for name, ranges in found.items()}
