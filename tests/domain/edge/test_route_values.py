"""What the edge's store has of the routes: every selector, in values that fit, read as the routes say."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge.route_values import (
    MAX_VALUE_BYTES,
    Routes,
    Values,
    entry_in,
    parsed,
    size,
    store_values,
    widget_values,
)
from edgeship.domain.edge.router import REVISION_KEY, Insert, Redirect, ReExport, Request, Serve, Unknown, route
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.version import Version
from tests.domain.edge.drawn_widgets import USERS, Widget, expected, widgets
from tests.domain.edge.earlier_values import earlier
from tests.support.pytest_plugins.fuzz import examples
from tests.support.releases import a_live_release

MAX_KEY_BYTES = 512
WIDGET = "w" * 63


def version_served(
    values: Values, selector: str, user: str, now: float, widget: str = WIDGET
) -> tuple[str | None, int]:
    """The version that the router gives a user, None when the selector is unknown; and the reads."""
    reads = []

    def get(key: str) -> str | None:
        reads.append(key)
        return "1" if key == REVISION_KEY else values.get(key)

    segment = selector if selector == "latest" else f"~{selector}"
    outcome = route(Request(f"/{widget}/{segment}/x", query={"user": [quote(user, safe="")]}, now=now), get)
    match outcome:
        case Redirect(_, version) | Insert(_, version, _) | ReExport(_, version, _):
            return version, len(reads)
        case Serve(uri):
            return uri.split("/")[2][1:], len(reads)
    assert isinstance(outcome, Unknown)
    assert outcome.kind in ("widget", "channel", "range")
    return None, len(reads)


def selectors(routes: Routes) -> list[str]:
    return [*routes["channels"], *routes["ranges"]]


@settings(max_examples=examples(50, 5_000))
@given(widgets(), st.sampled_from(USERS), st.sampled_from([0.0, 1_000, 1_999.5, 35_000, 1e10]))
def test_the_router_reads_every_selector_as_the_routes_say(widget: Widget, user: str, now: float) -> None:
    routes = widget.routes()
    values = store_values({WIDGET: routes})
    assert all(len(key.encode()) <= MAX_KEY_BYTES for key in values)
    assert all(len(value.encode()) <= MAX_VALUE_BYTES for value in values.values())
    for selector in selectors(routes):
        version, reads = version_served(values, selector, user, now)
        asked = entry_in(parsed(values[WIDGET]), selector) is not None
        assert version == expected(routes, WIDGET, selector, user, now, asked=asked), selector
        assert reads <= 2
    for selector in ("ghost", "1234", "7.1234"):
        assert version_served(values, selector, user, now)[0] is None


@settings(max_examples=examples(40, 5_000))
@given(widgets())
def test_the_router_reads_how_every_release_is_served(widget: Widget) -> None:
    routes = widget.routes()
    values = store_values({WIDGET: routes})
    for selector in selectors(routes):
        segment = selector if selector == "latest" else f"~{selector}"
        asked = entry_in(parsed(values[WIDGET]), selector) is not None
        how = routes["releases"][expected(routes, WIDGET, selector, "ann", 0, asked=asked)]
        file = how[0] if len(how) == 2 else "x"
        outcome = route(Request(f"/{WIDGET}/{segment}/{file}", query={"user": ["ann"]}), values.get)
        if isinstance(outcome, ReExport):
            assert how[1] == ("*default" if outcome.default else "*")
            continue
        assert type(outcome) is {0: Redirect, 1: Serve, 2: Insert}[len(how)]
        if isinstance(outcome, Insert):
            assert outcome.integrity == f"sha256-{how[1]}="


@settings(max_examples=examples(40, 5_000))
@given(widgets())
def test_a_store_of_before_means_the_same(widget: Widget) -> None:
    routes = widget.routes()
    values = store_values({WIDGET: routes})
    before = earlier(values)
    for selector in selectors(routes):
        segment = selector if selector == "latest" else f"~{selector}"
        for file in ("x", *(how[0] for how in routes["releases"].values() if len(how) == 2)):
            request = Request(f"/{WIDGET}/{segment}/{file}", query={"user": ["ann"]})
            assert route(request, before.get) == route(request, values.get)


@settings(max_examples=examples(40, 5_000))
@given(widgets())
def test_target_users_and_testers_have_keys_beside_the_widgets_value_alone(widget: Widget) -> None:
    routes = widget.routes()
    values = store_values({WIDGET: routes})
    inside = parsed(values[WIDGET]).get("c", {}) if WIDGET in values else {}
    tokens = {key for key in values if "@" in key}
    assert tokens == {
        f"{WIDGET}/{name}@{token}"
        for name, entry in routes["channels"].items()
        for token in entry.get("by_flag", {}).get("targets", ()) or (entry.get("testers", ()) if name in inside else ())
    }
    assert {key.partition("/")[2].partition("@")[0] for key in tokens} <= inside.keys()
    assert {values[key] for key in tokens} <= {"1"}


def test_routes_with_target_users_fit_into_the_widgets_value_in_its_own_order() -> None:
    """The order decides which releases have an index of two digits."""
    decided = [routed_in_one_value(length) for length in range(1, 129)]
    assert set(decided) == {3, 4}


def routed_in_one_value(length: int) -> int:
    """The reads of two channels that flags route: 2 for each, or 1 if its flag did not fit. `length` is of a key."""
    releases = [a_live_release(f"1.{minor}.0") for minor in range(13)]
    often = {"v0": "1.0.0", **{f"v{minor}": f"1.{minor}.0" for minor in range(1, 9)}}
    steps = [{"at": f"2026-11-{day:02}T00:00:00Z", "percentage": day} for day in range(1, 20)]
    flags = {
        "k" * length: {
            "variants": often,
            "default_variant": "v7",
            "target_users": ["ann"],
            "rollout": {"variant": "v8", "schedule": steps},
        },
        "b": {"variants": {"x": "1.11.0", "y": "1.12.0"}, "default_variant": "x", "target_users": ["ann"]},
    }
    entries = {key: snapshot_entry({"key": key, **flag}) for key, flag in flags.items()}
    version = Version.parse("1.11.0")
    channels = [Channel("checkout", name, version, flag=flag) for name, flag in (("a", "k" * length), ("latest", "b"))]
    routes = routes_of(channels, releases, "pin", entries, "production")
    values = store_values({WIDGET: routes})
    total = 0
    for selector in ("a", "latest"):
        version, reads = version_served(values, selector, "ann", 2e9)
        assert version == expected(routes, WIDGET, selector, "ann", 2e9)
        assert reads == (2 if routes["channels"][selector].get("by_flag") else 1)
        total += reads
    return total


# What is left out when the store is full


def many_ranges(count: int = 400) -> Routes:
    """A widget with a channel and a range for each of its releases, of three major ones."""
    ranges = {f"{n % 3}.{n}": f"{n % 3}.{n}.0" for n in range(count)}
    ranges |= {f"{major}": f"{major}.{count - 3 + (major - count) % 3}.0" for major in range(3)}
    channels = {"latest": {"stable": ranges["2"]}, **{f"c{n}": {"stable": ranges["1"]} for n in range(30)}}
    return {"channels": channels, "ranges": ranges, "releases": {v: [] for v in ranges.values()}}


def kept(values: Values, routes: Routes, widget: str = "a") -> list[str]:
    return [name for name in selectors(routes) if version_served(values, name, "ann", 0, widget)[0] is not None]


def test_four_hundred_ranges_fit() -> None:
    routes = many_ranges()
    values = store_values({"a": routes})
    assert kept(values, routes) == selectors(routes)
    assert json.loads(values["a"])["m"] == 1
    assert all(len(value) <= MAX_VALUE_BYTES for value in values.values())


@pytest.mark.parametrize("minors", [50, 20, 10, 5, 2, 0])
def test_of_a_store_that_is_full_the_oldest_minor_ranges_leave_first(minors: int) -> None:
    routes = many_ranges()
    expected_size = size(widget_values("a", routes, minors))
    values = store_values({"a": routes}, expected_size)
    assert size(values) == expected_size
    by_age = sorted((name for name in routes["ranges"] if "." in name), key=lambda n: [int(p) for p in n.split(".")])
    newest = by_age[len(by_age) - minors :]
    others = {name for name in selectors(routes) if "." not in name}
    assert set(kept(values, routes)) == others | set(newest)


def test_channels_and_major_ranges_stay_whatever_the_size() -> None:
    routes = many_ranges()
    values = store_values({"a": routes, "b": routes}, 1)
    for widget in ("a", "b"):
        assert kept(values, routes, widget) == [name for name in selectors(routes) if "." not in name]


def test_a_widget_that_has_few_keeps_them_as_long_as_others_have_more() -> None:
    few = many_ranges(9)
    values = store_values({"a": many_ranges(), "b": few}, size(widget_values("a", many_ranges(), 20)) + 10_000)
    assert kept(values, few, "b") == selectors(few)


def test_a_widget_without_a_channel_has_no_key() -> None:
    assert store_values({"idle": {"channels": {}, "ranges": {"1": "1.0.0"}, "releases": {"1.0.0": []}}}) == {}


# 10,000 widgets


HASH = "h" * 43
USUAL = ([], [], [], ["dist/widget.iife.js", HASH], ["widget.js", HASH], [1])
"""Half of them modules, a third classic scripts, the rest in place."""
CLASSIC = USUAL[3:5]
IMPORTED = (["dist/widget.esm.js", "*"], ["widget.js", "*default"])


def a_usual_widget(number: int, some: random.Random, served: Sequence[list[Any]]) -> Routes:
    """With six selectors."""
    major, minor = some.randrange(1, 12), some.randrange(1, 40)
    newest, before, next_ = f"{major}.{minor}.{some.randrange(20)}", f"{major}.{minor - 1}.3", f"{major + 1}.0.0-rc.1"
    how = served[number % len(served)]
    latest: dict[str, Any] = {"stable": newest}
    if number % 10 == 0:
        latest = {"stable": before, "candidate": newest, "percent": 25}
    return {
        "channels": {"latest": latest, "next": {"stable": next_}, "beta": {"stable": newest}},
        "ranges": {f"{major}": newest, f"{major}.{minor}": newest, f"{major}.{minor - 1}": before},
        "releases": dict.fromkeys((newest, before, next_), how),
    }


@pytest.mark.parametrize(
    "served",
    [
        USUAL,
        pytest.param(CLASSIC, marks=pytest.mark.nightly),
        pytest.param(IMPORTED, marks=pytest.mark.nightly),
    ],
)
def test_ten_thousand_widgets_take_half_the_store(served: Sequence[list[Any]]) -> None:
    some = random.Random(10_000)
    routes = {f"team-{some.randrange(100)}-widget-{n}": a_usual_widget(n, some, served) for n in range(10_000)}
    values = store_values(routes)
    assert len(values) == 10_000
    assert size(values) < 2.5 * 1024 * 1024
