from dataclasses import replace

from edgeship.domain.channel import Channel
from edgeship.domain.release import Quarantine, Release
from edgeship.domain.snapshot import routes_of, with_routes
from edgeship.domain.version import Version
from tests.domain.test_channel import release

LIVE = "2026-11-23T10:00:00.000Z"
BAD = Quarantine(LIVE, "ann", "bad")


def live(version: str) -> Release:
    return replace(release(version), promoted_at=LIVE)


def test_ranges_choose_the_newest_promoted_release_that_is_good() -> None:
    releases = [
        live("1.0.0"),
        live("1.4.0"),
        live("1.4.10"),
        live("1.4.9"),
        replace(live("1.5.0"), quarantine=BAD),
        release("1.6.0"),
        live("2.0.0"),
        live("3.0.0-rc.1"),
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
    routes = routes_of([Channel("checkout", "latest", Version.parse("1.0.0"))], [live("1.0.0")])
    first = with_routes(None, {"checkout": routes})
    assert first == {"schema": 1, "revision": 1, "widgets": {"checkout": routes}}
    assert with_routes(first, {"checkout": routes}) is None
    second = with_routes(first, {"button": routes})
    assert second is not None
    assert second["revision"] == 2
    assert list(second["widgets"]) == ["button", "checkout"]


def test_what_it_does_not_know_it_keeps() -> None:
    newer = {"schema": 1, "revision": 7, "widgets": {}, "flags": {"a": 1}}
    grown = with_routes(newer, {"checkout": {"channels": {}, "ranges": {}}})
    assert grown is not None
    assert grown["flags"] == {"a": 1}
    assert grown["revision"] == 8
