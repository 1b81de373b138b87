"""The keys and values of the edge's store: what the router (edgeship.domain.edge.router) reads of a widget's routes.

| key | value |
|---|---|
| `<widget>` | releases, or `{"v": releases, "c": choices, "m": 1}`; `m`: other selectors have keys of their own |
| `<widget>/<selector>` | the same, of a selector that did not fit into the widget's value |
| `<widget>/<selector>@<token>` | `1`: a target user of the flag that routes the channel, or a tester of its rollout |
| `.revision` | the revision of the snapshot that the store has; `0` while it is being brought up to one |

Releases are one text, `ENTRYPOINT|RELEASE|RELEASE…`, and one of them is `VERSION HOW SELECTOR SELECTOR…`, with the
selectors that mean it and nothing else. HOW is `-` pinned by a redirect, `=` in place, a hash for a script that inserts
the entrypoint, `*` or `*default` for a module that exports what the entrypoint does. `HOW:PATH` has another entrypoint.

`c` has the other selectors: `[stable, candidate, hundredths]`, two indices of releases and a percentage in 0.01 % while
a rollout runs, and a fourth element, 1, where it is asked whether the user is a tester; or `{"o": an index or such a
list, "k": salt, "p": phases}` of a flag.

Values from before this have a list of the releases in `v`, and the entrypoint in `e`. They are read until the relay has
written them again.

Limits: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions.html#kvs-limits
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.domain.bucketing import hundredths
from edgeship.domain.naming import LATEST

MAX_VALUE_BYTES = 1024
MAX_STORE_BYTES = 5 * 1024 * 1024
FULL_BYTES = MAX_STORE_BYTES * 9 // 10
"""From here on, ranges are left out, old minor ones first: moves of channels must still fit."""
_KEPT_MINORS = (50, 20, 10, 5, 2, 0)

Routes = dict[str, Any]
"""A widget's entry in the snapshot; see edgeship.domain.edge.routes."""
Values = dict[str, str]

REDIRECTED, IN_PLACE = "-", "="
"""How a release is served, where its entrypoint is nothing special."""
EXPORTS, EXPORTS_DEFAULT = "*", "*default"
"""How one is served whose entrypoint is a module that its own scripts import: without a default export, and with."""


@dataclass(frozen=True)
class StoredRelease:
    """A release in a value. `how` is as in the value; `entrypoint` is "" where it is nothing special."""

    version: str
    how: str
    entrypoint: str


def parsed(text: str) -> Mapping[str, Any]:
    """A value, with its releases as a list in `v` and the entrypoint in `e`."""
    value = json.loads(text) if text.startswith("{") else {"v": text}
    if not isinstance(value["v"], str):
        return {"e": "", **value}
    entrypoint, *releases = value["v"].split("|")
    return {**value, "e": entrypoint, "v": releases}


def entry_in(value: Mapping[str, Any], selector: str) -> Any:
    """What a value has for a selector: an index, a choice, or None."""
    if selector in value.get("c", {}):
        return value["c"][selector]
    for index, text in enumerate(value["v"]):
        if selector in text.split(" ")[2:]:
            return index
    return None


def release_in(value: Mapping[str, Any], index: int) -> StoredRelease:
    """The release with this index in a value."""
    version, served, *_ = value["v"][index].split(" ")
    how, _, path = served.partition(":")
    special = how not in (REDIRECTED, IN_PLACE)
    return StoredRelease(version, how, path or value["e"] if special else "")


def store_values(widgets: Mapping[str, Routes], full: int = FULL_BYTES) -> Values:
    """Every key and value but the revision. As many of the minor ranges of each widget are left out as it takes to stay
    below `full` bytes, the oldest first."""
    values = _all(widgets, None)
    for kept in _KEPT_MINORS:
        if size(values) <= full:
            break
        values = _all(widgets, kept)
    return values


def size(values: Mapping[str, str]) -> int:
    """Bytes of keys and values, as the store counts them."""
    return sum(len(key.encode()) + len(value.encode()) for key, value in values.items())


