"""Which releases a rollback may choose, and which ones a channel may be moved to, by what is outside of the channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from edgeship.domain.calendar.gate import Gate
from edgeship.domain.channels.channel import Moved
from edgeship.domain.errors import Refused
from edgeship.domain.releases.release import Release
from edgeship.domain.requirements.environment import EnvironmentRecord
from edgeship.domain.requirements.requirement import first_unmet
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Ineligible:
    """Why a release is no target: a code for programs, a clause after its version (`its files are gone`), and the whole
    sentence."""

    code: str
    clause: str
    reason: str


IneligibleReleases = Mapping[Version, Ineligible]
ALL_ELIGIBLE: IneligibleReleases = MappingProxyType({})


def gone(widget: str, version: Version) -> Ineligible:
    """Of a release whose files are not there."""
    return Ineligible(
        "files_gone",
        "its files are gone",
        f"The files of {widget} {version} are not in the site bucket any more: browsers would get nothing.",
    )


def refuse_gone(release: Release) -> Refused:
    """Why a release is not promoted."""
    why = gone(release.widget, release.version)
    return Refused(why.code, why.reason, "Restore them from the bucket, or publish a new version.")


def unserved(releases: Iterable[Release], environment: EnvironmentRecord) -> IneligibleReleases:
    """The releases that a rollback passes over because what runs in the environment does not serve them."""
    found = {}
    for release in releases:
        unmet = first_unmet(release, environment, rescue=True)
        if unmet is not None:
            why = unmet.refused(release)
            found[release.version] = Ineligible(why.code, unmet.clause("it"), why.reason)
    return found


def only_served(moved: Moved, release: Release, environment: EnvironmentRecord | None) -> Moved:
    """A change that brings a release to users, conditioned on the environment as it was read. `environment` is None for
    a release that requires nothing.

    Raises:
        Refused: `requirement_unmet` or `requirement_unknown`.
    """
    if environment is None:
        return moved
    unmet = first_unmet(release, environment)
    if unmet is not None:
        raise unmet.refused(release)
    return replace(moved, unchanged=(*moved.unchanged, environment))


def and_served(gate: Gate, release: Release, environment: EnvironmentRecord | None) -> Gate:
    """The gate for one release: a closed one stays closed for the same reason."""
    if environment is None:
        return gate
    unmet = first_unmet(release, environment)
    closed = unmet.clause(str(release.version)) if gate.closed is None and unmet is not None else gate.closed
    return Gate(closed, (*gate.relies_on, environment))
