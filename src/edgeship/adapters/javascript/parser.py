"""Reads the syntax of scripts within a bound of memory and time, whatever they hold."""

from __future__ import annotations

import re
from pathlib import Path

from edgeship.adapters.javascript.parse_process import parse_apart
from edgeship.adapters.javascript.tree import whole_syntax
from edgeship.domain.releases.entry import Syntax

MAX_PARSED_BYTES = 4 * 1024 * 1024
"""A script beyond it is read at its ends only."""
SMALL_BYTES = 32 * 1024
"""A script within it is parsed here: its tree takes at most 15 MiB."""
_WINDOW, _OVERLAP = 1024 * 1024, 16

# A keyword can't be written with escapes, so a script without these words is no module.
_MODULE_WORDS = re.compile(rb"\b(?:import|export|await)\b")
_COMMON_JS_WORDS = re.compile(rb"\b(?:require|exports)\b")


class JavaScriptParser:
    """The `Scripts` port. What can't be read whole is read at its ends, and what can't be read at all says nothing."""

    def syntax(self, location: Path) -> Syntax:
        may_be_module = _has(_MODULE_WORDS, location)
        if not may_be_module and not _has(_COMMON_JS_WORDS, location):
            return Syntax(None)
        size = location.stat().st_size
        found = None
        if size <= SMALL_BYTES:
            found = whole_syntax(location.read_bytes())
        elif size <= MAX_PARSED_BYTES:
            found = parse_apart(location, "whole")
        if not may_be_module:
            return found or Syntax(None)
        return found or parse_apart(location, "ends") or Syntax(None, complete=False)


def _has(words: re.Pattern[bytes], location: Path) -> bool:
    kept = b""
    with location.open("rb") as file:
        while window := file.read(_WINDOW):
            if words.search(kept + window):
                return True
            kept = window[-_OVERLAP:]
    return False