def widget_values(widget: str, routes: Routes, minors: int | None = None) -> Values:
    """A widget's keys and values; of its minor ranges only the newest `minors`.

    What comes first in the order of `_selectors` lies in the widget's own value, as far as it fits.
    """
    selectors = _selectors(routes, minors)
    inside: list[str] = []
    for number, name in enumerate(selectors, 1):
        if len(value_of(routes, [*inside, name], more=number < len(selectors))) > MAX_VALUE_BYTES:
            break
        inside.append(name)
    spilled = selectors[len(inside) :]
    values = {widget: value_of(routes, inside, more=bool(spilled))}
    # Of a spilled selector, the question for a tester would be a third read.
    values |= {f"{widget}/{name}": value_of(routes, [name], testers=False) for name in spilled}
    for name in inside:
        channel = routes["channels"].get(name, {})
        tokens = channel["testers"] if asks_testers(channel) else channel.get("by_flag", {}).get("targets", ())
        values |= {f"{widget}/{name}@{token}": "1" for token in tokens}
    return values


def asks_testers(channel: Mapping[str, Any]) -> bool:
    """Whether the router asks if the user is a tester: a request has at most two reads, and where the channel's flag
    has target users, the second is for them."""
    return "testers" in channel and not channel.get("by_flag", {}).get("targets")


def value_of(routes: Routes, selectors: list[str], *, more: bool = False, testers: bool = True) -> str:
    """The value with these selectors and their releases."""
    versions: list[str] = []

    def index(version: str) -> int:
        if version not in versions:
            versions.append(version)
        return versions.index(version)

    entries = {name: _entry(routes, name, index, testers) for name in selectors}
    served = [routes["releases"][version] for version in versions]
    usual = next((how[0] for how in served if len(how) == 2), "")
    plain = [[name for name, entry in entries.items() if entry == number] for number in range(len(versions))]
    releases = [
        " ".join([version, _how(how, usual), *names])
        for version, how, names in zip(versions, served, plain, strict=True)
    ]
    choices = {name: entry for name, entry in entries.items() if not isinstance(entry, int)}
    text = "|".join([usual, *releases])
    rest = ({"c": choices} if choices else {}) | ({"m": 1} if more else {})
    return json.dumps({"v": text, **rest}, separators=(",", ":")) if rest else text


def _how(how: list[Any], usual: str) -> str:
    if len(how) < 2:
        return IN_PLACE if how else REDIRECTED
    path, by_script = how
    return by_script if path == usual else f"{by_script}:{path}"


def _entry(routes: Routes, selector: str, index: Callable[[str], int], testers: bool) -> Any:
    channel = routes["channels"].get(selector)
    if channel is None:
        return index(routes["ranges"][selector])
    own: Any = index(channel["stable"])
    if "candidate" in channel:
        own = [own, index(channel["candidate"]), hundredths(channel["percent"])]
        if testers and asks_testers(channel):
            own.append(1)
    by_flag = channel.get("by_flag")
    if by_flag is None:
        return own
    indices = [index(version) for version in by_flag["versions"]]

    def renumbered(choice: int) -> int:
        return indices[choice] if choice >= 0 else -1

    phases = [
        [at, [[end, renumbered(choice)] for end, choice in shares], *map(renumbered, target)]
        for at, shares, *target in by_flag["p"]
    ]
    return {"o": own, "k": by_flag["k"], "p": phases}


def _selectors(routes: Routes, minors: int | None) -> list[str]:
    """Channels with target users, which must lie in the widget's own value; those with testers; the others, in each
    group `latest` first; the major ranges and then the minor ones, the newest first."""
    channels = routes["channels"]

    def rank(name: str) -> tuple[bool, bool, tuple[bool, str]]:
        channel = channels[name]
        return not channel.get("by_flag", {}).get("targets"), not asks_testers(channel), among_channels(name)

    ranges = sorted(routes["ranges"], key=lambda name: [int(part) for part in name.split(".")], reverse=True)
    majors = [name for name in ranges if "." not in name]
    return [*sorted(channels, key=rank), *majors, *[name for name in ranges if "." in name][:minors]]


def among_channels(name: str) -> tuple[bool, str]:
    """What channels are sorted by: `latest` comes first."""
    return name != LATEST, name


def _all(widgets: Mapping[str, Routes], minors: int | None) -> Values:
    values: Values = {}
    for widget, routes in widgets.items():
        if routes["channels"]:
            values |= widget_values(widget, routes, minors)
    return values
