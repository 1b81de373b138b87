"""What a widget's channels and ranges mean, computed from the table's state, never from events.

A widget's entry in the snapshot is
`{"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {"1": "1.4.2", "1.4": "1.4.2"}, "releases": {"1.4.2": []}}`.

`releases` says how each of these versions is served:

| | |
|---|---|
| `[]` | pinned by a redirect |
| `[1]` | in place |
| `[entrypoint, hash]` | pinned; the entrypoint by a script that inserts it: its SHA-256 in base64 without the `=` |
| `[entrypoint, "*"]` | pinned; the entrypoint by a module that exports what it exports |
| `[entrypoint, "*default"]` | the same, of a module with a default export |

`custom_metric`, if there is one, is the name of the one that the widget's policy judges: values of it are kept.

`live` has the live versions (edgeship.domain.edge.live_versions), and `serve` the policy that `releases` follows: with
both, a change of one release needs no look at the others.

A channel with a running rollout has `"candidate": version` and `"percent"`, which is 0 while it is paused. A channel
within its rollback window has `"watched": true`. A channel that a flag routes has `"flag": key`, and `"by_flag"`: what
`compile_route` makes of the flag, the `versions` that its choices number, and the tokens of its `targets`. If the
router can't decide the flag, `"not_routable"` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.edge.flag_route import NotRoutable, compile_route
from edgeship.domain.edge.live_versions import LiveVersions, live_versions, newest_in_ranges
from edgeship.domain.edge.route_values import (
    EXPORTS,
    EXPORTS_DEFAULT,
    MAX_VALUE_BYTES,
    Routes,
    among_channels,
    value_of,
)
from edgeship.domain.errors import Refused
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.release import Release
from edgeship.domain.releases.serving import Serve, pinned
from edgeship.domain.telemetry.metric_registry import ANY_REPORT, WATCHED
from edgeship.domain.version import Version

IN_PLACE = 1
MAX_ENTRYPOINT = 200
"""Characters of an entrypoint's path in a value, which has 1,024 bytes: a longer one is served in place."""


def routes_of(
    channels: Iterable[Channel],
    releases: Iterable[Release],
    serve: Serve,
    flags: Mapping[str, Mapping[str, Any]],
    environment: str,
    testers: Collection[str] = (),
    *,
    any_report: bool = False,
    custom_metric: str = "",
) -> Routes:
    """What a widget's channels and ranges mean now, from all of its releases; see `Known` and `routes_from`."""
    every = list(releases)
    known = Known(live_versions(every), {release.version: release for release in every})
    return routes_from(
        channels, known, serve, flags, environment, testers, any_report=any_report, custom_metric=custom_metric
    )


@dataclass(frozen=True)
class Known:
    """What is known of a widget's releases: which are live, the records of some, and of others how they are served.

    The records must be there of each version that a channel has, as its version or its candidate, and of each that
    `named_versions` finds in flags.
    """

    live: LiveVersions
    releases: Mapping[Version, Release]
    served: Mapping[str, list[Any]] = field(default_factory=dict)


def routes_from(
    channels: Iterable[Channel],
    known: Known,
    serve: Serve,
    flags: Mapping[str, Mapping[str, Any]],
    environment: str,
    testers: Collection[str] = (),
    *,
    any_report: bool = False,
    custom_metric: str = "",
) -> Routes:
    """What a widget's channels and ranges mean now.

    Args:
        serve: the widget's policy.
        flags: the entries of the environment's flags (edgeship.domain.flags.snapshot_entry), by key.
        testers: tokens of the users who get the candidate of a running rollout at any percentage.
        any_report: whether the policy counts beacons without a token, see edgeship.domain.telemetry.metric_registry.
        custom_metric: the name of the custom metric that the widget's policy judges.
    """
    listed = [channel for channel in channels if channel.version is not None]
    ranges = newest_in_ranges(known.live)
    good = {release.version for release in known.releases.values() if release.may_be_chosen}
    good.update(ranges.values())
    routes: Routes = {
        "channels": {channel.name: _channel_entry(channel, good, testers) for channel in listed},
        "ranges": {selector: str(version) for selector, version in sorted(ranges.items())},
    }
    for channel in listed:
        if channel.flag:
            named = _chosen_by(ranges, {c.name: c.version for c in listed}, good)
            routes["channels"][channel.name] |= _by_flag(channel, named, flags, environment)
    routes["releases"] = {str(version): _how(known, version, serve) for version in sorted(_mentioned(routes))}
    routes |= {"live": dict(known.live), "serve": serve, **({ANY_REPORT: True} if any_report else {})}
    routes |= {"custom_metric": custom_metric} if custom_metric else {}
    _refuse_too_long(routes)
    return routes


