"""Releases: registered once, never changed, and quarantined when they are found bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.provenance.signed import Signed
from edgeship.domain.releases.contents.surface_check import SurfaceCheck
from edgeship.domain.releases.entry import Entry
from edgeship.domain.releases.manifest import Manifest
from edgeship.domain.requirements.requirement import Requirement
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Quarantine:
    """Since when (RFC 3339), by whom and why a release must not be chosen."""

    since: str
    actor: str
    cause: str


@dataclass(frozen=True)
class Pruned:
    """Since when (RFC 3339), by whom and why a release's objects may be deleted: nothing chooses it any more."""

    since: str
    actor: str
    cause: str


@dataclass(frozen=True)
class Cancelled:
    """In which channel, since when (RFC 3339), by whom and why a release's rollout was ended without blame."""

    channel: str
    since: str
    actor: str
    cause: str


@dataclass(frozen=True)
class Release:
    """A version whose files and manifest are all in the site bucket.

    `revision` counts this record's writes; 0 is a record not yet written. `promoted_at` is when a channel first pointed
    at it; ranges such as `~1` choose it only from then on. `entry` is None if it was registered before kinds
    were known: then it is served in place.
    """

    widget: str
    version: Version
    digest: str
    entrypoint: str
    files: int
    total_bytes: int
    created_at: str
    git_commit: str | None
    registered_at: str
    registered_by: str
    promoted_at: str | None = None
    quarantine: Quarantine | None = None
    entry: Entry | None = None
    cancelled: tuple[Cancelled, ...] = ()
    """At most one a channel."""
    requires: tuple[Requirement, ...] = ()
    check: SurfaceCheck | None = None
    """None if nothing was live when it was uploaded, or it was uploaded before surfaces were known."""
    pruned: Pruned | None = None
    signed: Signed | None = None
    """None for a release that nobody had to sign."""
    revision: int = 0

    @property
    def may_be_chosen(self) -> bool:
        """Whether channels and ranges may choose it: it is neither quarantined nor pruned."""
        return self.quarantine is None and self.pruned is None

    def summary(self) -> dict[str, Any]:
        """What events say of a release."""
        return {
            "version": str(self.version),
            "digest": self.digest,
            "entrypoint": self.entrypoint,
            "kind": self.entry.kind.value if self.entry else None,
            "imported": self.entry.imported if self.entry else None,
            "files": self.files,
            "total_bytes": self.total_bytes,
            "git_commit": self.git_commit,
            **({"requires": {each.name: each.range for each in self.requires}} if self.requires else {}),
            **({"check": self.check.to_dict()} if self.check is not None else {}),
            "signed_by": self.signed.identity if self.signed else None,
        }


def register(
    manifest: Manifest, occasion: Occasion, check: SurfaceCheck | None = None, signed: Signed | None = None
) -> tuple[Release, Event]:
    """Record a release whose manifest has been published, with the comparison of its surface."""
    release = Release(
        widget=manifest.widget,
        version=manifest.version,
        digest=manifest.digest,
        entrypoint=manifest.entrypoint,
        files=len(manifest.files),
        total_bytes=manifest.total_bytes,
        created_at=manifest.created_at,
        git_commit=manifest.git_commit,
        registered_at=timestamp(occasion.at),
        registered_by=occasion.actor,
        entry=manifest.entry,
        requires=manifest.requires,
        check=check,
        signed=signed,
    )
    event = Event.of(
        EventType.RELEASE_REGISTERED,
        occasion,
        release.widget,
        (release.version,),
        old=None,
        new=release.summary(),
    )
    return release, event
