from dataclasses import replace

from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge.snapshot import next_snapshot, routes_of
from edgeship.domain.releases.release import Quarantine
from edgeship.domain.version import Version
from tests.support.releases import a_live_release, a_release

LIVE = "2026-11-23T10:00:00.000Z"
BAD = Quarantine(LIVE, "ann", "bad")


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
    ]
    channels = [
        Channel("checkout", "latest", Version.parse("1.4.10")),
        Channel("checkout", "next", Version.parse("3.0.0-rc.1")),
        Channel("checkout", "empty"),
    ]
    assert routes_of(channels, releases) == {
        "channels": {"latest": {"stable": "1.4.10"}, "next": {"stable": "3.0.0-rc.1"}},
        "ranges": {"1": "1.4.10", "1.0": "1.0.0", "1.4": "1.4.10", "2": "2.0.0", "2.0": "2.0.0"},
    }


def test_the_revision_grows_only_when_the_snapshot_says_something_new() -> None:
    routes = routes_of([Channel("checkout", "latest", Version.parse("1.0.0"))], [a_live_release("1.0.0")])
    first = next_snapshot(None, {"checkout": routes}, None)
    assert first == {"schema": 1, "revision": 1, "widgets": {"checkout": routes}}
    assert next_snapshot(first, {"checkout": routes}, None) is None
    second = next_snapshot(first, {"button": routes}, None)
    assert second is not None
    assert second["revision"] == 2
    assert list(second["widgets"]) == ["button", "checkout"]


def test_what_it_does_not_know_it_keeps() -> None:
    newer = {"schema": 1, "revision": 7, "widgets": {}, "flags": {"a": 1}}
    grown = next_snapshot(newer, {"checkout": {"channels": {}, "ranges": {}}}, None)
    assert grown is not None
    assert grown["flags"] == {"a": 1}
    assert grown["revision"] == 8


def test_flags_are_replaced_whole_and_stay_when_they_are_not_given() -> None:
    first = next_snapshot(None, {}, {"b": {"x": 1}, "a": {}})
    assert first == {"schema": 1, "revision": 1, "widgets": {}, "flags": {"a": {}, "b": {"x": 1}}}
    assert next_snapshot(first, {}, {"a": {}, "b": {"x": 1}}) is None
    assert next_snapshot(first, {}, None) is None
    changed = next_snapshot(first, {}, {"a": {}, "b": {"x": 1.0}})
    assert changed is not None
    assert changed["revision"] == 2
    assert next_snapshot(first, {}, {}) == {"schema": 1, "revision": 2, "widgets": {}, "flags": {}}


def test_without_any_flag_the_snapshot_has_none() -> None:
    assert next_snapshot(None, {}, {}) == {"schema": 1, "revision": 1, "widgets": {}}


def test_a_channel_routed_by_a_flag_lists_what_the_flag_may_choose() -> None:
    releases = [a_live_release("1.0.0"), a_release("1.1.0"), replace(a_live_release("1.2.0"), quarantine=BAD)]
    channel = Channel("checkout", "latest", Version.parse("1.0.0"), flag="ab")
    assert routes_of([channel], releases) == {
        "channels": {"latest": {"stable": "1.0.0", "flag": "ab"}},
        "ranges": {"1": "1.0.0", "1.0": "1.0.0"},
        "versions": ["1.0.0", "1.1.0"],
    }
