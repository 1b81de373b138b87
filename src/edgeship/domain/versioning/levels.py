"""How much a release changes, and the version that follows from it.

SemVer 2.0.0, clauses 4 and 6 to 9: https://semver.org/spec/v2.0.0.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.version import Version

FIRST = Version(0, 1, 0)
"""What a project is released as that says 0.0.0, as tools that make projects do."""
_CHANNEL = re.compile(r"[A-Za-z][0-9A-Za-z-]{0,19}")


class Level(IntEnum):
    """The part of a version that is raised; a greater one asks more of those who use the widget."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Level:
        return cls[word.upper()]


def raised(version: Version, level: Level) -> Version:
    """The release that follows a stable version. Below 1.0.0 nothing is promised yet (clause 4): there, what breaks
    raises the minor version, which ranges such as `~0.4` keep apart."""
    if level is Level.MAJOR and version.major:
        return Version(version.major + 1, 0, 0)
    if level >= Level.MINOR:
        return Version(version.major, version.minor + 1, 0)
    return Version(version.major, version.minor, version.patch + 1)


def first_release(stated: Version) -> Version:
    """The first stable release of a project that states this version, without its pre-release part."""
    core = core_of(stated)
    return FIRST if core == Version(0, 0, 0) else core


def core_of(version: Version) -> Version:
    return replace(version, prerelease=())


def pre_release(core: Version, channel: str, taken: Iterable[Version]) -> Version:
    """The next of `1.3.0-rc.1`, `1.3.0-rc.2`, … that comes after all that are `taken`.

    Raises:
        Refused: `channel_invalid`.
    """
    if not _CHANNEL.fullmatch(channel):
        raise Refused(
            "channel_invalid",
            f"{quoted(channel)} can't name pre-releases.",
            "Use 1 to 20 letters, digits and hyphens, beginning with a letter, such as rc.",
        )
    numbers = [int(v.prerelease[1]) for v in taken if core_of(v) == core and _is_numbered(v, channel)]
    return replace(core, prerelease=(channel, str(max(numbers, default=0) + 1)))


def declared_level(older: Version, newer: Version) -> Level | None:
    """What two versions say that has changed; None if the newer one is not higher. Below 1.0.0, a minor version says
    what a major one says above."""
    if newer <= older:
        return None
    if newer.major != older.major:
        return Level.MAJOR
    if newer.minor != older.minor:
        return Level.MINOR if newer.major else Level.MAJOR
    # From a pre-release to its release, all that was announced for the release may change.
    return declared_of(newer) if older.prerelease and core_of(older) == core_of(newer) else Level.PATCH


def declared_of(version: Version) -> Level:
    """What a release says by itself: `2.0.0` is a major one, `2.1.0` a minor one."""
    if not version.patch:
        return Level.MINOR if version.minor and version.major else Level.MAJOR
    return Level.PATCH


def _is_numbered(version: Version, channel: str) -> bool:
    return len(version.prerelease) == 2 and version.prerelease[0] == channel and version.prerelease[1].isdigit()
