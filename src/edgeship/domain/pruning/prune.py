"""Mark a release as pruned: from then on nothing chooses or serves it, and its objects may go."""

from __future__ import annotations

from dataclasses import replace

from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.releases.release import Pruned, Release


def prune(release: Release, occasion: Occasion) -> tuple[Release, Event]:
    """The release with the mark."""
    after = replace(release, pruned=Pruned(timestamp(occasion.at), occasion.actor, occasion.cause))
    return after, _event(EventType.RELEASE_PRUNED, release, occasion, pruned=True)


def keep(release: Release, occasion: Occasion) -> tuple[Release, Event]:
    """The release without the mark: something came to need it before its objects went."""
    return replace(release, pruned=None), _event(EventType.RELEASE_KEPT, release, occasion, pruned=False)


def _event(kind: EventType, release: Release, occasion: Occasion, *, pruned: bool) -> Event:
    version = str(release.version)
    return Event.of(
        kind,
        occasion,
        release.widget,
        (release.version, release.revision),
        old={"version": version, "pruned": not pruned},
        new={"version": version, "pruned": pruned},
    )
