"""Writes the table of `path_characters.py` again: python3.11 -m tests.domain.releases.path_table (Unicode 14)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

NEVER = frozenset('\\?#%*:|"<>+')


def ranges() -> Iterator[tuple[int, int]]:
    """The printable characters of this Python's Unicode that a URL does not change, as first and last code points."""
    first = None
    for code in range(0x110001):
        allowed = code < 0x110000 and chr(code).isprintable() and chr(code) not in NEVER
        if allowed and first is None:
            first = code
        elif not allowed and first is not None:
            yield first, code - 1
            first = None


def table() -> str:
    """`20-21` for a range and `24` for one character, in hex, in lines of at most 118 characters."""
    parts = [f"{first:X}" if first == last else f"{first:X}-{last:X}" for first, last in ranges()]
    return "\n".join(textwrap.wrap(" ".join(parts), 118, break_on_hyphens=False))


if __name__ == "__main__":
    print(table())
