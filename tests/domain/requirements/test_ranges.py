"""Ranges of versions mean what npm's semver makes of them, pre-releases included."""

from __future__ import annotations

import random
import re

import pytest

from edgeship.domain.errors import Refused
from edgeship.domain.requirements.ranges import RANGE_PATTERN, parse_partial, parse_range
from edgeship.domain.version import Version
from tests.support.npm_semver import npm_satisfies
from tests.support.pytest_plugins.tools import NODE


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=3 <5", "3 3.0.1 4.99.0 4 3.0.0-rc.1", "2.9 5 5.0.0-beta.1"),
        ("4", "4 4.0.0 4.9.9", "3.9.9 5"),
        ("4.2", "4.2 4.2.9", "4.3 4"),
        ("=4.2.1", "4.2.1", "4.2.0 4.2.2 4.2.1-a"),
        ("4.2.1-a", "4.2.1-a", "4.2.1-a.0 4.2.1"),
        ("^4.2", "4.2 4.9", "4.1 5 5.0.0-0"),
        ("^0.3.1", "0.3.1 0.3.9", "0.4 0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        (">4", "5 5.0.0-0", "4.9.9"),
        (">4.2.1", "4.2.2", "4.2.1"),
        ("<=4", "4.9.9 0", "5"),
        (">=3.2 <4 || >=7", "3.2 7 99", "3.1 4 6.9"),
        ("<3 >5", "", "2 3 4 5 6"),
    ],
)
def test_what_a_range_has(text: str, inside: str, outside: str) -> None:
    found = parse_range(text)
    assert [v for v in inside.split() if not found.has(parse_partial(v))] == []
    assert [v for v in outside.split() if found.has(parse_partial(v))] == []


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "*", "x", "4.x", "~4", "v4", ">=3,<5", ">=3  <5", "3 - 5", "04", "4.2-beta", "4.2.1-01", "4.2.1+b"),
        *(">  3", "|| 4", "4 ||", "1" * 16, "4" + " || 4" * 50, ">=3\n"),
    ],
)
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_range(text)
    assert refused.value.code == "range_invalid"


@pytest.mark.parametrize("text", ["", "v4", "4.", "4.2.1.0", "4.2-a", "04", "latest", "4.2.1+b", "4" * 65])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_partial(text)
    assert refused.value.code == "version_invalid"


def drawn(chance: random.Random) -> str:
    given = chance.randint(1, 3)
    numbers = ".".join(str(chance.choice((0, 0, 1, 2, 3))) for _ in range(given))
    return numbers + chance.choice(("-a", "-a.1", "-0", "")) if given == 3 else numbers


def a_range(chance: random.Random) -> str:
    def row() -> str:
        return " ".join(
            chance.choice((">=", ">", "<", "<=", "=", "^", "")) + drawn(chance) for _ in range(chance.randint(1, 2))
        )

    return " || ".join(row() for _ in range(chance.randint(1, 2)))


@pytest.mark.parametrize("cases", [300, pytest.param(20_000, marks=pytest.mark.nightly)])
def test_ranges_are_those_of_npm(cases: int) -> None:
    NODE.require()
    chance = random.Random(20261128)
    asked = [(a_range(chance), str(parse_partial(drawn(chance)))) for _ in range(cases)]
    assert all(re.search(RANGE_PATTERN, text) for text, _ in asked)
    for (text, version), expected in zip(asked, npm_satisfies(asked), strict=True):
        assert parse_range(text).has(Version.parse(version)) is expected, (text, version)
