"""What a name that nobody knows was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

LISTED = 10


def suggestion(name: str, known: Iterable[str], more: str) -> str:
    """What to do: `Did you mean checkout?`, or the first names, with `more`, a command that shows all; empty when there
    are none."""
    names = list(known)
    if close := get_close_matches(name, names, n=3, cutoff=0.6):
        return f"Did you mean {' or '.join(close)}? All: {more}."
    listed = ", ".join(islice(names, LISTED))
    left = f", and {len(names) - LISTED:,} more: {more}" if len(names) > LISTED else ""
    return f"Known: {listed}{left}." if listed else ""
