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
from edgeship.domain.edge.route_values import Routes, store_values
from edgeship.domain.edge.router import Redirect, Request, route
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.releases.release import Quarantine, Release
from edgeship.domain.version import Version
from tests.domain.golden_buckets import ROLLOUT_BUCKETS
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


def routes(*channels: Channel, known: list[Release] | None = None) -> Routes:
    return routes_of(channels, known or releases(), "pin", {}, "production")


def served(found: Routes, user: str, selector: str = "latest", **query: str) -> str:
    """The version that the router gives a user."""
    values = store_values({"checkout": found})
    outcome = route(
        Request(f"/checkout/{selector}/x", query={"user": [user], **{n: [v] for n, v in query.items()}}), values.get
    )
    assert isinstance(outcome, Redirect)
    return outcome.version


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


@pytest.mark.parametrize(("user", "widget", "channel", "candidate", "expected"), ROLLOUT_BUCKETS)
def test_the_bucket_of_a_user(user: str, widget: str, channel: str, candidate: str, expected: int) -> None:
    salt = rollout_salt(widget, channel, Version.parse(candidate))
    assert salt == rollout_salt(widget, channel, candidate) == f"{widget}/{channel}/{candidate}"
    assert bucket(user, salt) == expected
    h = int(sha256((user + salt).encode("utf-8", "surrogatepass")).hexdigest()[:8], 16)
    assert expected == round(100 * ((h % 100) + (h // 100 % 100) / 100))


@pytest.mark.parametrize("percent", [0.01, 0.07, 1, 5, 12.34, 25, 29, 50, 57.9, 99.99])
def test_of_all_buckets_exactly_the_share_is_in(percent: float) -> None:
    got = in_at(percent)
    assert sum(got) == round(percent * 100)
    assert got == [number < round(percent * 100) for number in range(BUCKETS)]


def test_growing_a_percentage_moves_nobody_back() -> None:
    before = [False] * len(one_user_for_each_bucket()[::7])
    for percent in (0.01, 0.02, 1, 1.01, 5, 25, 25.01, 50, 99, 99.99):
        now = in_at(percent, 7)
        assert all(is_in_now or not was_in for was_in, is_in_now in zip(before, now, strict=True))
        before = now


def in_at(percent: float, step: int = 1) -> list[bool]:
    """Whether each of the users gets the candidate."""
    values = store_values({"checkout": routes(rollout_at(percent))})
    found = []
    for user in one_user_for_each_bucket()[::step]:
        outcome = route(Request("/checkout/latest/x", query={"user": [user]}), values.get)
        assert isinstance(outcome, Redirect)
        found.append(outcome.version == "1.1.0")
    return found


def test_a_user_keeps_the_answer() -> None:
    first = [served(routes(rollout_at(25)), f"user-{n}") for n in range(200)]
    assert set(first) == {"1.0.0", "1.1.0"}
    assert [served(routes(rollout_at(25)), f"user-{n}") for n in range(200)] == first


def test_another_candidate_draws_other_users() -> None:
    users = [f"user-{n}" for n in range(20_000)]
    first = {user for user in users if is_in(user, rollout_salt("checkout", "latest", "1.1.0"), 1)}
    second = {user for user in users if is_in(user, rollout_salt("checkout", "latest", "1.2.0"), 1)}
    assert first
    assert len(first & second) < len(first) / 4


# What the routes say of a rollout


@pytest.mark.parametrize("percent", [0.01, 1, 12.5, 50])
def test_a_running_rollout_is_in_the_routes_with_its_weight(percent: float) -> None:
    found = routes(rollout_at(percent))
    assert found["channels"]["latest"] == {"stable": "1.0.0", "candidate": "1.1.0", "percent": percent}
    assert set(found["releases"]) == {"1.0.0", "1.1.0"}


def test_a_paused_rollout_is_in_the_routes_without_weight() -> None:
    found = routes(rollout_at(50, Phase.PAUSED))
    assert found["channels"]["latest"] == {"stable": "1.0.0", "candidate": "1.1.0", "percent": 0}
    assert {served(found, user) for user in one_user_for_each_bucket()[::50]} == {"1.0.0"}
    assert served(found, "ann", **{"edgeship-track": "candidate"}) == "1.1.0"


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.ABORTED, Phase.ROLLED_BACK])
def test_a_rollout_that_has_ended_is_not_in_the_routes(phase: Phase) -> None:
    found = routes(rollout_at(50, phase))
    assert found["channels"]["latest"] == {"stable": "1.0.0"}
    assert served(found, "ann", **{"edgeship-track": "candidate"}) == "1.0.0"


def test_a_candidate_that_is_quarantined_is_not_in_the_routes() -> None:
    found = routes(rollout_at(50), known=releases(quarantine=Quarantine(BEFORE, "ann", "bad")))
    assert found["channels"]["latest"] == {"stable": "1.0.0"}
    assert "1.1.0" not in str(found)


def test_a_candidate_is_in_no_range_before_it_is_live() -> None:
    found = routes(rollout_at(50))
    for selector in ("~1", "~1.0"):
        assert served(found, "ann", selector, **{"edgeship-track": "candidate"}) == "1.0.0"


def test_a_rollout_moves_the_users_of_its_channel_alone() -> None:
    found = routes(rollout_at(99.99), Channel("checkout", "next", V1, 1))
    users = one_user_for_each_bucket()[::500]
    for selector, expected in (("latest", "1.1.0"), ("~next", "1.0.0"), ("~1", "1.0.0"), ("~1.0", "1.0.0")):
        assert {served(found, user, selector) for user in users} == {expected}
