"""The edge's snapshot: the release that every moving path means. Built from the table's state, never from events."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from edgeship.domain.channels.channel import Channel
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version

SCHEMA = 1

Routes = dict[str, Any]
"""One widget's entry: `{"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {"1": "1.4.2", "1.4": "1.4.2"}}`.

A channel whose version a flag chooses has `"flag": key`, too; the entry then lists the `"versions"` that it may choose.
A channel with a running rollout has `"candidate": version` and `"percent"`, which is 0 while it is paused."""


def routes_of(channels: Iterable[Channel], releases: Iterable[Release]) -> Routes:
    """What a widget's channels and ranges mean now.

    A range chooses its newest release that has been promoted and is not quarantined; pre-releases are in no range, as
    in npm's "max satisfying" (https://github.com/npm/node-semver#prerelease-tags).
    """
    newest: dict[str, Version] = {}
    listed, known = list(channels), list(releases)
    for release in known:
        version = release.version
        if release.promoted_at is None or release.quarantine is not None or version.prerelease:
            continue
        for selector in (f"{version.major}", f"{version.major}.{version.minor}"):
            newest[selector] = max(newest.get(selector, version), version)
    quarantined = {release.version for release in known if release.quarantine is not None}
    routes: Routes = {
        "channels": {c.name: _channel_entry(c, quarantined) for c in listed if c.version is not None},
        "ranges": {selector: str(version) for selector, version in sorted(newest.items())},
    }
    if any(channel.flag for channel in listed):
        routes["versions"] = [str(release.version) for release in known if release.quarantine is None]
    return routes


def _channel_entry(channel: Channel, quarantined: Collection[Version]) -> dict[str, Any]:
    entry: dict[str, Any] = {"stable": str(channel.version)}
    if channel.flag:
        entry["flag"] = channel.flag
    # A rollback of another channel may quarantine the candidate before this channel's rollout has ended.
    if channel.rollout is not None and channel.candidate is not None and channel.candidate not in quarantined:
        entry |= {"candidate": str(channel.candidate), "percent": channel.rollout.percent}
    return entry


def next_snapshot(
    snapshot: Mapping[str, Any] | None,
    routes: Mapping[str, Routes],
    flags: Mapping[str, Any] | None,
    built_at: int = 0,
) -> dict[str, Any] | None:
    """The next snapshot, with these widgets' entries and these flags (None: unchanged); None when nothing changes.

    Unknown parts of the old snapshot are kept.

    The first snapshot has the revision `built_at`, the Unix time in seconds. If a snapshot was lost, that is above
    every revision before it, as long as there was less than one write a second. So an edge that has an old one takes
    the new one at once.
    """
    before = snapshot or {"schema": SCHEMA, "revision": built_at, "widgets": {}}
    after = {**before, "widgets": dict(sorted({**before["widgets"], **routes}.items()))}
    if flags is not None and (flags or "flags" in before):
        after["flags"] = dict(sorted(flags.items()))
    if snapshot is not None and json.dumps(after) == json.dumps(before):
        return None
    return {**after, "revision": before["revision"] + 1}
