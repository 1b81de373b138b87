from itertools import pairwise

import pytest
import semver
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.errors import Refused
from edgeship.domain.version import Version

# In precedence order; the pre-release part is the example of SemVer 2.0.0, clause 11.
ORDERED = [
    "0.0.0",
    "0.0.1",
    "0.1.0",
    "1.0.0-0",
    "1.0.0-1",
    "1.0.0-10",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "2.0.0",
    "999999.0.0",
]

INVALID = [
    ("", "not SemVer"),
    ("1", "not SemVer"),
    ("1.2", "not SemVer"),
    ("v1.2.3", "leading 'v'"),
    ("1.2.3.4", "not SemVer"),
    ("01.2.3", "not SemVer"),
    ("1.2.3-", "not SemVer"),
    ("1.2.3-01", "not SemVer"),
    ("1.2.3-a..b", "not SemVer"),
    ("1.2.3-ä", "not SemVer"),
    ("１.2.3", "not SemVer"),  # noqa: RUF001  a full-width digit
    ("1.2.3+build.5", "build metadata"),
    ("1.2.3\n", "not SemVer"),
    ("latest", "not SemVer"),
    ("1.2.3-" + "a" * 70, "64"),
]

numbers = st.integers(0, 50)
identifiers = st.one_of(numbers.map(str), st.from_regex(r"[0-9a-zA-Z-]{0,3}[a-zA-Z-][0-9a-zA-Z-]{0,3}", fullmatch=True))
versions = st.builds(
    lambda core, pre: ".".join(map(str, core)) + ("-" + ".".join(pre) if pre else ""),
    st.tuples(numbers, numbers, numbers),
    st.lists(identifiers, max_size=3),
)


@pytest.mark.parametrize("text", ORDERED)
def test_reads_and_writes_the_same_text(text: str) -> None:
    assert str(Version.parse(text)) == text


def test_orders_by_precedence() -> None:
    parsed = [Version.parse(text) for text in ORDERED]
    assert sorted(parsed, key=lambda version: version) == parsed
    assert all(older < newer for older, newer in pairwise(parsed))


@pytest.mark.parametrize(("text", "says"), INVALID)
def test_refuses_what_is_not_a_version(text: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        Version.parse(text)
    assert refused.value.code == "version_invalid"
    assert says in refused.value.reason
    assert refused.value.remedy


@given(versions, versions)
def test_agrees_with_the_semver_package(left: str, right: str) -> None:
    expected = semver.Version.parse(left).compare(right)
    first, second = Version.parse(left), Version.parse(right)
    assert (first > second) - (first < second) == expected
    assert str(first) == left


@pytest.mark.parametrize(
    ("older", "newer", "bump"),
    [
        ("1.0.0", "1.0.1", "patch"),
        ("1.0.0", "1.1.0", "minor"),
        ("1.9.9", "2.0.0", "major"),
        ("1.0.0-rc.1", "1.0.0", "patch"),
        ("1.0.0", "1.0.1-rc.1", "prerelease"),
        ("1.0.0", "2.0.0-rc.1", "prerelease"),
    ],
)
def test_names_the_bump(older: str, newer: str, bump: str) -> None:
    assert Version.parse(newer).bump_from(Version.parse(older)) == bump


def test_is_not_compared_with_text() -> None:
    with pytest.raises(TypeError):
        assert Version.parse("1.0.0") < "2.0.0"  # type: ignore[operator]
