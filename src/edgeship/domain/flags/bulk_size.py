"""How large the bulk answer of a set of flags can become: what a viewer-request function may answer is limited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.flags.answer import DETAILS, TARGETING_MATCH, Answer, bulk_text, error
from edgeship.domain.flags.snapshot_entry import wire_variants


@dataclass(frozen=True)
class BulkSize:
    """Bytes: `total` is the whole body's, `flags` has each flag's part by key, the heaviest first."""

    total: int
    flags: dict[str, int]


def bulk_size(flags: Mapping[str, Mapping[str, Any]]) -> BulkSize:
    """The most bytes that the body of the bulk answer has, whatever the context.

    Args:
        flags: the documents or the entries of all flags by key; those that aren't public don't count, for they aren't
            in that answer.
    """
    weights = {key: _weight(key, flag) for key, flag in flags.items() if flag.get("public", True)}
    total = len(bulk_text([])) + sum(weights.values()) + max(len(weights) - 1, 0)
    return BulkSize(total, dict(sorted(weights.items(), key=lambda weight: (-weight[1], weight[0]))))


def _weight(key: str, flag: Mapping[str, Any]) -> int:
    metadata, variants = flag.get("metadata"), wire_variants(flag["variants"])
    # No reason is longer than this one.
    answers = [Answer(key, value, variant, TARGETING_MATCH, metadata) for variant, value in variants.items()]
    answers.extend(error(key, code) for code in DETAILS)
    return max(len(answer.text()) for answer in answers)
