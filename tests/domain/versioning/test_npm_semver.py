"""Versions are read, ordered and chosen as npm's semver does, and as SemVer 2.0.0 publishes."""

from __future__ import annotations

import random

import pytest

from edgeship.domain.edge.live_versions import live_versions, newest_in_ranges
from edgeship.domain.errors import Refused
from edgeship.domain.version import Version
from tests.support.npm_semver import npm_semver
from tests.support.pytest_plugins.tools import NODE
from tests.support.releases import a_live_release

# https://regex101.com/r/vkijKf/1/, which https://semver.org/#faq links to
VALID = """0.0.4 1.2.3 10.20.30 1.1.2-prerelease+meta 1.1.2+meta 1.1.2+meta-valid 1.0.0-alpha 1.0.0-beta
1.0.0-alpha.beta 1.0.0-alpha.beta.1 1.0.0-alpha.1 1.0.0-alpha0.valid 1.0.0-alpha.0valid
1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay 1.0.0-rc.1+build.1 2.0.0-rc.1+build.123 1.2.3-beta
10.2.3-DEV-SNAPSHOT 1.2.3-SNAPSHOT-123 1.0.0 2.0.0 1.1.7 2.0.0+build.1848 2.0.1-alpha.1227 1.0.0-alpha+beta
1.2.3----RC-SNAPSHOT.12.9.1--.12+788 1.2.3----R-S.12.9.1--.12+meta 1.2.3----RC-SNAPSHOT.12.9.1--.12
1.0.0+0.build.1-rc.10000aaa-kk-0.1 99999999999999999999999.999999999999999999.99999999999999999
1.0.0-0A.is.legal"""
INVALID = """1 1.2 1.2.3-0123 1.2.3-0123.0123 1.1.2+.123 +invalid -invalid -invalid+invalid -invalid.01 alpha
alpha.beta alpha.beta.1 alpha.1 alpha+beta alpha_beta alpha. alpha.. beta 1.0.0-alpha_beta -alpha. 1.0.0-alpha..
1.0.0-alpha..1 1.0.0-alpha...1 1.0.0-alpha....1 1.0.0-alpha.....1 1.0.0-alpha......1 1.0.0-alpha.......1 01.1.1
1.01.1 1.1.01 1.2.3.DEV 1.2-SNAPSHOT 1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788 1.2-RC-SNAPSHOT -1.0.3-gamma+b7718
+justmeta 9.8.7+meta+meta 9.8.7-whatever+meta+meta
99999999999999999999999.999999999999999999.99999999999999999----RC-SNAPSHOT.12.09.1--------------------------------..12"""

LARGEST = 2**53 - 2
"""The range `1.4.x` ends before the next minor version, and npm has no number beyond 2**53 - 1."""
IDENTIFIERS = ("alpha", "beta", "rc", "rc1", "a-b", "-", "--", "0", "1", "2", "10", "11", "x", "X", "0a", "00a", "zz")


@pytest.mark.parametrize("text", VALID.split())
def test_the_published_valid_versions_are_valid(text: str) -> None:
    core, plus, _ = text.partition("+")
    assert str(Version.parse(core)) == core
    if plus:
        with pytest.raises(Refused, match="build metadata"):
            Version.parse(text)


@pytest.mark.parametrize("text", INVALID.split())
def test_the_published_invalid_versions_are_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        Version.parse(text)
    assert refused.value.code == "version_invalid"


def drawn(chance: random.Random, pre: float = 0.5) -> str:
    """A version; small numbers often, so that many share a part."""
    numbers = [str(chance.choice((0, 1, 2, 9, 10, 11, 99, 100, chance.randrange(30)))) for _ in "abc"]
    if chance.random() < 0.1:
        numbers[chance.randrange(3)] = str(LARGEST)
    identifiers = [chance.choice(IDENTIFIERS) for _ in range(chance.randint(1, 4))] if chance.random() < pre else []
    return ".".join(numbers) + (f"-{'.'.join(identifiers)}" if identifiers else "")


def near(chance: random.Random, text: str) -> str:
    """Another version that has much in common with it."""
    core, dash, pre = text.partition("-")
    parts = pre.split(".") if dash else []
    match chance.randrange(4):
        case 0:
            return core
        case 1:
            return f"{core}-{'.'.join([*parts, chance.choice(IDENTIFIERS)])}"
        case 2 if parts:
            parts[chance.randrange(len(parts))] = chance.choice(IDENTIFIERS)
            return f"{core}-{'.'.join(parts)}"
        case _:
            return drawn(chance)


@pytest.mark.parametrize("cases", [400, pytest.param(20_000, marks=pytest.mark.nightly)])
def test_order_and_ranges_are_those_of_npm(cases: int) -> None:
    NODE.require()
    chance = random.Random(20260211)
    firsts = [drawn(chance) for _ in range(cases // 2)]
    pairs = [(first, near(chance, first)) for first in firsts]
    ranges = []
    for _ in range(cases - len(pairs)):
        versions = sorted({drawn(chance, pre=0.3) for _ in range(chance.randint(1, 12))})
        major, minor, _ = chance.choice(versions).partition("-")[0].split(".")
        ranges.append((chance.choice((f"{major}", f"{major}.{minor}")), versions))
    texts = [text for pair in pairs for text in pair]
    order, chosen, valid = npm_semver(pairs, [(f"{wanted}.x", versions) for wanted, versions in ranges], texts)
    assert valid == texts
    for (left, right), expected in zip(pairs, order, strict=True):
        first, second = Version.parse(left), Version.parse(right)
        assert (first > second) - (first < second) == expected, (left, right)
    for (wanted, versions), npms in zip(ranges, chosen, strict=True):
        live = live_versions(a_live_release(version) for version in versions)
        ours = newest_in_ranges(live).get(wanted)
        assert (str(ours) if ours else None) == npms, (wanted, versions)
