from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.edge.snapshot import next_snapshot
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.telemetry.metric_registry import (
    MAX_RELEASES,
    MAX_VERSIONS_A_WIDGET,
    declared_custom_metrics,
    live_releases,
    measurable_releases,
    versions_in_two,
)
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.version import Version
from tests.support.releases import a_live_release, a_release
from tests.support.world import World


def snapshot(**widgets: Any) -> dict[str, Any]:
    return {"schema": 1, "revision": 1, "widgets": widgets}


def versions(document: object, widget: str = "checkout") -> set[str]:
    return {str(version) for name, version in measurable_releases(document) if name == widget}


def test_channels_with_their_candidates_and_ranges_get_metrics() -> None:
    routes = {
        "channels": {
            "latest": {"stable": "1.4.2", "candidate": "1.5.0", "percent": 5},
            "next": {"stable": "2.0.0-rc.1"},
        },
        "ranges": {"1": "1.4.2", "1.3": "1.3.9"},
    }
    assert versions(snapshot(checkout=routes)) == {"1.4.2", "1.5.0", "2.0.0-rc.1", "1.3.9"}


def test_what_a_flag_may_choose_gets_metrics() -> None:
    by_flag = {"k": "ab", "p": [], "versions": ["2.0.0", "1.0.0"], "targets": []}
    routes = {"channels": {"latest": {"stable": "1.0.0", "flag": "ab", "by_flag": by_flag}}, "ranges": {}}
    assert versions(snapshot(checkout=routes)) == {"1.0.0", "2.0.0"}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (snapshot(checkout={"custom_metric": "checkout_ms"}, chat={}), {"checkout": "checkout_ms"}),
        (
            snapshot(checkout={"custom_metric": "Sessions"}, chat={"custom_metric": ""}, a={"custom_metric": 1}, b=[]),
            {},
        ),
        (None, {}),
        ({"widgets": []}, {}),
    ],
)
def test_the_custom_metrics_that_policies_name(document: object, found: dict[str, str]) -> None:
    assert declared_custom_metrics(document) == found


def test_a_version_that_two_channels_lead_to_is_kept_apart_in_these() -> None:
    channels = {
        "latest": {"stable": "1.0.0", "candidate": "1.1.0", "percent": 0},
        "next": {"stable": "1.1.0"},
        "beta": {"stable": "2.0.0"},
    }
    document = {
        "widgets": {"checkout": {"channels": channels}, "button": {"channels": {"latest": {"stable": "1.1.0"}}}}
    }
    assert versions_in_two(document) == {("checkout", Version.parse("1.1.0")): {"latest", "next"}}


def test_it_reads_what_the_snapshot_writes() -> None:
    channels = [Channel("checkout", "latest", Version.parse("1.4.0"), flag="ab")]
    known = [a_live_release("1.4.0"), a_live_release("1.3.0"), a_release("2.0.0")]
    flag = snapshot_entry({"key": "ab", "variants": {"new": "2.0.0", "old": "1.4.0"}, "default_variant": "old"})
    routes = routes_of(channels, known, "auto", {"ab": flag}, "test")
    assert versions(next_snapshot(None, {"checkout": routes})) == {"1.4.0", "1.3.0", "2.0.0"}


def test_a_widget_has_ten_at_most_its_channels_first_then_the_newest() -> None:
    routes = {
        "channels": {
            "old": {"stable": "0.0.1", "by_flag": {"versions": ["9.0.0"]}},
            "latest": {"stable": "0.0.2", "candidate": "0.0.3"},
        },
        "ranges": {f"1.{n}": f"1.{n}.0" for n in range(30)},
    }
    newest = {f"1.{n}.0" for n in range(23, 30)}
    assert versions(snapshot(checkout=routes)) == {"0.0.1", "0.0.2", "0.0.3"} | newest
    crowded = {"channels": {f"c{n:02}": {"stable": f"1.0.{n}"} for n in range(30)} | {"latest": {"stable": "5.0.0"}}}
    assert versions(snapshot(checkout=crowded)) == {"5.0.0", *(f"1.0.{n}" for n in range(MAX_VERSIONS_A_WIDGET - 1))}


