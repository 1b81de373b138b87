from __future__ import annotations

from typing import Any

import pytest

from functions.edge.identity import identity_of, track_of

HEADER = {"x-edgeship-user": [{"key": "X-Edgeship-User", "value": " from-header "}]}
COOKIE = {"cookie": [{"key": "Cookie", "value": "a=b; edgeship_user=from%20cookie; c=d"}]}
AGENT = {"user-agent": [{"key": "User-Agent", "value": "Firefox"}]}


def request(querystring: str = "", client: str = "192.0.2.7", **headers: Any) -> dict[str, Any]:
    return {"clientIp": client, "querystring": querystring, "headers": headers}


@pytest.mark.parametrize(
    ("asked", "user"),
    [
        (request("a=1&user=ann&b", **HEADER, **COOKIE), "ann"),
        (request("user=ann%40example.com+x"), "ann@example.com x"),
        (request("user=", **HEADER, **COOKIE), "from-header"),
        (request("superuser=x", **COOKIE), "from cookie"),
        (request("user=" + "x" * 999), "x" * 256),
    ],
)
def test_the_first_that_says_who_it_is_counts(asked: dict[str, Any], user: str) -> None:
    assert identity_of(asked) == user


def test_an_anonymous_user_is_the_same_one_each_time() -> None:
    first = identity_of(request(**AGENT))
    assert first.startswith("anonymous-")
    assert identity_of(request("page=2", **AGENT)) == first
    assert identity_of(request(client="192.0.2.8", **AGENT)) != first
    assert identity_of(request()) != first
    assert "192.0.2.7" not in first


@pytest.mark.parametrize(
    ("querystring", "track"),
    [
        ("", None),
        ("edgeship-track=candidate", "candidate"),
        ("user=ann&edgeship-track=stable&x", "stable"),
        ("edgeship-track=%63andidate", "candidate"),
        ("edgeship-track=&edgeship-track=stable", "stable"),
        ("edgeship-track=stable&edgeship-track=candidate", "stable"),
        ("edgeship-track=1.4.2", None),
        ("edgeship-track=Candidate", None),
        ("edgeship-track", None),
        ("my-edgeship-track=candidate", None),
        ("user=edgeship-track=candidate", None),
    ],
)
def test_the_track_that_is_asked_for(querystring: str, track: str | None) -> None:
    assert track_of(request(querystring, **HEADER, **COOKIE)) == track
    assert identity_of(request(querystring + "&user=ann")) in ("ann", "edgeship-track=candidate")
