"""Text for terminals and pipes that can't print every character, such as those of cp1252 or the C locale."""

from __future__ import annotations

import codecs
import io
from typing import Final, TextIO

HANDLER: Final = "edgeship.plain"
_PLAIN: Final = {  # by escapes where a character looks like another
    "→": "->",
    "←": "<-",
    "…": "...",
    "\u2013": "-",
    "—": "-",
    "\u2212": "-",
    "\u00d7": "x",
    "✓": "ok",
    "✗": "x",
    "·": "-",
    "•": "*",
    "≥": ">=",
    "≤": "<=",
    "µ": "u",
    "\u2018": "'",
    "\u2019": "'",
    "“": '"',
    "”": '"',
    "█": "#",
    "░": ".",
    **dict.fromkeys("─━═╌", "-"),
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("▁▂", "_"),
    **dict.fromkeys("▃▄▅", "="),
    **dict.fromkeys("▆▇", "^"),
}


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """What a character is written as where the encoding lacks it: a form in ASCII, else its escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    written = "".join(_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking)
    return written, error.end


def never_fail(stream: TextIO) -> None:
    """From now on, the stream takes every character: what a command prints must not end one that is done."""
    codecs.register_error(HANDLER, _plain)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=HANDLER)
