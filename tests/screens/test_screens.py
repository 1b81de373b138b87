"""The screens of docs/screens.md are those that the commands print, fit their width, and say what to type next."""

from __future__ import annotations

import pytest

from tests.screens.capture import captured
from tests.screens.document import DOCUMENT, WIDTHS, document
from tests.screens.scenes import SCREENS, Screen

TYPED = [(screen, command) for screen in SCREENS for command in screen.commands]


def test_the_document_has_what_the_commands_print() -> None:
    assert DOCUMENT.read_text() == document()


@pytest.mark.parametrize(("screen", "command"), TYPED, ids=[f"{s.title}: {c}" for s, c in TYPED])
def test_a_screen_fits_and_says_what_to_type_next(screen: Screen, command: str) -> None:
    text = captured(screen.make(), command, 60)
    assert max(len(line) for line in text.splitlines()) <= 60
    assert "edgeship " in text.splitlines()[-1] or "next: edgeship" in text or "can be done now" in text


def test_there_are_the_fifteen_states() -> None:
    assert len(SCREENS) == 15
    assert WIDTHS == (60, 120, 200)
