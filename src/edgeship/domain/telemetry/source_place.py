"""Where in its sources an error was thrown, and which of a release's errors other releases have, too."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgeship.domain.telemetry.beacon import fingerprint

MAX_LINE_LENGTH = 200
"""Characters of a source line that are shown."""
NO_MAP = "no source map: pack the .map files"

_FRAME = re.compile(r"(.+):([0-9]{1,9}):([0-9]{1,9})")


@dataclass(frozen=True)
class SourcePlace:
    """`line` and `column` count from 1; `function` and `text`, the source line, are None where the map has none."""

    file: str
    line: int
    column: int
    function: str | None
    text: str | None


@dataclass(frozen=True)
class Frame:
    """A frame as browsers report it: the path of a published file, as URLs spell it, line and column from 1."""

    path: str
    line: int
    column: int


def parse_frame(text: str) -> Frame | None:
    """The parts of `path:line:column`; None for any other text."""
    parts = _FRAME.fullmatch(text)
    return Frame(parts[1], int(parts[2]), int(parts[3])) if parts else None


def same_error(message: str, function: str | None) -> str:
    """The same text for an error in every release: its line and column change, its message and function do not."""
    return f"{fingerprint(message)} {function or ''}"
