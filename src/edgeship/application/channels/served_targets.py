"""A rollback moves only to a release whose files are there, and which what runs in the environment serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from edgeship.application.releases.ports import ReleaseFiles
from edgeship.application.requirements.ports import RequirementState
from edgeship.application.requirements.read_environment import environment_for
from edgeship.domain.channels.channel import Moved
from edgeship.domain.channels.conditions.eligible import ALL_ELIGIBLE, IneligibleReleases, gone, unserved
from edgeship.domain.channels.moves import target_of
from edgeship.domain.releases.release import Release

T = TypeVar("T", bound=Moved | None)


def to_what_is_served(
    decide: Callable[[IneligibleReleases], T],
    releases: Iterable[Release],
    state: RequirementState,
    files: ReleaseFiles,
) -> tuple[T, IneligibleReleases]:
    """What is decided without the targets that are not eligible, and these. The change is conditioned on the
    environment if it was read; a target whose files are gone is found when it would be chosen."""
    releases = list(releases)
    environment = environment_for(state, releases)
    ineligible = unserved(releases, environment) if environment is not None else ALL_ELIGIBLE
    while True:
        moved = decide(ineligible)
        target = target_of(moved) if moved is not None else None
        if target is None or not files.are_gone(target):
            if moved is not None and environment is not None:
                moved = replace(moved, unchanged=(*moved.unchanged, environment))
            return moved, ineligible
        ineligible = {**ineligible, target.version: gone(target.widget, target.version)}
