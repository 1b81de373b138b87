"""Who gets the candidate of a rollout: the buckets, the routes that say so, and how the router reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

import pytest

from edgeship.domain.bucketing import BUCKETS, bucket, is_in, rollout_salt
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Step, start
from edgeship.domain.edge.route_values import Routes, Values, widget_values
from edgeship.domain.edge.router import Request, Serve, route
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.releases.release import Quarantine, Release
from edgeship.domain.version import Version
from tests.support.releases import a_release

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
BEFORE = "2026-11-20T09:00:00.000Z"
V1, V2 = Version.parse("1.0.0"), Version.parse("1.1.0")


def rollout_at(percent: float, phase: Phase = Phase.RUNNING, **fields: Any) -> Channel:
    """A channel at 1.0.0 that is being rolled out to 1.1.0."""
    rollout = replace(start(V2, (Step(percent, 0), Step(100, 0)), NOW), phase=phase)
    return replace(Channel("checkout", "latest", V1, 1, rollout=rollout), **fields)


def releases(**fields: Any) -> list[Release]:
    """1.0.0, live, and 1.1.0, new."""
    return [replace(a_release("1.0.0"), promoted_at=BEFORE), replace(a_release("1.1.0"), **fields)]


def routes(channel: Channel, known: list[Release] | None = None) -> Routes:
    return routes_of([channel], known or releases(), "in_place", {}, "test")


def values(channel: Channel) -> Values:
    """What the router reads."""
    return widget_values("checkout", routes(channel))


def served(store: Values, user: str = "ann", selector: str = "latest", track: str = "") -> str:
    """The version that the router gives a user."""
    query = {"user": [user], "edgeship-track": [track]}
    outcome = route(Request(f"/checkout/{selector}/widget.js", query=query), store.get)
    assert isinstance(outcome, Serve)
    return outcome.uri.split("/")[2].removeprefix("v")


@cache
def one_user_for_each_bucket() -> list[str]:
    """By bucket, of the rollout of checkout's latest to 1.1.0."""
    salt = rollout_salt("checkout", "latest", V2)
    found: dict[int, str] = {}
    number = 0
    while len(found) < BUCKETS:
        user = f"user-{number}"
        found.setdefault(bucket(user, salt), user)
        number += 1
    return [found[n] for n in range(BUCKETS)]


# Pinned: a change of these moves every user of every running rollout.
GOLDEN = [
    ("ann", "checkout", "latest", "1.1.0", 6465),
    ("bob", "checkout", "latest", "1.1.0", 9555),
    ("ann", "checkout", "latest", "1.2.0", 7196),
    ("ann", "checkout", "next", "1.1.0", 5561),
    ("ann", "chat", "latest", "1.1.0", 6087),
    ("", "checkout", "latest", "1.1.0", 5975),
    ("anonymous-0123456789abcdef0123456789abcdef", "checkout", "latest", "2.0.0-beta.1", 1097),
    ("\u00e9l\u00e8ve", "checkout", "latest", "1.1.0", 7279),
    ("\ud800", "checkout", "latest", "1.1.0", 5185),
]


@pytest.mark.parametrize(("user", "widget", "channel", "candidate", "expected"), GOLDEN)
def test_the_bucket_of_a_user(user: str, widget: str, channel: str, candidate: str, expected: int) -> None:
    salt = rollout_salt(widget, channel, Version.parse(candidate))
    assert salt == rollout_salt(widget, channel, candidate) == f"{widget}/{channel}/{candidate}"
    assert bucket(user, salt) == expected
    h = int(sha256((user + salt).encode("utf-8", "surrogatepass")).hexdigest()[:8], 16)
    assert expected == round(100 * ((h % 100) + (h // 100 % 100) / 100))


@pytest.mark.parametrize("percent", [0.01, 0.07, 1, 5, 12.34, 25, 29, 50, 57.9, 99.99])
def test_of_all_buckets_exactly_the_share_is_in(percent: float) -> None:
    users = one_user_for_each_bucket()
    store = values(rollout_at(percent))
    got = [served(store, user) == "1.1.0" for user in users]
    assert sum(got) == round(percent * 100)
    assert got == [number < round(percent * 100) for number in range(BUCKETS)]


def test_growing_a_percentage_moves_nobody_back() -> None:
    users = one_user_for_each_bucket()[::7]
    before: set[str] = set()
    for percent in (0.01, 0.02, 1, 1.01, 5, 25, 25.01, 50, 99, 99.99):
        store = values(rollout_at(percent))
        now = {user for user in users if served(store, user) == "1.1.0"}
        assert before <= now
        before = now


def test_a_user_keeps_the_answer() -> None:
    store = values(rollout_at(25))
    first = [served(store, f"user-{n}") for n in range(200)]
    assert set(first) == {"1.0.0", "1.1.0"}
    again = values(rollout_at(25))
    assert [served(again, f"user-{n}") for n in range(200)] == first


def test_another_candidate_draws_other_users() -> None:
    users = [f"user-{n}" for n in range(20_000)]
    first = {user for user in users if is_in(user, rollout_salt("checkout", "latest", "1.1.0"), 1)}
    second = {user for user in users if is_in(user, rollout_salt("checkout", "latest", "1.2.0"), 1)}
    assert first
    assert len(first & second) < len(first) / 4


# What the routes say of a rollout


@pytest.mark.parametrize("percent", [0.01, 1, 12.5, 50])
def test_a_running_rollout_is_in_the_routes_with_its_weight(percent: float) -> None:
    entry = routes(rollout_at(percent))["channels"]["latest"]
    assert entry == {"stable": "1.0.0", "candidate": "1.1.0", "percent": percent}


def test_a_paused_rollout_is_in_the_routes_without_weight() -> None:
    paused = rollout_at(50, Phase.PAUSED)
    assert routes(paused)["channels"]["latest"] == {"stable": "1.0.0", "candidate": "1.1.0", "percent": 0}
    store = values(paused)
    assert {served(store, user) for user in one_user_for_each_bucket()[::50]} == {"1.0.0"}
    assert served(store, track="candidate") == "1.1.0"


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.ABORTED, Phase.ROLLED_BACK])
def test_a_rollout_that_has_ended_is_not_in_the_routes(phase: Phase) -> None:
    ended = rollout_at(50, phase)
    assert routes(ended)["channels"]["latest"] == {"stable": "1.0.0"}
    assert served(values(ended), track="candidate") == "1.0.0"


def test_a_candidate_that_is_quarantined_is_not_in_the_routes() -> None:
    found = routes(rollout_at(50), releases(quarantine=Quarantine(BEFORE, "ann", "bad")))
    assert found["channels"]["latest"] == {"stable": "1.0.0"}
    assert "1.1.0" not in str(found)


def test_a_candidate_is_in_no_range_before_it_is_live() -> None:
    store = values(rollout_at(50))
    for selector in ("~1", "~1.0"):
        assert served(store, selector=selector, track="candidate") == "1.0.0"
