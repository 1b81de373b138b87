"""What a widget's channels and ranges mean, from the table's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from edgeship.domain.bucketing import user_token
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Step, start
from edgeship.domain.edge.route_values import Routes, store_values
from edgeship.domain.edge.routes import MAX_ENTRYPOINT, how, routes_of
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.releases.entry import Entry, Kind
from edgeship.domain.releases.release import Quarantine, Release
from edgeship.domain.releases.serving import Serve
from edgeship.domain.version import Version
from tests.domain.channels.test_assignment import NOW
from tests.support.releases import a_live_release, a_release

LIVE = "2026-11-23T10:00:00.000Z"
BAD = Quarantine(LIVE, "ann", "bad")
HASH = "A" * 43


def version(text: str) -> Version:
    return Version.parse(text)


def latest(text: str = "1.0.0", **fields: Any) -> Channel:
    return Channel("checkout", "latest", version(text), **fields)


def routes(
    channels: list[Channel],
    releases: list[Release],
    flags: Mapping[str, Mapping[str, Any]] | None = None,
    serve: Serve = "pin",
) -> Routes:
    entries = {key: snapshot_entry({"key": key, **flag}) for key, flag in (flags or {}).items()}
    return routes_of(channels, releases, serve, entries, "production")


def test_ranges_choose_the_newest_promoted_release_that_is_good() -> None:
    releases = [
        a_live_release("1.0.0"),
        a_live_release("1.4.0"),
        a_live_release("1.4.10"),
        a_live_release("1.4.9"),
        replace(a_live_release("1.5.0"), quarantine=BAD),
        a_release("1.6.0"),
        a_live_release("2.0.0"),
        a_live_release("3.0.0-rc.1"),
        a_live_release("0.10.0"),
    ]
    channels = [latest("1.4.10"), Channel("checkout", "next", version("3.0.0-rc.1")), Channel("checkout", "empty")]
    assert routes(channels, releases) == {
        "channels": {"latest": {"stable": "1.4.10"}, "next": {"stable": "3.0.0-rc.1"}},
        "ranges": {
            "0": "0.10.0",
            "0.10": "0.10.0",
            "1": "1.4.10",
            "1.0": "1.0.0",
            "1.4": "1.4.10",
            "2": "2.0.0",
            "2.0": "2.0.0",
        },
        "releases": {"0.10.0": [], "1.0.0": [], "1.4.10": [], "2.0.0": [], "3.0.0-rc.1": []},
        "live": {"0.10": "0", "1.0": "0", "1.4": "0,9-10", "2.0": "0"},
        "serve": "pin",
    }


def test_a_widget_whose_channels_point_nowhere_has_none() -> None:
    assert routes([Channel("checkout", "latest")], [a_release("1.0.0")]) == {
        "channels": {},
        "ranges": {},
        "releases": {},
        "live": {},
        "serve": "pin",
    }


def test_a_channel_keeps_a_release_that_was_quarantined() -> None:
    found = routes([latest()], [replace(a_live_release("1.0.0"), quarantine=BAD)])
    assert (found["channels"], found["ranges"]) == ({"latest": {"stable": "1.0.0"}}, {})
    assert found["releases"] == {"1.0.0": []}


def test_a_release_that_is_not_registered_is_served_in_place() -> None:
    found = routes([latest("1.0.0")], [])
    assert found["releases"] == {"1.0.0": [1]}
    assert store_values({"checkout": found}) == {"checkout": "|1.0.0 = latest"}


# Rollouts


@pytest.mark.parametrize(
    ("phase", "quarantine", "expected"),
    [
        (Phase.RUNNING, None, {"candidate": "1.1.0", "percent": 12.34}),
        (Phase.PAUSED, None, {"candidate": "1.1.0", "percent": 0}),
        (Phase.RUNNING, BAD, {}),
        (Phase.PAUSED, BAD, {}),
        (Phase.COMPLETED, None, {}),
        (Phase.ABORTED, None, {}),
    ],
)
def test_a_rollout(phase: Phase, quarantine: Quarantine | None, expected: dict[str, Any]) -> None:
    steps = (Step(12.34, 0), Step(100, 0))
    channel = latest(rollout=replace(start(version("1.1.0"), steps, NOW), phase=phase))
    found = routes([channel], [a_live_release("1.0.0"), replace(a_release("1.1.0"), quarantine=quarantine)])
    assert found["channels"] == {"latest": {"stable": "1.0.0", **expected}}
    assert set(found["releases"]) == {"1.0.0", *([expected["candidate"]] if expected else [])}


# How a release is served


def a_release_of(kind: Kind, *, alone: bool, entrypoint: str = "dist/widget.js") -> Release:
    entry = Entry(kind, f"sha256-{HASH}=", alone=alone, style=None)
    return replace(a_live_release("1.0.0"), entrypoint=entrypoint, entry=entry)


_PIN: list[Any] = []
_IN_PLACE = [1]
_SCRIPT = ["dist/widget.js", HASH]


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("kind", "serve", "expected", "expected_alone"),
    [
        (Kind.MODULE, "auto", _PIN, _IN_PLACE),
        (Kind.CLASSIC, "auto", _SCRIPT, _IN_PLACE),
        (Kind.HTML, "auto", _PIN, _PIN),
        (Kind.STYLE, "auto", _PIN, _PIN),
        (Kind.ASSET, "auto", _PIN, _PIN),
        (Kind.MODULE, "pin", _PIN, _PIN),
        (Kind.CLASSIC, "pin", _SCRIPT, _SCRIPT),
        (Kind.HTML, "pin", _PIN, _PIN),
        *((kind, "in_place", _IN_PLACE, _IN_PLACE) for kind in Kind),
    ],
)
def test_how_a_release_is_served(
    kind: Kind, serve: Serve, expected: list[Any], expected_alone: list[Any], alone: bool
) -> None:
    assert how(a_release_of(kind, alone=alone), serve) == (expected_alone if alone else expected)


@pytest.mark.parametrize(
    ("kind", "default", "serve", "expected"),
    [
        (Kind.MODULE, False, "auto", ["dist/widget.js", "*"]),
        (Kind.MODULE, True, "auto", ["dist/widget.js", "*default"]),
        (Kind.MODULE, True, "pin", ["dist/widget.js", "*default"]),
        (Kind.MODULE, True, "in_place", _IN_PLACE),
        (Kind.CLASSIC, False, "auto", _SCRIPT),
    ],
)
def test_how_a_module_is_served_that_its_scripts_import(
    kind: Kind, default: bool, serve: Serve, expected: list[Any]
) -> None:
    release = a_release_of(kind, alone=False)
    assert release.entry
    imported = replace(release, entry=replace(release.entry, imported=True, default_export=default))
    assert how(imported, serve) == expected
    assert how(replace(imported, entrypoint="x" * 201), serve) == _IN_PLACE


@pytest.mark.parametrize("serve", ["auto", "pin", "in_place"])
def test_a_release_from_before_kinds_were_known_is_served_in_place(serve: Serve) -> None:
    assert how(replace(a_live_release("1.0.0"), entry=None), serve) == _IN_PLACE


@pytest.mark.parametrize(
    ("entrypoint", "expected"),
    [
        ("a b.js", ["a%20b.js", HASH]),
        ("é/ü.js", ["%C3%A9/%C3%BC.js", HASH]),
        ("a~b_c-d.js", ["a~b_c-d.js", HASH]),
        ("x" * (MAX_ENTRYPOINT - 3) + ".js", ["x" * (MAX_ENTRYPOINT - 3) + ".js", HASH]),
        ("x" * (MAX_ENTRYPOINT - 2) + ".js", _IN_PLACE),
        # 6 characters each in a URL.
        ("é" * 33 + ".js", ["%C3%A9" * 32 + "%C3%A9.js", HASH] if MAX_ENTRYPOINT >= 33 * 6 + 3 else _IN_PLACE),
    ],
)
def test_the_entrypoint_of_a_classic_script_is_as_in_a_url(entrypoint: str, expected: list[Any]) -> None:
    assert how(a_release_of(Kind.CLASSIC, alone=False, entrypoint=entrypoint), "auto") == expected


# Flags


RELEASES = [
    a_live_release("1.0.0"),
    a_release("1.1.0"),
    replace(a_live_release("1.2.0"), quarantine=BAD),
    a_live_release("2.0.0"),
]
CHANNELS = [
    latest(flag="ab"),
    Channel("checkout", "next", version("2.0.0")),
    Channel("checkout", "bad", version("1.2.0")),
    Channel("checkout", "empty"),
]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.1.0", "1.1.0"),
        ("v1.1.0", "1.1.0"),
        ("~1", "1.0.0"),
        ("1.0", "1.0.0"),
        ("~2", "2.0.0"),
        ("next", "2.0.0"),
        ("~next", "2.0.0"),
        ("latest", "1.0.0"),
        ("1.2.0", None),
        ("bad", None),
        ("~bad", None),
        ("empty", None),
        ("~1.2", None),
        ("9.9.9", None),
        ("~~1", None),
        ("", None),
        ("constructor", None),
    ],
)
def test_what_a_flags_value_names(value: str, expected: str | None) -> None:
    found = routes(CHANNELS, RELEASES, {"ab": {"variants": {"only": value}, "default_variant": "only"}})
    by_flag = found["channels"]["latest"]["by_flag"]
    assert found["channels"]["latest"] == {"stable": "1.0.0", "flag": "ab", "by_flag": by_flag}
    assert by_flag["versions"] == ([expected] if expected else [])
    assert by_flag["p"] == [[0, [[10_000, 0 if expected else -1]]]]
    assert set(by_flag["versions"]) <= found["releases"].keys()


@pytest.mark.parametrize("value", [True, 1, 1.5, {"version": "1.1.0"}])
def test_a_value_that_is_no_text_names_nothing(value: Any) -> None:
    found = routes(CHANNELS, RELEASES, {"ab": {"variants": {"only": value}, "default_variant": "only"}})
    assert found["channels"]["latest"]["by_flag"]["p"] == [[0, [[10_000, -1]]]]


def test_a_flag_with_target_users() -> None:
    flag = {"variants": {"a": "1.0.0", "b": "~2"}, "default_variant": "a", "target_users": ["ann", "bob"]}
    by_flag = routes(CHANNELS, RELEASES, {"ab": flag})["channels"]["latest"]["by_flag"]
    assert by_flag == {
        "k": "ab",
        "p": [[0, [[10_000, 0]], 1]],
        "versions": ["1.0.0", "2.0.0"],
        "targets": sorted(user_token(user, "ab") for user in ("ann", "bob")),
    }


def test_a_flag_goes_beside_the_rollout() -> None:
    rollout = start(version("1.1.0"), (Step(5, 0), Step(100, 0)), NOW)
    channel = replace(CHANNELS[0], rollout=rollout)
    found = routes([channel], RELEASES, {"ab": {"variants": {"only": "2.0.0"}, "default_variant": "only"}})
    entry = found["channels"]["latest"]
    assert (entry["stable"], entry["candidate"], entry["percent"]) == ("1.0.0", "1.1.0", 5)
    assert entry["by_flag"]["versions"] == ["2.0.0"]
    assert set(found["releases"]) == {"1.0.0", "1.1.0", "2.0.0"}


_MANY_DATES = [
    {"at": f"2026-{month:02}-{day:02}T00:00:00Z", "percentage": day} for month in (1, 2) for day in range(1, 29)
]


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        (None, "there is no flag ab"),
        (
            {"rules": [{"if": [{"attribute": "plan", "op": "eq", "values": ["pro"]}], "variant": "a"}]},
            "the router can't decide flag ab: rule 1 asks for the attribute 'plan'",
        ),
        ({"targeting": {"if": [True, "a", "b"]}}, "the router can't decide flag ab: targeting"),
        (
            {"target_users": [f"user-{n}" for n in range(1_001)]},
            "the router can't decide flag ab: it has 1,001 target users, and a route takes 1,000",
        ),
        (
            {"rollout": {"variant": "b", "schedule": _MANY_DATES}},
            "flag ab has too many dates, shares or releases for a route",
        ),
    ],
)
def test_a_flag_that_the_router_cannot_decide_leaves_the_channel_as_it_is(
    flag: dict[str, Any] | None, reason: str
) -> None:
    variants = {"variants": {"a": "1.0.0", "b": "2.0.0"}, "default_variant": "a"}
    found = routes(CHANNELS, RELEASES, {"ab": {**variants, **flag}} if flag else {})
    assert found["channels"]["latest"] == {"stable": "1.0.0", "flag": "ab", "not_routable": reason}
    assert store_values({"checkout": found})["checkout"].startswith("|1.0.0 - latest ")