def test_an_environment_has_a_thousand_at_most_channels_of_every_widget_first() -> None:
    routes = {"channels": {"latest": {"stable": "2.0.0"}}, "ranges": {f"1.{n}": f"1.{n}.0" for n in range(30)}}
    found = measurable_releases(snapshot(**{f"widget-{n:03}": routes for n in range(400)}))
    assert len(found) == MAX_RELEASES
    assert {name for name, version in found if str(version) == "2.0.0"} == {f"widget-{n:03}" for n in range(400)}
    many = measurable_releases(snapshot(**{f"widget-{n:04}": routes for n in range(1_500)}))
    assert {str(version) for _, version in many} == {"2.0.0"}
    # CloudWatch's price is by the metric: these are all there can ever be.
    assert len(many) * len(Metric) == 10_000


def test_of_1501_widgets_the_one_that_is_rolled_out_is_measured_whatever_its_name() -> None:
    live = {"channels": {"latest": {"stable": "1.0.0"}}, "ranges": {"1": "1.0.0"}}
    rolled_out = {"channels": {"latest": {"stable": "1.0.0", "candidate": "1.1.0", "percent": 1}}, "ranges": {}}
    widgets = {**{f"a-{n:04}": live for n in range(1_500)}, "zzz": rolled_out}
    assert versions(snapshot(**widgets), "zzz") == {"1.0.0", "1.1.0"}
    assert len(measurable_releases(snapshot(**widgets))) == MAX_RELEASES
    assert len(live_releases(snapshot(**widgets)) - measurable_releases(snapshot(**widgets))) == 502


def test_what_is_within_its_rollback_window_is_measured_before_what_is_not() -> None:
    live = {"channels": {"latest": {"stable": "1.0.0"}}, "ranges": {}}
    watched = {"channels": {"latest": {"stable": "1.0.0", "watched": True}, "next": {"stable": "2.0.0"}}, "ranges": {}}
    widgets = {**{f"a-{n:04}": live for n in range(1_500)}, "zzz": watched}
    assert versions(snapshot(**widgets), "zzz") == {"1.0.0"}
    few = {**{f"a-{n:04}": live for n in range(998)}, "zzz": watched}
    assert versions(snapshot(**few), "zzz") == {"1.0.0", "2.0.0"}
    assert live_releases(snapshot(**few)) == measurable_releases(snapshot(**few))


def test_routes_say_which_rollback_windows_are_open() -> None:
    world = World()
    world.upload("1.0.0")
    (channel,) = world.state.watched()
    routes = routes_of([channel], [a_live_release("1.0.0")], "auto", {}, "test")
    assert routes["channels"]["latest"] == {"stable": "1.0.0", "watched": True}
    world.minutes(61)
    routes = routes_of([world.channel()], [a_live_release("1.0.0")], "auto", {}, "test")
    assert routes["channels"]["latest"] == {"stable": "1.0.0"}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {},
        {"widgets": None},
        {"widgets": ["checkout"]},
        {"widgets": {"checkout": None, "Not A Widget": {"channels": {"latest": {"stable": "1.0.0"}}}}},
        {"widgets": {"latest": {"channels": {"latest": {"stable": "1.0.0"}}}}},
        {"widgets": {"checkout": {"channels": {"latest": "1.0.0"}, "ranges": ["1.0.0"]}}},
        {"widgets": {"checkout": {"channels": {"a": {"by_flag": {"versions": "1.0.0"}}, "b": {"by_flag": []}}}}},
        {"widgets": {"checkout": {"channels": {"latest": {"stable": 1}}, "ranges": {"1": "v1.0.0", "2": None}}}},
    ],
)
def test_what_is_malformed_names_nothing(document: object) -> None:
    assert measurable_releases(document) == frozenset()


def test_what_is_malformed_spoils_nothing_else() -> None:
    routes = {
        "channels": {"latest": {"stable": 1, "candidate": "1.5.0"}, "x": None},
        "ranges": {"1": "1", "2": "2.0.0"},
    }
    assert versions(snapshot(checkout=routes, button=7)) == {"1.5.0", "2.0.0"}


leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["1.0.0", "2.0.0-a"])
keys = st.sampled_from(["widgets", "checkout", "channels", "latest", "stable", "by_flag", "ranges", "versions", "é"])
documents = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))


@given(documents)
def test_nothing_is_raised_whatever_the_document_holds(document: object) -> None:
    for widgets in (document, {"widgets": document}, {"widgets": {"checkout": document}}):
        assert len(measurable_releases(widgets)) <= MAX_RELEASES
        assert isinstance(versions_in_two(widgets), dict)
        assert isinstance(live_releases(widgets), frozenset)
