"""Read from the table what a widget's channels and ranges mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from edgeship.application.edge.ports import EdgeState
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import Policy
from edgeship.domain.edge.live_versions import brought_up, newest_in_ranges
from edgeship.domain.edge.route_values import Routes
from edgeship.domain.edge.routes import Known, named_versions, routes_from, routes_of
from edgeship.domain.flags.flags_snapshot import flag_entries
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version

_Flags = Mapping[str, Mapping[str, Any]]


def read_routes(state: EdgeState, environment: str, widget: str) -> Routes:
    """The widget's routes, from all of its releases. `environment` is the name that flags may be limited to; flags are
    read only if one routes a channel."""
    return _read(state, environment, widget, state.policy(widget).policy, lambda: flag_entries(state.flags()))


def read_many_routes(state: EdgeState, environment: str, widgets: Collection[str], threads: int) -> dict[str, Routes]:
    """The same of many widgets, so many at a time: policies in batches, and flags once."""
    policies = state.policies(widgets)
    flags = cache(lambda: flag_entries(state.flags()))

    def read(widget: str) -> Routes:
        return _read(state, environment, widget, policies[widget].policy, flags)

    if threads == 1:
        return {widget: read(widget) for widget in widgets}
    with ThreadPoolExecutor(threads) as pool:
        return dict(zip(widgets, pool.map(read, widgets), strict=True))


def _read(
    state: EdgeState, environment: str, widget: str, policy: Policy, flags_of_all: Callable[[], _Flags]
) -> Routes:
    channels = state.channels(widget)
    flags = flags_of_all() if any(channel.flag for channel in channels) else {}
    return routes_under(policy, channels, state.releases(widget), flags, environment)


def routes_under(
    policy: Policy, channels: Iterable[Channel], releases: Iterable[Release], flags: _Flags, environment: str
) -> Routes:
    """The routes of what was read already; all of the policy that is in them."""
    return routes_of(
        channels,
        releases,
        policy.serve,
        flags,
        environment,
        policy.testers,
        any_report=policy.counts_any_report,
        custom_metric=policy.thresholds.custom_metric,
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
        channels,
        known,
        policy.serve,
        flags,
        environment,
        policy.testers,
        any_report=policy.counts_any_report,
        custom_metric=policy.thresholds.custom_metric,
    )


def _flags(state: EdgeState, channels: Sequence[Channel]) -> _Flags:
    return flag_entries(state.flags()) if any(channel.flag for channel in channels) else {}
