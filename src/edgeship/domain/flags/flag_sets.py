"""Flag sets: the public flags that one bulk answer has. A flag is in its `flag_set`, or in the one that has no name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flag_sets(flags: Mapping[str, Mapping[str, Any]]) -> dict[str | None, dict[str, Mapping[str, Any]]]:
    """The public flags of each set, by its name and their key; the documents or the entries of all flags."""
    found: dict[str | None, dict[str, Mapping[str, Any]]] = {}
    for key, flag in flags.items():
        if flag.get("public", True):
            found.setdefault(flag.get("flag_set"), {})[key] = flag
    return found
