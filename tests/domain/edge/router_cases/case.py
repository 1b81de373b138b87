"""A named request and what becomes of it, and the store that most of them meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeship.domain.bucketing import user_token
from edgeship.domain.edge.route_values import Routes, store_values
from edgeship.domain.edge.router import REVISION_KEY, Request

HASH = "A" * 43


@dataclass(frozen=True)
class Case:
    """`told` is the outcome as `telling` writes it, and `reads` how often the store is read."""

    name: str
    request: Request
    told: list[str]
    reads: int
    store: Mapping[str, str] = field(repr=False, default_factory=dict)
    root: str | None = None
    broken: bool = False


def a_widget(channels: Mapping[str, Any], ranges: Mapping[str, str] | None = None, how: Iterable[Any] = ()) -> Routes:
    """A widget's routes; a channel that is a version alone has no rollout. `how` is how its releases are served."""
    entries = {name: {"stable": to} if isinstance(to, str) else to for name, to in channels.items()}
    versions = set((ranges or {}).values())
    for entry in entries.values():
        versions |= {entry["stable"], entry.get("candidate", entry["stable"])}
        versions |= set(entry.get("by_flag", {}).get("versions", ()))
    return {"channels": entries, "ranges": dict(ranges or {}), "releases": {v: list(how) for v in sorted(versions)}}


def a_rollout(percent: float) -> dict[str, Any]:
    return {"stable": "1.0.0", "candidate": "1.1.0", "percent": percent}


def by_flag(phases: list[Any], targets: Iterable[str] = (), **rollout: Any) -> dict[str, Any]:
    tokens = [user_token(user, "ab") for user in targets]
    route = {"k": "ab", "p": phases, "versions": ["2.0.0", "3.0.0"], "targets": tokens}
    return {"stable": "1.0.0", **rollout, "flag": "ab", "by_flag": route}


_HALF = [[5000, 0], [10_000, 1]]
_NOBODY = [[10_000, -1]]
MANY = a_widget(
    {"latest": "1.0.0", **{f"channel-{number:02}": f"1.{number}.0-{'long' * 12}" for number in range(40)}},
    {"1": "1.0.0", **{f"0.{minor}": f"0.{minor}.7" for minor in range(60)}},
)
WIDGETS: dict[str, Routes] = {
    "checkout": a_widget(
        {"latest": "1.4.2", "next": "2.0.0-beta.1", "constructor": "1.3.9"},
        {"1": "1.4.2", "1.3": "1.3.9", "1.4": "1.4.2", "0": "0.9.0", "12": "12.0.0", "12.10": "12.10.1"},
    ),
    "chat": a_widget({"latest": "0.1.0"}, {"0": "0.1.0", "0.1": "0.1.0"}, [1]),
    "player": a_widget({"latest": "3.0.0"}, {"3": "3.0.0"}, ["js/player.js", HASH]),
    "chart": a_widget({"latest": "1.2.0"}, {"1": "1.2.0"}, ["es/chart.js", "*"]),
    "chart-default": a_widget({"latest": "1.2.0"}, {"1": "1.2.0"}, ["es/chart.js", "*default"]),
    "constructor": a_widget({"latest": "7.0.0"}),
    "idle": a_widget({}),
    "many": MANY,
    "running": a_widget({"latest": a_rollout(50), "all": a_rollout(100)}),
    "paused": a_widget({"latest": a_rollout(0)}),
    "ab": a_widget(
        {
            "latest": by_flag([[0, _HALF]]),
            "dated": by_flag([[0, _NOBODY], [100, _HALF], [200.5, [[10_000, 1]]]]),
            "targeted": by_flag([[0, _HALF, 1], [100, _NOBODY, -1]], ["bob", "日本"]),
            "half": by_flag([[0, [[5000, 0], [10_000, -1]]]], candidate="1.1.0", percent=100),
        }
    ),
}
STORE = store_values(WIDGETS) | {REVISION_KEY: "12"}


def short(uri: str) -> str:
    return uri if len(uri) < 80 else f"{uri[:40]}... of {len(uri)}"


def case_of(uri: str, told: list[str], reads: int, **more: Any) -> Case:
    of_case = {name: more.pop(name) for name in ("root", "broken", "store") if name in more}
    name = more.pop("name", short(uri))
    return Case(name, Request(uri, **more), told, reads, **{"store": STORE, **of_case})


def redirected(uri: str, location: str, reads: int = 1, **more: Any) -> Case:
    version = next(part[1:] for part in location.split("/") if part[:1] == "v" and part[1:2].isdigit())
    return case_of(uri, ["redirect", location, version], reads, **more)


def unknown(kind: str, uri: str, sentence: str, reads: int = 0, **more: Any) -> Case:
    return case_of(uri, ["unknown", sentence], reads, **{"name": f"{kind} {short(uri)!a}", **more})


def no_path(uri: str, **more: Any) -> Case:
    quoted = more.pop("quoted", f'"{uri}"')
    way = "Write /<widget>/latest/<file> or /<widget>/~<channel>/<file>."
    return unknown("path", uri, f"No release has the path {quoted}. {way}", **more)


def goes_on(uri: str, exact: str | None = None, reads: int = 0, **more: Any) -> Case:
    return case_of(uri, ["go", exact or uri], reads, **more)
