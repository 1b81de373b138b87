"""How large the bulk answer of a set of flags can become: what a viewer-request function may answer is limited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.flags.answer import DETAILS, TARGETING_MATCH, Answer, bulk_text, error
from edgeship.domain.flags.flag_sets import flag_sets
from edgeship.domain.flags.snapshot_entry import wire_variants

_STEPS = ("requires", "layer", "target_users", "targets", "rules", "targeting", "rollout")
"""A flag that has none of them has an answer that is no error, whatever the context."""


@dataclass(frozen=True)
class BulkSize:
    """Bytes: `total` is the whole body's, `flags` has each flag's part by key, the heaviest first."""

    total: int
    flags: dict[str, int]


def bulk_size(flags: Mapping[str, Mapping[str, Any]], flag_set: str | None = None) -> BulkSize:
    """The most bytes that the body of a flag set's bulk answer has, whatever the context.

    Args:
        flags: the documents or the entries of all flags by key.
        flag_set: the set's name; None for the flags in none.
    """
    weights = {key: _weight(key, flag) for key, flag in flag_sets(flags).get(flag_set, {}).items()}
    total = len(bulk_text([], flag_set)) + sum(weights.values()) + max(len(weights) - 1, 0)
    return BulkSize(total, dict(sorted(weights.items(), key=lambda weight: (-weight[1], weight[0]))))


def _weight(key: str, flag: Mapping[str, Any]) -> int:
    metadata, variants = flag.get("metadata"), wire_variants(flag["variants"])
    # No reason is longer than this one.
    answers = [Answer(key, value, variant, TARGETING_MATCH, metadata) for variant, value in variants.items()]
    if any(flag.get(step) for step in _STEPS):
        answers.extend(error(key, code) for code in DETAILS)
    return max(len(answer.text()) for answer in answers)
