"""Which releases get metrics: those that the edge's snapshot can lead a browser to, up to a bound.

Every widget and version that beacons may name costs ten metrics at most, one of them custom, and anybody can send a
beacon: a beacon of any other release is refused. The bounds are filled in this order, of all widgets:

1. the candidates of rollouts, with the stable versions that they are compared with
2. what is within its rollback window
3. what else the channels mean, stable and candidate: these are analysed, too
4. what their ranges mean, the newest first
5. what a flag may choose, the newest first
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST, check_widget
from edgeship.domain.telemetry.custom_metrics import is_custom_metric
from edgeship.domain.version import Version

MAX_VERSIONS_A_WIDGET = 10
MAX_RELEASES = 1_000
"""In an environment; each has one of every `Metric`."""

ANY_REPORT = "any_report"
"""In a widget's entry of the snapshot: its policy counts every report."""

Releases = frozenset[tuple[str, Version]]
"""Widgets and versions."""

WATCHED = "watched"
"""In the entry of a channel: its rollback window is open."""

_Rank = Callable[[Mapping[str, Any]], Iterable[Version]]


def measurable_releases(snapshot: object) -> Releases:
    """The releases that a snapshot (see edgeship.domain.edge.snapshot) lets beacons name.

    Malformed parts name no release; nothing is raised, whatever the document holds.
    """
    widgets = {name: routes for name, routes in _object(_object(snapshot).get("widgets")).items() if _is_widget(name)}
    chosen: dict[str, set[Version]] = {name: set() for name in widgets}
    ranks: tuple[_Rank, ...] = (_in_rollouts, _in_windows, _in_channels, _in_ranges, _for_flags)
    left = MAX_RELEASES
    for rank, (name, routes) in product(ranks, widgets.items()):
        if not left:
            break
        versions = chosen[name]
        for version in rank(_object(routes)):
            if not left or len(versions) == MAX_VERSIONS_A_WIDGET:
                break
            if version not in versions:
                versions.add(version)
                left -= 1
    return frozenset((name, version) for name, versions in chosen.items() for version in versions)


def live_releases(snapshot: object) -> Releases:
    """The releases that channels lead to, stable or as a candidate: all of these should be analysed."""
    widgets = {name: routes for name, routes in _object(_object(snapshot).get("widgets")).items() if _is_widget(name)}
    return frozenset((name, version) for name, routes in widgets.items() for version in _in_channels(_object(routes)))


def declared_custom_metrics(snapshot: object) -> dict[str, str]:
    """The custom metric that each widget's policy names, of those that name one."""
    widgets = _object(_object(snapshot).get("widgets"))
    named = {widget: _object(routes).get("custom_metric") for widget, routes in widgets.items()}
    return {widget: name for widget, name in named.items() if isinstance(name, str) and is_custom_metric(name)}


def open_widgets(snapshot: object) -> frozenset[str]:
    """The widgets whose policy counts every report, with or without a token (`networks` 0)."""
    widgets = _object(_object(snapshot).get("widgets"))
    return frozenset(name for name, routes in widgets.items() if _object(routes).get(ANY_REPORT) is True)


def versions_in_two(snapshot: object) -> dict[tuple[str, Version], frozenset[str]]:
    """The releases that two channels or more lead to, stable or as a candidate, and these channels.

    Their sessions are kept apart by channel: see edgeship.domain.telemetry.metrics.
    """
    found: dict[tuple[str, Version], set[str]] = {}
    for widget, routes in _object(_object(snapshot).get("widgets")).items():
        for channel, entry in _object(_object(routes).get("channels")).items():
            for version in _versions((_object(entry).get("stable"), _object(entry).get("candidate"))):
                found.setdefault((widget, version), set()).add(channel)
    return {release: frozenset(channels) for release, channels in found.items() if len(channels) > 1}


def _in_rollouts(routes: Mapping[str, Any]) -> Iterator[Version]:
    for entry in _channels(routes):
        if "candidate" in entry:
            yield from _versions((entry.get("candidate"), entry.get("stable")))


def _in_windows(routes: Mapping[str, Any]) -> Iterator[Version]:
    yield from _versions(entry.get("stable") for entry in _channels(routes) if entry.get(WATCHED) is True)


def _in_channels(routes: Mapping[str, Any]) -> Iterator[Version]:
    for entry in _channels(routes):
        yield from _versions((entry.get("stable"), entry.get("candidate")))


def _channels(routes: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Their entries, that of `latest` first."""
    channels = _object(routes.get("channels"))
    return [_object(channels[name]) for name in sorted(channels, key=lambda name: (name != LATEST, name))]


def _in_ranges(routes: Mapping[str, Any]) -> list[Version]:
    return sorted(_versions(_object(routes.get("ranges")).values()), reverse=True)


def _for_flags(routes: Mapping[str, Any]) -> list[Version]:
    named: list[object] = []
    for entry in _object(routes.get("channels")).values():
        listed = _object(_object(entry).get("by_flag")).get("versions")
        named += listed if isinstance(listed, list) else ()
    return sorted(_versions(named), reverse=True)


def _versions(texts: Iterable[object]) -> Iterator[Version]:
    for text in texts:
        if isinstance(text, str):
            try:
                yield Version.parse(text)
            except Refused:
                continue


def _is_widget(name: object) -> bool:
    try:
        return isinstance(name, str) and bool(check_widget(name))
    except Refused:
        return False


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
