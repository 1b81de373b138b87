"""Versions as flags compare them: SemVer 2.0.0 with what flagd forgives, a leading `v` and missing numbers.

`v1.2` is 1.2.0; build metadata is allowed and doesn't count. Other than edgeship.domain.version this reads what
strangers send, refuses nothing aloud, and imports no dataclasses at the edge.
Source: https://flagd.dev/reference/custom-operations/semver-operation/ and https://semver.org/spec/v2.0.0.html.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    SemVer = tuple[int, int, int, bool, tuple[tuple[int, int, str], ...]]
    """Compares in order of precedence: the numbers, whether it is no pre-release, the pre-release's identifiers."""

MAX_LENGTH = 256

_NUMBER = "(0|[1-9][0-9]*)"
_IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_SEMVER = re.compile(
    rf"[vV]?{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?(?:\+{_BUILD})?)?)?"
)


def parse(text: str) -> SemVer | None:
    """The version that a text spells, None when it spells none."""
    match = _SEMVER.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        return None
    major, minor, patch, prerelease = match.groups()
    # Numeric identifiers sort before alphanumeric ones, which compare as ASCII (clause 11.4).
    identifiers = tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in (prerelease.split(".") if prerelease else ())
    )
    return int(major), int(minor or 0), int(patch or 0), prerelease is None, identifiers


COMPARISONS: dict[str, Callable[[SemVer, SemVer], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "^": lambda left, right: left[0] == right[0],
    "~": lambda left, right: left[:2] == right[:2],
}
"""By operator, on what `parse` gives. `^` is the same major version and `~` the same minor, as flagd defines them."""
