"""Changelogs and manifests: what is not the release's stays, to the byte."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.version import Version
from edgeship.domain.versioning.changelog import released, section_of
from edgeship.domain.versioning.changes import Changes
from edgeship.domain.versioning.package_version import with_version

NEW = Version.parse("1.5.0-rc.1")
ADDED = Changes({"Added": ("A colour",), "Fixed": ("Rounding", "Spelling")})
SECTION = [
    "## 1.5.0-rc.1 - 2026-11-27",
    "",
    "### Added",
    "",
    "- A colour",
    "",
    "### Fixed",
    "",
    "- Rounding",
    "- Spelling",
]

lines = st.sampled_from(
    ["", "text", "- entry", "### Fixed", "```", "   indented", "[a]: https://example.com", "> ## x"]
)
endings = st.sampled_from(["\n", "\r\n"])


@given(st.lists(lines, max_size=8), st.lists(lines, max_size=8), endings)
def test_only_the_section_comes_in(above: list[str], below: list[str], ending: str) -> None:
    before = ["# Changelog", *[line for line in above if line != "```"], "## Unreleased", ""]
    after = ["## 1.4.2 - 2026-01-01", *below, ""]
    new = released(ending.join([*before, *after]), NEW, "2026-11-27", ADDED, "v1.5.0-rc.1")
    assert new == ending.join([*before, *SECTION, "", *after])
    assert section_of(new, NEW) == ADDED
    assert released(new, NEW, "2026-11-28", Changes({}), "v1.5.0-rc.1") == new


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "# Changelog\n"),
        ("# Changes\n", "# Changes\n\n"),
        ("# Changes", "# Changes\n\n"),
        ("# Changes\n\n## Unreleased\n", "# Changes\n\n## Unreleased\n\n"),
        ("# Changes\n\n## v1.0.0\n\n- x\n", "# Changes\n\n"),
        ("Intro\n\n[a]: https://example.com\n", "Intro\n\n"),
    ],
)
def test_changelogs_of_other_forms(text: str, expected: str) -> None:
    new = released(text, NEW, "2026-11-27", ADDED, "v1.5.0-rc.1")
    assert new.startswith(expected)
    assert "\n".join(SECTION) in new
    assert new.endswith("\n")
    assert new.index("1.5.0-rc.1") < (new.index("## v1.0.0") if "## v1.0.0" in new else len(new))


def test_a_release_that_is_there_is_not_written_twice() -> None:
    text = "## v1.5.0-rc.1\n\n- by hand\n"
    assert released(text, NEW, "2026-11-27", ADDED, "x") == text
    assert section_of(text, NEW) == Changes({"Changed": ("by hand",)})
    assert section_of("```\n## 1.5.0-rc.1\n```\n", NEW) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text() | st.just("packages"), values, max_size=5),
    st.sampled_from([None, 2, "\t"]),
    st.booleans(),
    st.sampled_from(["", "\ufeff"]),
)
def test_only_the_version_changes(
    document: dict[str, object], indent: int | str | None, ascii_: bool, mark: str
) -> None:
    document = {**document, "version": "1.4.2", "nested": {"version": "1.4.2"}}
    text = mark + json.dumps(document, indent=indent, ensure_ascii=ascii_)
    try:
        content = text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return
    changed = with_version(content, [("version",)], NEW).decode()
    assert json.loads(changed.removeprefix("\ufeff")) == {**document, "version": "1.5.0-rc.1"}
    assert len(changed) == len(text) + len("1.5.0-rc.1") - len("1.4.2")
    assert changed.replace('"1.5.0-rc.1"', '"1.4.2"') == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"version":"1","version":"2"}', '{"version":"1","version":"1.5.0-rc.1"}'),
        ('{"version": 1}', '{"version": 1}'),
        ("{}", "{}"),
        ("[]", "[]"),
        ('{"vers\\u0069on": "1"}', '{"vers\\u0069on": "1.5.0-rc.1"}'),
    ],
)
def test_odd_manifests(text: str, expected: str) -> None:
    assert with_version(text.encode(), [("version",)], NEW).decode() == expected


@pytest.mark.parametrize("text", ["{", '{"version" "1"}', '{"version": tru', '{"a": 1, "version":'])
def test_what_is_no_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        with_version(text.encode(), [("version",)], NEW)
