"""The table of characters is Unicode 14's, whichever Python reads it; what joins an emoji is allowed inside one."""

from __future__ import annotations

import unicodedata

import pytest

from edgeship.domain.releases.paths.path_characters import TABLE, forbidden_characters
from tests.domain.releases.path_table import NEVER, table


@pytest.mark.nightly
def test_the_table_is_what_is_printable() -> None:
    every = {chr(code) for code in range(0x110000)}
    allowed = every - forbidden_characters("\0".join(every))
    assert not allowed & NEVER
    assert all(character.isprintable() for character in allowed)
    # Later versions of Unicode have more characters, and refuse none of these.
    assert unicodedata.unidata_version != "14.0.0" or table() == TABLE.strip()


@pytest.mark.parametrize(
    ("path", "forbidden"),
    [
        ("größe 2/日本語.js", ""),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467.svg", ""),
        ("\u2764\ufe0f\u200d\U0001f525.png", ""),
        ("\U0001f469\U0001f3fd\u200d\U0001f4bb.js", ""),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f.svg", ""),
        ("1\ufe0f\u20e3.svg", ""),
        ("wid\u200dget.js", "\u200d"),
        ("a\u200d\U0001f525.js", "\u200d"),
        ("\U0001f525\u200d", "\u200d"),
        ("a\U000e0067\U000e007f.js", "\U000e0067\U000e007f"),
        ("a\u202e.js\x00\x7f\ufeff", "\u202e\x00\x7f\ufeff"),
        ("\ud800", "\ud800"),
        ("a+b%?", "+%?"),
    ],
)
def test_characters(path: str, forbidden: str) -> None:
    assert forbidden_characters(path) == set(forbidden)
