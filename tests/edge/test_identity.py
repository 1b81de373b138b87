from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.edge.user_identity import identity
from functions.edge.identity import identity_of

HEADER: dict[str, Any] = {"x-edgeship-user": [{"key": "X-Edgeship-User", "value": "from-header"}]}
COOKIE: dict[str, Any] = {"cookie": [{"key": "Cookie", "value": "a=b; edgeship_user=from%20cookie; c=d"}]}
AGENT: dict[str, Any] = {"user-agent": [{"key": "User-Agent", "value": "Firefox"}]}


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
        (request("user=" + "%C3%A9" * 999), "é" * 128),
        (request("user=" + "%E6%97%A5" * 999), "日" * 85),
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


# What both can express: text, whose 256th byte ends a character.
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='&;="%+ ') | st.sampled_from("abé日"), max_size=90
).filter(lambda text: text == text.strip() and len(text.encode()) <= 256)
encoded = st.one_of(
    texts,
    st.sampled_from(["", "ann", "a+b", "a%2Bb", "%C3%A9", "%e6%97%a5", "%", "%4", "%zz", "a%00b", "%20", "+"]),
    st.integers(250, 300).map("x".__mul__),
)


@given(
    users=st.lists(encoded, max_size=3),
    header=texts | st.none(),
    cookie=encoded | encoded.map('"{}"'.format) | st.none(),
    agent=texts | st.none(),
    address=st.sampled_from(["192.0.2.7", "2001:db8::1"]),
)
def test_flags_and_moving_paths_know_a_user_by_one_identity(
    users: list[str], header: str | None, cookie: str | None, agent: str | None, address: str
) -> None:
    named = {"x-edgeship-user": header, "user-agent": agent}
    headers = {name: value for name, value in named.items() if value is not None}
    asked = {name: [{"key": name, "value": value}] for name, value in headers.items()}
    if cookie is not None:
        asked["cookie"] = [{"key": "Cookie", "value": f"a=b; edgeship_user={cookie}; c=d"}]
    querystring = "&".join(["a=1", *(f"user={user}" for user in users)])
    cookies = {} if cookie is None else {"edgeship_user": cookie}
    expected = identity({"user": users} if users else {}, headers, cookies, address)
    assert identity_of(request(querystring, address, **asked)).encode() == expected