def named_versions(channels: Iterable[Channel], flags: Mapping[str, Mapping[str, Any]]) -> set[Version]:
    """The versions that flags name as such, of the flags that route one of the channels."""
    values = (
        value
        for channel in channels
        for value in flags.get(channel.flag or "", {}).get("variants", {}).values()
        if isinstance(value, str)
    )
    return {version for version in map(_version_named, values) if version is not None}


def how(release: Release, serve: Serve) -> list[Any]:
    """How a release is served under a moving path; see `Routes`."""
    entry, path = release.entry, quote(release.entrypoint)
    if entry is None or not pinned(serve, entry):
        return [IN_PLACE]
    if entry.kind is Kind.CLASSIC:
        by_script = entry.integrity.removeprefix("sha256-").rstrip("=")
    elif entry.imported:
        by_script = EXPORTS_DEFAULT if entry.default_export else EXPORTS
    else:
        return []
    return [path, by_script] if len(path) <= MAX_ENTRYPOINT else [IN_PLACE]


def _how(known: Known, version: Version, serve: Serve) -> list[Any]:
    release = known.releases.get(version)
    return how(release, serve) if release is not None else list(known.served.get(str(version), [IN_PLACE]))


def _version_named(value: str) -> Version | None:
    try:
        return Version.parse(value.removeprefix("~").removeprefix("v"))
    except Refused:
        return None


def _channel_entry(channel: Channel, good: Collection[Version], testers: Collection[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"stable": str(channel.version)}
    if channel.watch is not None:
        entry[WATCHED] = True
    if channel.flag:
        entry["flag"] = channel.flag
    # A rollback of another channel may quarantine the candidate before this channel's rollout has ended.
    if channel.rollout is not None and channel.candidate is not None and channel.candidate in good:
        entry |= {"candidate": str(channel.candidate), "percent": channel.rollout.percent}
        if testers and channel.rollout.phase is Phase.RUNNING:
            entry["testers"] = sorted(testers)
    return entry


def _chosen_by(
    ranges: Mapping[str, Version], channels: Mapping[str, Version | None], good: Collection[Version]
) -> Callable[[Any], Version | None]:
    """The version that a flag's value names: a version, a channel or a range.

    Another channel may still point at a version that was rolled back, so the result is checked as well.
    """

    def chosen(value: Any) -> Version | None:
        if type(value) is not str:
            return None
        name = value.removeprefix("~")
        version = ranges.get(name) or channels.get(name) or _version_named(value)
        return version if version in good else None

    return chosen


def _by_flag(
    channel: Channel,
    named: Callable[[Any], Version | None],
    flags: Mapping[str, Mapping[str, Any]],
    environment: str,
) -> dict[str, Any]:
    flag = channel.flag or ""
    if flag not in flags:
        return {"not_routable": f"there is no flag {flag}"}
    versions: list[str] = []

    def choice(value: Any) -> int:
        version = named(value)
        if version is None:
            return -1
        if str(version) not in versions:
            versions.append(str(version))
        return versions.index(str(version))

    try:
        compiled = compile_route(flag, flags[flag], environment, channel.widget, channel.name, choice)
    except NotRoutable as reason:
        return {"not_routable": f"the router can't decide flag {flag}: {reason}"}
    return {"by_flag": {**compiled.compiled, "versions": versions, "targets": list(compiled.targets)}}


def _refuse_too_long(routes: Routes) -> None:
    """A flag's route that does not fit into a value is none. Those with target users must fit into one together, in the
    order that they have there: it decides how many digits an index has."""
    with_targets: list[str] = []
    for name in sorted(routes["channels"], key=among_channels):
        entry = routes["channels"][name]
        if "by_flag" not in entry:
            continue
        together = [*with_targets, name] if entry["by_flag"]["targets"] else [name]
        if len(value_of(routes, together, more=True, testers=False)) > MAX_VALUE_BYTES:
            del entry["by_flag"]
            entry["not_routable"] = f"flag {entry['flag']} has too many dates, shares or releases for a route"
        elif entry["by_flag"]["targets"]:
            with_targets = together


def _mentioned(routes: Routes) -> set[Version]:
    """Every version that a request may be given."""
    texts = set(routes["ranges"].values())
    for entry in routes["channels"].values():
        texts |= {entry["stable"], *entry.get("by_flag", {}).get("versions", ())}
        if "candidate" in entry:
            texts.add(entry["candidate"])
    return {Version.parse(text) for text in texts}
