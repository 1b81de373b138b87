"""Quarantine: no channel and no range may choose a release that was found bad."""

from __future__ import annotations

from dataclasses import replace

from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.releases.release import Quarantine, Release


def refuse_quarantined(release: Release) -> None:
    """
    Raises:
        Refused: `quarantined`, or `pruned`.
    """
    if release.pruned is not None:
        raise Refused(
            "pruned",
            f"{release.widget} {release.version} was pruned at {release.pruned.since} by {release.pruned.actor}: its "
            "files are deleted.",
            "Publish it under a new version.",
        )
    if release.quarantine is not None:
        raise Refused(
            "quarantined",
            f"{release.widget} {release.version} is quarantined since {release.quarantine.since} "
            f"({release.quarantine.cause}).",
            f"Publish a fixed version, or release it: edgeship unquarantine {release.widget} {release.version}.",
        )


def quarantine(release: Release, occasion: Occasion) -> tuple[tuple[Release, ...], tuple[Event, ...]]:
    """Keep a release out of every channel and range: what that changes, and its event; nothing if it is quarantined
    already."""
    if release.quarantine is not None:
        return (), ()
    after = replace(release, quarantine=Quarantine(timestamp(occasion.at), occasion.actor, occasion.cause))
    return (after,), (_quarantine_event(EventType.RELEASE_QUARANTINED, release, occasion, quarantined=True),)


def unquarantine(release: Release, occasion: Occasion) -> tuple[Release, Event]:
    """Let a quarantined release be chosen again.

    Raises:
        Refused: `not_quarantined`.
    """
    if release.quarantine is None:
        raise Refused(
            "not_quarantined",
            f"{release.widget} {release.version} is not quarantined.",
            "There is nothing to release.",
        )
    event = _quarantine_event(EventType.RELEASE_UNQUARANTINED, release, occasion, quarantined=False)
    return replace(release, quarantine=None), event


def _quarantine_event(kind: EventType, release: Release, occasion: Occasion, *, quarantined: bool) -> Event:
    # The record's revision makes each quarantine of a version a different event.
    return Event.of(
        kind,
        occasion,
        release.widget,
        (release.version, release.revision),
        old={"version": str(release.version), "quarantined": not quarantined},
        new={"version": str(release.version), "quarantined": quarantined},
    )
