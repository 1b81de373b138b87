"""Ranges of versions: `>=3 <5`, `^4.2`, `4`, `>=3.2 <5 || >=7`.

The syntax is npm's, without hyphens, `~` and `x` (https://github.com/npm/node-semver#ranges): comparators in a row must
all hold, of those between `||` one row. A version may leave its last numbers out: `4.2` as a comparator is every 4.2.z.
A pre-release counts by its precedence, as with npm's `includePrerelease`: 5.0.0-beta.1 is not `<5`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgeship.domain.errors import Refused
from edgeship.domain.version import MAX_VERSION_LENGTH, Version

MAX_RANGE_LENGTH = 200
"""Characters."""

_NUMBER = r"(?:0|[1-9][0-9]{0,14})"
_PRERELEASE = r"-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_PARTIAL = rf"{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}(?:{_PRERELEASE})?)?)?"
_COMPARATOR = rf"(?:>=|<=|>|<|=|\^)? ?{_PARTIAL}"
_ROW = rf"{_COMPARATOR}(?: {_COMPARATOR})*"
RANGE_PATTERN = rf"^{_ROW}(?: ?\|\| ?{_ROW})*$"
"""What the JSON Schema of `edgeship.json` asks for; a pre-release must be one of SemVer as well."""

_EACH = re.compile(rf"(>=|<=|>|<|=|\^|) ?({_PARTIAL})")
_LEAST = ("0",)
"""The pre-release before all others: `5.0.0-0` is where 5 begins."""


@dataclass(frozen=True)
class VersionRange:
    """Half-open spans of versions, one a row: from a version on, up to a version that is not in it; None is no end."""

    text: str
    spans: tuple[tuple[Version, Version | None], ...]

    def has(self, version: Version) -> bool:
        return any(low <= version and (high is None or version < high) for low, high in self.spans)


def parse_range(text: str) -> VersionRange:
    """
    Raises:
        Refused: `range_invalid`.
    """
    if len(text) > MAX_RANGE_LENGTH or not re.fullmatch(RANGE_PATTERN[1:-1], text):
        raise _invalid(text)
    try:
        return VersionRange(text, tuple(_span(row) for row in text.split("||")))
    except Refused:
        raise _invalid(text) from None


def parse_partial(text: str) -> Version:
    """A version of which the last numbers may be left out: `4.2` is 4.2.0.

    Raises:
        Refused: `version_invalid`.
    """
    if len(text) > MAX_VERSION_LENGTH or not re.fullmatch(_PARTIAL, text):
        raise Refused(
            "version_invalid",
            f"{text[:MAX_VERSION_LENGTH]!r} is not a version.",
            "Give one to three numbers, for example 4, 4.2 or 4.2.1; a pre-release needs all three: 4.2.1-beta.1.",
        )
    return Version.parse(_full(text))


def _span(row: str) -> tuple[Version, Version | None]:
    low, high = Version(0, 0, 0, _LEAST), None
    for operator, partial in _EACH.findall(row):
        from_, to = _bounds(operator, partial)
        low = max(low, from_)
        high = to if high is None or (to is not None and to < high) else high
    return low, high


def _bounds(operator: str, partial: str) -> tuple[Version, Version | None]:
    """Of one comparator. A full version stands for itself alone, and one with numbers left out for all that begin
    with it."""
    begin, end = _begin(partial), _end(partial)
    start = Version(0, 0, 0, _LEAST)
    match operator:
        case ">=":
            return begin, None
        case ">":
            return end, None
        case "<":
            return start, begin
        case "<=":
            return start, end
        case "^":
            return begin, _next_breaking(partial)
        case _:
            return begin, end


def _begin(partial: str) -> Version:
    version = Version.parse(_full(partial))
    return version if _given(partial) == 3 else Version(version.major, version.minor, version.patch, _LEAST)


def _end(partial: str) -> Version:
    """The first version that is not in it."""
    version = Version.parse(_full(partial))
    match _given(partial):
        case 1:
            return Version(version.major + 1, 0, 0, _LEAST)
        case 2:
            return Version(version.major, version.minor + 1, 0, _LEAST)
    if version.prerelease:
        # Between 1.0.0-a and 1.0.0-a.0 there is none.
        return Version(version.major, version.minor, version.patch, (*version.prerelease, "0"))
    return Version(version.major, version.minor, version.patch + 1, _LEAST)


def _next_breaking(partial: str) -> Version:
    """Below 1.0.0, a minor version may break, and below 0.1.0 a patch."""
    version, given = Version.parse(_full(partial)), _given(partial)
    if version.major or given == 1:
        return Version(version.major + 1, 0, 0, _LEAST)
    if version.minor or given == 2:
        return Version(0, version.minor + 1, 0, _LEAST)
    return Version(0, 0, version.patch + 1, _LEAST)


def _given(partial: str) -> int:
    return partial.partition("-")[0].count(".") + 1


def _full(partial: str) -> str:
    return partial + ".0" * (3 - _given(partial))


def _invalid(text: str) -> Refused:
    return Refused(
        "range_invalid",
        f"{text[:MAX_RANGE_LENGTH]!r} is not a range of versions.",
        "Give comparators such as >=3 <5, ^4.2 or 4, with one space between them, and || between alternatives.",
    )
