from __future__ import annotations

import pytest

from edgeship.domain.releases.entry import Entry, Kind
from edgeship.domain.releases.serving import Serve, pinned


def entry(kind: Kind, alone: bool) -> Entry:
    return Entry(kind, "sha256-", alone, None)


@pytest.mark.parametrize(
    ("serve", "of", "pins"),
    [
        ("auto", None, False),
        ("pin", None, False),
        ("in_place", None, False),
        ("auto", entry(Kind.MODULE, alone=True), False),
        ("auto", entry(Kind.CLASSIC, alone=True), False),
        ("auto", entry(Kind.MODULE, alone=False), True),
        ("auto", entry(Kind.CLASSIC, alone=False), True),
        ("auto", entry(Kind.HTML, alone=True), True),
        ("auto", entry(Kind.STYLE, alone=True), True),
        ("auto", entry(Kind.ASSET, alone=False), True),
        ("pin", entry(Kind.MODULE, alone=True), True),
        ("pin", entry(Kind.HTML, alone=False), True),
        ("in_place", entry(Kind.MODULE, alone=False), False),
        ("in_place", entry(Kind.HTML, alone=False), False),
    ],
)
def test_which_page_views_are_pinned(serve: Serve, of: Entry | None, pins: bool) -> None:
    assert pinned(serve, of) is pins
