"""The faults of a split, and of how users get their buckets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeship.domain.bucketing import BUCKETS, hundredths
from edgeship.domain.flags.splits.positions import taken_from, weight_of
from edgeship.domain.json_pointer import under

Problem = tuple[str, str]

MAX_WEIGHTS = 2**31 - 1
"""What a split's weights may sum up to, as in flagd's `fractional`."""


MAX_BUCKETS_TEXT = 256
"""Characters of `bucket_by` and of `seed`."""


def buckets_problems(place: str, part: dict[str, Any]) -> Iterator[Problem]:
    """Every problem of how users get their buckets in a rule or a rollout at `place`."""
    for field in ("bucket_by", "seed"):
        text = part.get(field)
        if text is not None and not (isinstance(text, str) and 0 < len(text) <= MAX_BUCKETS_TEXT):
            yield under(place, field), f"is not a string of 1 to {MAX_BUCKETS_TEXT} characters"


def split_problems(place: str, split: object, variants: dict[str, Any]) -> Iterator[Problem]:
    """Every problem of the split at `place`, a JSON pointer; `variants` are those of its flag."""
    if not isinstance(split, dict) or not split:
        yield place, "is not an object of variants and their weights"
        return
    found = [*_shares(place, split, variants)]
    yield from found
    if found:
        return
    if any(taken_from(share) is not None for share in split.values()):
        yield from _percentages(place, split)
        yield from _cycles(place, split)
        return
    total = sum(split.values())
    if not 0 < total <= MAX_WEIGHTS:
        yield place, f"the weights add up to {total:,g}, and not to more than 0 and at most {MAX_WEIGHTS:,}"


def _shares(place: str, split: dict[str, Any], variants: dict[str, Any]) -> Iterator[Problem]:
    for variant, share in split.items():
        at = under(place, variant)
        if variant not in variants:
            yield at, f"{variant!r:.80} is not one of the variants"
        weight = share
        if isinstance(share, dict):
            if set(share) != {"percent", "from"}:
                yield at, 'a share is a number, or an object with "percent" and "from"'
                continue
            weight = share["percent"]
            source = share["from"]
            if not isinstance(source, str) or source not in split:
                yield under(at, "from"), f"{source!r:.80} is not one of the variants in this split"
        if type(weight) not in (int, float) or not 0 <= weight <= MAX_WEIGHTS:
            yield at, f"a weight is a number from 0 to {MAX_WEIGHTS:,}"


def _percentages(place: str, split: dict[str, Any]) -> Iterator[Problem]:
    """With other sums, a share that is taken would change all others."""
    total = 0
    for variant, share in split.items():
        try:
            total += hundredths(weight_of(share))
        except ValueError as fault:
            yield under(place, variant), str(fault)
            return
    if total != BUCKETS:
        yield place, f'the shares add up to {total / 100:g}; where one has "from", they are per cent and add up to 100'


def _cycles(place: str, split: dict[str, Any]) -> Iterator[Problem]:
    """One for each cycle, at its first variant in the file."""
    seen: set[str] = set()
    for variant in split:
        path: dict[str, None] = {}
        at: str | None = variant
        while at is not None and at not in seen and at not in path:
            path[at] = None
            at = taken_from(split[at])
        if at is not None and at in path:
            cycle = [*path][[*path].index(at) :]
            shown = " from ".join([*cycle, at])
            yield under(under(place, at), "from"), f"takes its own users: {shown:.200}"
        seen.update(path)
