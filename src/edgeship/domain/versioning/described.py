"""The version of a build whose project states none: from its tags, as `git describe` would."""

from __future__ import annotations

from edgeship.domain.version import Version
from edgeship.domain.versioning.levels import Level, raised

CHANNEL = "dev"
_NAME_LENGTH = 10


def described_version(last: Version | None, commits: int, sha: str) -> Version:
    """The version of a commit that is `commits` after the release `last`, or after nothing: a pre-release of what
    follows, `1.4.3-dev.7.g3f0c9a1b2d`. No channel moves to a pre-release automatically."""
    core = raised(last, Level.PATCH) if last is not None else Version(0, 0, 0)
    # The letter keeps a name of digits alone from being a number with a zero before it.
    return Version(core.major, core.minor, core.patch, (CHANNEL, str(commits), f"g{sha[:_NAME_LENGTH]}"))
