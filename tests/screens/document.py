"""docs/screens.md: what people see, at three widths."""

from __future__ import annotations

from collections.abc import Iterator

from tests.screens.capture import captured
from tests.screens.scenes import SCREENS, Screen
from tests.support.repository import ROOT

WIDTHS = (60, 120, 200)
DOCUMENT = ROOT / "docs" / "screens.md"
_HEAD = """\
# Screens

What `edgeship` shows of the states that people see most, on a terminal of 60, 120 and 200 columns. A screen that is
the same at two widths is shown once. `python -m tests.screens` writes this page; a test compares it with what the
commands print.
"""


def document() -> str:
    return "\n".join([_HEAD, *(part for screen in SCREENS for part in _section(screen))])


def _section(screen: Screen) -> Iterator[str]:
    yield f"## {screen.title}\n"
    for command in screen.commands:
        before = ""
        for columns in WIDTHS:
            text = captured(screen.make(), command, columns)
            if text == before:
                continue
            before = text
            yield f"```\n$ {command}{' ' * max(2, columns - len(command) - 16)}# {columns} columns\n{text}```\n"
