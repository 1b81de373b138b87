"""A page that asks OFREP for the flag of a channel is answered with the release that the channel gave it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge.route_values import store_values
from edgeship.domain.edge.router import Redirect, Request, route
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.edge.user_identity import identity
from edgeship.domain.flags.evaluation.compile_flags import compile_flags
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.version import Version
from functions.edge.identity import identity_of
from functions.edge.ofrep import answer
from tests.edge.ofrep_request import BULK, ofrep
from tests.support.flags import T0
from tests.support.releases import a_live_release

VARIANTS = {"variants": {"stable": "1.0.0", "new": "2.0.0", "next": "3.0.0"}, "default_variant": "stable"}
FLAGS: list[dict[str, Any]] = [
    {"rollout": {"variant": "new", "percentage": 33.33}},
    {"rules": [{"if": [{"attribute": "channel", "op": "eq", "values": ["beta"]}], "split": {"new": 1, "next": 2}}]},
    {"target_users": ["user-3", "zoë"], "target_variant": "next", "rollout": {"variant": "new", "percentage": 50}},
    {
        "starts_at": "2026-11-01T09:00:00Z",
        "rollout": {"variant": "next", "schedule": [{"at": "2026-11-02T09:00:00Z", "percentage": 80}]},
    },
]
TIMES = (T0 - 1, T0, T0 + 86_400)
RELEASES = [a_live_release(version) for version in VARIANTS["variants"].values()]  # type: ignore[attr-defined]
REQUESTS: list[dict[str, Any]] = [
    *({"query": {"user": [quote(user, safe="")]}} for user in (*(f"user-{n}" for n in range(20)), "zoë", "a b+c%&=")),
    {"query": {"user": ["", "user-3"]}},
    {"query": {"user": ["a+b"]}},
    {"query": {"user": ["x" * 300]}},
    {"query": {"user": ["%41%zz%4"]}},
    {"headers": {"x-edgeship-user": "user-3"}},
    {"cookies": {"edgeship_user": "zo%C3%AB"}},
    {"cookies": {"edgeship_user": '"user-3"'}},
    {"query": {"user": ["user-1"]}, "headers": {"x-edgeship-user": "user-2"}, "cookies": {"edgeship_user": "user-3"}},
    {"headers": {"x-edgeship-user": "user-2"}, "cookies": {"edgeship_user": "user-3"}},
    {"address": "192.0.2.7", "headers": {"user-agent": "Firefox"}},
    {"address": "2001:db8::1"},
]


def ofrep_like(request: Request, context: dict[str, Any]) -> dict[str, Any]:
    """The same page's request to OFREP."""
    asked = ofrep({"context": context}, f"{BULK}/ab")
    search = "&".join(f"{name}={value}" for name, values in request.query.items() for value in values)
    headers = {name: [{"key": name, "value": value}] for name, value in request.headers.items()}
    if request.cookies:
        pairs = "; ".join(f"{name}={value}" for name, value in request.cookies.items())
        headers["cookie"] = [{"key": "cookie", "value": f"other=1; {pairs}"}]
    return {**asked, "clientIp": request.address, "querystring": search, "headers": {**asked["headers"], **headers}}


@pytest.mark.parametrize("fields", REQUESTS, ids=str)
def test_the_user_is_the_same(fields: dict[str, Any]) -> None:
    request = Request("/checkout/latest/x", **fields)
    user = identity(request.query, request.headers, request.cookies, request.address)
    assert identity_of(ofrep_like(request, {})).encode() == user


@pytest.mark.parametrize("channel", ["latest", "beta"])
@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: " ".join(flag))
@pytest.mark.parametrize("now", TIMES)
def test_the_answer_is_the_release_that_the_channel_gives(flag: dict[str, Any], channel: str, now: float) -> None:
    entries = {"ab": snapshot_entry({"key": "ab", **VARIANTS, **flag})}
    compiled = compile_flags(entries, "production")
    channels = [Channel("checkout", channel, Version.parse("1.0.0"), flag="ab")]
    values = store_values({"checkout": routes_of(channels, RELEASES, "pin", entries, "production")})
    path = channel if channel == "latest" else f"~{channel}"
    given = set()
    for fields in REQUESTS:
        request = Request(f"/checkout/{path}/x", **fields, now=now)
        outcome = route(request, values.get)
        assert isinstance(outcome, Redirect)
        context = {"widget": "checkout", "channel": channel}
        found = json.loads(answer(ofrep_like(request, context), compiled, now, identity_of)["body"])
        assert outcome.version == found["value"], fields
        given.add(outcome.version)
    assert given <= set(VARIANTS["variants"].values())  # type: ignore[attr-defined]
