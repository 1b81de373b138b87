"""Read from the table what a widget's channels and ranges mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from edgeship.application.edge.ports import EdgeState
from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge.live_versions import brought_up, newest_in_ranges
from edgeship.domain.edge.route_values import Routes
from edgeship.domain.edge.routes import Known, named_versions, routes_from, routes_of
from edgeship.domain.flags.flags_snapshot import flag_entries
from edgeship.domain.version import Version

_Flags = Mapping[str, Mapping[str, Any]]


def read_routes(state: EdgeState, environment: str, widget: str) -> Routes:
    """The widget's routes, from all of its releases. `environment` is the name that flags may be limited to; flags are
    read only if one routes a channel."""
    channels = state.channels(widget)
    policy = state.policy(widget).policy
    flags = _flags(state, channels)
    return routes_of(
        channels,
        state.releases(widget),
        policy.serve,
        flags,
        environment,
        policy.testers,
        any_report=policy.counts_any_report,
    )


def reread_routes(
    state: EdgeState, environment: str, widget: str, before: Routes, changed: Collection[Version]
) -> Routes:
    """The widget's routes, when of its releases these may have changed since `before`: only they are read, and those
    that channels and flags name. So the calls do not grow with the number of releases."""
    live = before.get("live")
    if live is None:  # written by a version that did not keep it
        return read_routes(state, environment, widget)
    channels, policy = state.channels(widget), state.policy(widget).policy
    flags = _flags(state, channels)
    in_channels = {version for c in channels for version in (c.version, c.candidate) if version is not None}
    named = {*changed, *in_channels, *named_versions(channels, flags)}
    releases = state.releases_among(widget, named)
    live = brought_up(live, releases)
    served = before["releases"] if before.get("serve") == policy.serve else {}
    others = {version for version in newest_in_ranges(live).values() if str(version) not in served} - named
    releases += state.releases_among(widget, others)
    known = Known(live, {release.version: release for release in releases}, served)
    return routes_from(
        channels, known, policy.serve, flags, environment, policy.testers, any_report=policy.counts_any_report
    )


def _flags(state: EdgeState, channels: Sequence[Channel]) -> _Flags:
    return flag_entries(state.flags()) if any(channel.flag for channel in channels) else {}
