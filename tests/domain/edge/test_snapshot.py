from __future__ import annotations

import pytest

from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.edge.snapshot import is_snapshot, is_whole, next_snapshot, routed_by_flags
from edgeship.domain.version import Version
from tests.support.releases import a_live_release

ROUTES = routes_of(
    [Channel("checkout", "latest", Version.parse("1.0.0"))], [a_live_release("1.0.0")], "auto", {}, "production"
)


def test_the_revision_grows_only_when_the_snapshot_says_something_new() -> None:
    first = next_snapshot(None, {"checkout": ROUTES})
    assert first == {"schema": 1, "revision": 1, "widgets": {"checkout": ROUTES}}
    assert next_snapshot(first, {"checkout": ROUTES}) is None
    assert next_snapshot(first, {}) is None
    second = next_snapshot(first, {"button": ROUTES})
    assert second is not None
    assert second["revision"] == 2
    assert list(second["widgets"]) == ["button", "checkout"]


def test_the_first_revision_is_above_those_of_a_snapshot_that_was_lost() -> None:
    first = next_snapshot(None, {}, 1_795_430_000)
    assert first == {"schema": 1, "revision": 1_795_430_001, "widgets": {}}
    assert next_snapshot(first, {}, 1_795_430_099) is None


def test_widgets_that_are_gone_are_left_out() -> None:
    first = next_snapshot(None, {"button": ROUTES, "checkout": ROUTES})
    assert next_snapshot(first, {}, gone=["chat"]) is None
    assert next_snapshot(first, {}, gone=["chat", "button"]) == {
        "schema": 1,
        "revision": 2,
        "widgets": {"checkout": ROUTES},
    }


def test_what_it_does_not_know_it_keeps() -> None:
    newer = {"schema": 1, "revision": 7, "widgets": {}, "flags": {"a": 1}}
    grown = next_snapshot(newer, {"checkout": {"channels": {}, "ranges": {}}})
    assert grown is not None
    assert grown["flags"] == {"a": 1}
    assert grown["revision"] == 8


def test_an_entry_from_before_the_router_makes_a_snapshot_that_is_not_whole() -> None:
    whole = next_snapshot(None, {"checkout": ROUTES})
    assert whole is not None
    earlier = {**whole, "widgets": {"checkout": {"channels": {"latest": {"stable": "1.0.0"}}, "ranges": {}}}}
    assert is_snapshot(whole)
    assert is_whole(whole)
    assert is_snapshot(earlier)
    assert not is_whole(earlier)


def test_widgets_that_flags_route_are_known() -> None:
    by_flag = {"channels": {"latest": {"stable": "1.0.0"}, "next": {"stable": "1.0.0", "flag": "ab"}}, "ranges": {}}
    snapshot = next_snapshot(None, {"button": ROUTES, "checkout": by_flag})
    assert snapshot is not None
    assert routed_by_flags(snapshot) == ["checkout"]


GOOD = {"schema": 1, "revision": 12, "widgets": {"checkout": ROUTES}}


@pytest.mark.parametrize(
    "document",
    [
        *(None, [], "snapshot", {}),
        *({**GOOD, "schema": schema} for schema in (2, None)),
        *({**GOOD, "revision": revision} for revision in ("12", True, -1, 1.0)),
        {**GOOD, "widgets": []},
        *(
            {**GOOD, "widgets": {"w": entry}}
            for entry in (
                *(None, {"ranges": {}}, {"channels": {}}, {"channels": [], "ranges": {}}),
                *({**ROUTES, "live": live} for live in (None, ["1.0"], {"1.0": "0-"}, {"1": "0"}, {"1.0": 7})),
                *({**ROUTES, "releases": {"1.0.0": how}} for how in (None, 1, "x", {})),
                *({"channels": {"latest": to}, "ranges": {}} for to in ("1.0.0", {}, {"stable": 1})),
                {"channels": {}, "ranges": {}, "releases": []},
            )
        ),
    ],
)
def test_what_is_no_snapshot_is_none(document: object) -> None:
    assert is_snapshot(GOOD)
    assert not is_snapshot(document)
