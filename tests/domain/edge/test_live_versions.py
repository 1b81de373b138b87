"""The live versions that a widget's entry keeps, against all of its releases looked at anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.edge.live_versions import are_live_versions, brought_up, is_live, live_versions, newest_in_ranges
from edgeship.domain.releases.release import Quarantine, Release
from edgeship.domain.version import Version
from tests.support.releases import a_live_release, a_release

BAD = Quarantine("2026-11-23T10:00:00.000Z", "ann", "bad")


def bad(version: str) -> Release:
    return replace(a_live_release(version), quarantine=BAD)


@pytest.mark.parametrize(
    ("releases", "expected"),
    [
        ([], {}),
        ([a_live_release("1.4.2")], {"1.4": "2"}),
        ([a_live_release(f"1.4.{patch}") for patch in (0, 1, 2, 4, 6, 7)], {"1.4": "0-2,4,6-7"}),
        ([a_live_release("1.10.0"), a_live_release("1.9.0")], {"1.10": "0", "1.9": "0"}),
        ([a_release("1.4.2")], {}),
        ([bad("1.4.2")], {}),
        ([a_live_release("1.4.2-rc.1")], {}),
        ([a_live_release("0.0.0")], {"0.0": "0"}),
        ([a_live_release("1.4.18446744073709551616")], {"1.4": "18446744073709551616"}),
    ],
)
def test_live_are_promoted_releases_that_are_good(releases: list[Release], expected: dict[str, str]) -> None:
    assert live_versions(releases) == expected


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        ({}, {}),
        ({"1.4": "0-2,4"}, {"1": "1.4.4", "1.4": "1.4.4"}),
        ({"1.10": "0", "1.9": "7-9"}, {"1": "1.10.0", "1.10": "1.10.0", "1.9": "1.9.9"}),
        ({"0.1": "0", "1.0": "3"}, {"0": "0.1.0", "0.1": "0.1.0", "1": "1.0.3", "1.0": "1.0.3"}),
    ],
)
def test_a_range_means_its_newest(live: dict[str, str], expected: dict[str, str]) -> None:
    assert {name: str(version) for name, version in newest_in_ranges(live).items()} == expected


RELEASES = st.builds(
    lambda core, tail, make: make(".".join(map(str, core)) + tail),
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 9)),
    st.sampled_from(["", "", "", "-rc.1"]),
    st.sampled_from([a_release, a_live_release, bad]),
)


@given(st.lists(st.lists(RELEASES, max_size=4), max_size=30))
def test_kept_live_versions_are_those_of_all_releases(changes: list[list[Release]]) -> None:
    table: dict[Version, Release] = {}
    live = live_versions([])
    for change in changes:
        changed = {release.version: release for release in change}
        table |= changed
        live = brought_up(live, changed.values())
    assert live == live_versions(table.values())
    assert are_live_versions(live)
    expected: dict[str, Version] = {}
    for version in sorted(version for version, release in table.items() if is_live(release)):
        expected |= {f"{version.major}": version, f"{version.major}.{version.minor}": version}
    assert newest_in_ranges(live) == expected


@pytest.mark.parametrize(
    "document",
    [
        *(None, [], "1.4", {"1.4": ["0"]}, {"1": "0"}, {"1.4.2": "0"}, {"a.b": "0"}, {"1.4": ""}, {"1.4": "a"}),
        *({"1.4": runs} for runs in ("0-", "-1", "0,,1", "0-1-2", " 0", "01", "3-1", "3,1", "0-2,2", "1-1", "٣")),
        {"1.4": "0-99999999"},
    ],
)
def test_what_is_no_live_versions(document: object) -> None:
    assert not are_live_versions(document)


def test_ten_thousand_releases_take_no_more_room_than_their_minor_versions() -> None:
    live = live_versions(a_live_release(f"{n // 1_000}.{n // 100 % 10}.{n % 100}") for n in range(10_000))
    assert len(live) == 100
    assert set(live.values()) == {"0-99"}
