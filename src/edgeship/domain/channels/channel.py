"""Channels: a name such as `latest` that points at one release, with a linear history.

- every move has the next sequence number, and starts from the version that the last move ended on
- a channel never moves to a release that is not registered or that is quarantined
- a rollback quarantines the version that was live, locks the channel, and never moves it to a quarantined version
- while a channel is locked, uploads don't move it; operators still can
- a move ends a running or paused rollout, and opens or closes the rollback window
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.rollout import Rollout
from edgeship.domain.events import Event, Occasion, timestamp
from edgeship.domain.releases.release import Release
from edgeship.domain.requirements.environment import EnvironmentRecord
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Lock:
    """Since when (RFC 3339), by whom and why uploads don't move the channel."""

    since: str
    actor: str
    cause: str


@dataclass(frozen=True)
class Watch:
    """How long (aware) a channel's version is watched after the move to it, and whether it is rolled back automatically
    when it is unhealthy. If not, people are only notified."""

    until: datetime
    automatic_rollback: bool

    def rolls_back(self, at: datetime) -> bool:
        """Whether a breach at this time (aware) rolls the channel back."""
        return self.automatic_rollback and at < self.until


@dataclass(frozen=True)
class Channel:
    """`trail` has the good versions that it pointed at before, the most recent last; `sequence` counts its moves.

    `revision` counts this record's writes; 0 is a record not yet written.
    """

    widget: str
    name: str
    version: Version | None = None
    sequence: int = 0
    moved_at: str | None = None
    moved_by: str | None = None
    trail: tuple[Version, ...] = ()
    lock: Lock | None = None
    revision: int = 0
    flag: str | None = None
    """The flag whose string variant chooses among live releases for each user; `version` serves everybody else."""
    rollout: Rollout | None = None
    """The running or paused one, or the last one that ended."""
    exposed_at: datetime | None = None
    """Since when (aware) traffic has reached `version` without a break, its time as a candidate included."""
    watch: Watch | None = None
    alert: Alert | None = None
    """Of the live version."""
    incident: str | None = None
    """The id of the critical event that opened the channel's incident, while it goes on."""

    @property
    def candidate(self) -> Version | None:
        """The version of the running or paused rollout."""
        return self.rollout.candidate if self.rollout is not None and self.rollout.active else None

    @property
    def exposed(self) -> tuple[Version, ...]:
        """The versions whose health counts: the live one while it is watched, and then the candidate."""
        live = (self.version,) if self.watch is not None and self.version is not None else ()
        return (*live, self.candidate) if self.candidate is not None else live

    @property
    def shown(self) -> tuple[Version, ...]:
        """The versions that have a health page: those that are exposed, and what a candidate is compared with."""
        stable = self.version if self.candidate is not None and self.exposed_at is not None else None
        return self.exposed if stable is None or stable in self.exposed else (stable, *self.exposed)

    @property
    def is_watched(self) -> bool:
        """Whether the minute tick has something to check here."""
        return self.candidate is not None or self.watch is not None

    def locked(self, occasion: Occasion) -> Channel:
        """The channel with a lock; a lock that it has stays."""
        return replace(self, lock=self.lock or Lock(timestamp(occasion.at), occasion.actor, occasion.cause))

    def summary(self) -> dict[str, Any]:
        """The channel in events."""
        return {
            "channel": self.name,
            "version": str(self.version) if self.version else None,
            "sequence": self.sequence,
            "locked": self.lock is not None,
            **({"flag": self.flag} if self.flag else {}),
        }


@dataclass(frozen=True)
class Moved:
    """All that a change of a channel writes, in one transaction."""

    channel: Channel
    events: tuple[Event, ...]
    changed: tuple[Release, ...] = ()
    unchanged: tuple[Release | FreezeRecord | EnvironmentRecord, ...] = ()
    """Records whose state the decision depends on: the write is conditioned on it."""
