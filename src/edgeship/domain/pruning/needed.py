"""Which releases of a widget something needs, and which may be pruned.

A release is needed as long as any of these holds:
- a channel points at it, rolls it out, or would roll back to it among its first targets
- a range means it, or would mean it if the newest were quarantined
- it waits to go live, a flag that routes a channel may choose it, or a person pins it
- it was live, a candidate, registered or quarantined not long ago
Pages that name an exact version are known to nobody: who prunes must pin what they name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.moves import rollback_targets
from edgeship.domain.edge.live_versions import live_versions, newest_in_ranges
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, timestamp
from edgeship.domain.naming import LATEST
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Facts:
    """What the rules need beside the channels and the releases. `mentioned` is when an event last named a version, and
    `since` (RFC 3339) from when on all events were read; None if all that there are. `chosen` are the texts that flags
    of the widget's channels may choose: versions and selectors."""

    older_than: timedelta
    keep: int
    now: datetime
    pinned: Collection[Version] = ()
    mentioned: Mapping[Version, str] = field(default_factory=dict)
    since: str | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """`prunable` are the releases that nothing needs, newest first; `needed` is why the others stay, by version."""

    prunable: tuple[Release, ...]
    needed: Mapping[Version, str]


def plan(releases: Sequence[Release], channels: Sequence[Channel], facts: Facts) -> Plan:
    """Those that were pruned before are in neither."""
    there = [release for release in releases if release.pruned is None]
    needed: dict[Version, str] = {}
    for version, why in (
        *_of_channels(there, channels, facts.keep),
        *_of_ranges(there),
        *_of_waiting(there, channels),
        *_of_flags(there, facts),
        *((version, "it is pinned") for version in facts.pinned),
        *_recent(there, facts),
    ):
        needed.setdefault(version, why)
    return Plan(tuple(release for release in there if release.version not in needed), needed)


def mentioned_in(events: Iterable[Event]) -> dict[Version, str]:
    """When the events last named each version as live or as a candidate."""
    found: dict[Version, str] = {}
    for event in events:
        for version in _named(event):
            found[version] = max(found.get(version, ""), event.occurred_at)
    return found


def _named(event: Event) -> Iterator[Version]:
    for summary in (event.old, event.new):
        rollout = (summary or {}).get("rollout")
        candidate = rollout.get("candidate") if isinstance(rollout, Mapping) else None
        for text in ((summary or {}).get("version"), candidate):
            if isinstance(text, str):
                try:
                    yield Version.parse(text)
                except Refused:  # of an upload that was rejected
                    continue


def _of_channels(releases: Sequence[Release], channels: Sequence[Channel], keep: int) -> Iterator[tuple[Version, str]]:
    for channel in channels:
        if channel.version is not None:
            yield channel.version, f"{channel.name} points at it"
        if channel.candidate is not None:
            yield channel.candidate, f"it is rolled out in {channel.name}"
        for version in rollback_targets(channel, releases)[:keep]:
            yield version, f"{channel.name} can be rolled back to it"


def _of_ranges(releases: Sequence[Release]) -> Iterator[tuple[Version, str]]:
    newest = newest_in_ranges(live_versions(releases))
    for name, version in newest.items():
        yield version, f"~{name} means it"
        others = [release for release in releases if release.version != version]
        following = newest_in_ranges(live_versions(others)).get(name)
        if following is not None:
            yield following, f"~{name} means it if {version} is quarantined"


def _of_waiting(releases: Iterable[Release], channels: Iterable[Channel]) -> Iterator[tuple[Version, str]]:
    latest = next((channel.version for channel in channels if channel.name == LATEST), None)
    for release in releases:
        if release.promoted_at is None and (latest is None or release.version > latest):
            yield release.version, "it may go live yet"


def _of_flags(releases: Iterable[Release], facts: Facts) -> Iterator[tuple[Version, str]]:
    chosen = facts.chosen
    for release in releases:
        if str(release.version) in chosen:
            yield release.version, f"flag {chosen[str(release.version)]} may choose it"


def _recent(releases: Iterable[Release], facts: Facts) -> Iterator[tuple[Version, str]]:
    begin = timestamp(facts.now - facts.older_than)
    mentioned = facts.mentioned
    for release in releases:
        quarantined = release.quarantine.since if release.quarantine is not None else ""
        # Where the history was not read to its end, the release may have been live until there.
        live = max(mentioned.get(release.version, facts.since or ""), release.promoted_at or "")
        for at, what in ((quarantined, "quarantined"), (live, "live"), (release.registered_at, "registered")):
            if at > begin:
                yield release.version, f"it was {what} at {at}"
                break
