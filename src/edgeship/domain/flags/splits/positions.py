"""The variants of a split in the order of the buckets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Weights = list[tuple[str, float]]
"""Variants and their weights, in the order of the buckets."""


def by_position(split: Mapping[str, Any]) -> Weights:
    """`{"a": 40, "b": 50, "c": {"percent": 10, "from": "a"}}` is a, c, b: the order of the file, and after each variant
    those that take from it, the latest in the file first.

    The split is one that `edgeship.domain.flags.validation.validate_split` finds no fault with.
    """
    takers: dict[str | None, list[str]] = {}
    for variant, share in split.items():
        takers.setdefault(taken_from(share), []).append(variant)
    waiting = takers.get(None, [])[::-1]
    found: Weights = []
    while waiting:
        variant = waiting.pop()
        found.append((variant, weight_of(split[variant])))
        waiting.extend(takers.get(variant, ()))
    return found


def taken_from(share: Any) -> str | None:
    """Whose users a share takes; None for a range of its own."""
    return str(share["from"]) if isinstance(share, Mapping) else None


def weight_of(share: Any) -> float:
    weight: float = share["percent"] if isinstance(share, Mapping) else share
    return weight
