"""Read what a release depends on, if it depends on anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.application.requirements.ports import RequirementState
    from edgeship.domain.releases.release import Release
    from edgeship.domain.requirements.environment import EnvironmentRecord


def environment_for(state: RequirementState, releases: Iterable[Release]) -> EnvironmentRecord | None:
    """What runs, if one of the releases requires something; else None, without a read: a change of the environment
    then can't be in the way of a move."""
    return state.environment() if any(release.requires for release in releases) else None
