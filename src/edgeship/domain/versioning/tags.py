"""Tags of releases: `v1.2.3` for the project in the top folder of a repository, `widget@1.2.3` for one inside."""

from __future__ import annotations

from collections.abc import Iterable

from edgeship.domain.errors import Refused
from edgeship.domain.version import Version


def tag_prefix(folder: str, widget: str) -> str:
    """What stands before the version; `folder` is the project's, relative to the top of the repository, empty for the
    top itself. So the widgets of one repository never share a tag."""
    return f"{widget}@" if folder else "v"


def tagged_versions(names: Iterable[str], prefix: str) -> dict[Version, str]:
    """The tags that name a version behind the prefix, by version. Other tags are not of this project, or of no
    release."""
    found = {}
    for name in names:
        if name.startswith(prefix):
            try:
                found[Version.parse(name.removeprefix(prefix))] = name
            except Refused:
                continue
    return found


def last_release(versions: Iterable[Version]) -> Version | None:
    """The highest version that is no pre-release."""
    return max((version for version in versions if not version.prerelease), default=None)
