"""SemVer 2.0.0 versions, without build metadata: two builds of one version would share an immutable path.

Source: https://semver.org/spec/v2.0.0.html (grammar: its appendix; precedence: clause 11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Literal

from edgeship.domain.errors import Refused

Bump = Literal["major", "minor", "patch", "prerelease"]

MAX_VERSION_LENGTH = 64
"""Characters; a version is part of every S3 key, cache key and metric dimension of its release."""

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?", re.ASCII)
_REMEDY = "Use MAJOR.MINOR.PATCH or MAJOR.MINOR.PATCH-PRERELEASE, for example 1.4.2 or 2.0.0-beta.1."


@total_ordering
@dataclass(frozen=True)
class Version:
    """A version in precedence order: `Version.parse("1.0.0-rc.1") < Version.parse("1.0.0")`."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read a version as SemVer writes it.

        Raises:
            Refused: `version_invalid`, saying which rule the text breaks.
        """
        if "+" in text:
            raise Refused(
                "version_invalid",
                f"Version {text!r} carries build metadata ('+…'), and two builds would share one path.",
                "Leave the '+…' out and publish a new version for each build.",
            )
        if len(text) > MAX_VERSION_LENGTH:
            raise Refused(
                "version_invalid",
                f"Version {text[:20]!r}… is {len(text)} characters long; the limit is {MAX_VERSION_LENGTH}.",
                _REMEDY,
            )
        match = _VERSION.fullmatch(text)
        if match is None:
            hint = " The leading 'v' belongs to a tag, not to the version." if text[:1] in "vV" and text else ""
            raise Refused("version_invalid", f"Version {text!r} is not SemVer 2.0.0.{hint}", _REMEDY)
        major, minor, patch, prerelease = match.groups()
        return cls(int(major), int(minor), int(patch), tuple(prerelease.split(".")) if prerelease else ())

    def __str__(self) -> str:
        core = f"{self.major}.{self.minor}.{self.patch}"
        return f"{core}-{'.'.join(self.prerelease)}" if self.prerelease else core

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        return self._precedence() < other._precedence()

    def _precedence(self) -> tuple[object, ...]:
        # A release sorts after all its pre-releases; numeric identifiers sort before alphanumeric ones.
        identifiers = tuple((0, int(i), "") if i.isdigit() else (1, 0, i) for i in self.prerelease)
        return (self.major, self.minor, self.patch, not self.prerelease, identifiers)

    def bump_from(self, older: Version) -> Bump:
        """The part of the version in which this one is newer than `older`; call it only when it is newer."""
        if self.prerelease:
            return "prerelease"
        if self.major != older.major:
            return "major"
        return "minor" if self.minor != older.minor else "patch"
