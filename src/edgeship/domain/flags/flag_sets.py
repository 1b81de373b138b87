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


def with_required(
    entries: Mapping[str, Mapping[str, Any]], every: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """Some flags' entries, with all that they require: they are evaluated in one answer."""
    found = dict(entries)
    waiting = list(found.values())
    for entry in waiting:
        rules = entry.get("rules")
        requires = rules["gate"].get("requires", ()) if isinstance(rules, dict) else ()
        for key in requires:
            if key in every and key not in found:
                found[key] = every[key]
                waiting.append(every[key])
    return found
