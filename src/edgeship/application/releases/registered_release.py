"""Finding a release by its version."""

from __future__ import annotations

from edgeship.application.releases.ports import ReleaseState
from edgeship.domain.errors import Refused
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


def registered_release(state: ReleaseState, widget: str, version: Version) -> Release:
    """
    Raises:
        Refused: `not_registered`, naming the versions that are.
    """
    release = state.release(widget, version)
    if release is None:
        known = [str(r.version) for r in state.releases(widget)]
        raise Refused(
            "not_registered",
            f"{widget} {version} is not a registered release.",
            f"Registered are: {', '.join(known)}." if known else f"{widget} has none; publish one first.",
        )
    return release
