"""The tokens' function, under both engines, signs what the specification takes for signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edgeship.domain.telemetry.tokens import KEYS_KEY, Token, edge_keys, network_of
from edgeship.domain.version import Version
from tests.edge.router.engines import ENGINES, Engine
from tests.support.tokens import MASTER

NOW = datetime(2026, 11, 23, 23, 59, 30, tzinfo=UTC)
STORE = {KEYS_KEY: edge_keys(MASTER, NOW), ".revision": "7", "checkout": "{}"}
ADDRESSES = (
    "192.0.2.7",
    "198.51.100.255",
    "2001:db8::1",
    "2001:db8:a:b:c:d:e:f",
    "2001:0DB8:000a::",
    "::1",
    "2001::5",
    "1:2::8",
    "1::3:4:5:6:7:8",
    "a:b:c:d:e:f::",
)


def asked(
    address: str = "192.0.2.7",
    at: datetime = NOW,
    number: int = 0,
    store: Mapping[str, str] = STORE,
    **query: str,
) -> dict[str, Any]:
    named = {"w": "checkout", "r": "1.5.0-rc.1", **query}
    event = {
        "version": "1.0",
        "context": {"eventType": "viewer-request", "requestId": f"{number}tjQpRW6HG5V3fD7mPmfPEu3Eq=="},
        "viewer": {"ip": address},
        "request": {
            "method": "GET",
            "uri": "/edgeship/token",
            "querystring": {name: {"value": value} for name, value in named.items()},
            "headers": {},
            "cookies": {},
        },
    }
    return {"event": event, "now": at.timestamp(), "store": dict(store)}


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.param
    return found


def test_its_tokens_are_signed(engine: Engine, tmp_path: Path) -> None:
    for address, answer in zip(ADDRESSES, engine.tokens(tmp_path, [asked(each) for each in ADDRESSES]), strict=True):
        token = Token.parse(answer["body"]["data"])
        network = network_of(address)
        assert token is not None
        assert network is not None
        assert token.is_current(NOW)
        assert token.is_signed([MASTER], "checkout", Version.parse("1.5.0-rc.1"), network), address


def test_its_answer_is_for_one_page_view(engine: Engine, tmp_path: Path) -> None:
    answers = engine.tokens(tmp_path, [asked(number=number) for number in range(20)])
    assert len({answer["body"]["data"] for answer in answers}) == 20
    assert answers[0]["statusCode"] == 200
    assert answers[0]["headers"] == {
        "cache-control": {"value": "no-store"},
        "access-control-allow-origin": {"value": "*"},
        "content-type": {"value": "text/plain"},
    }


def test_it_goes_on_with_the_key_of_tomorrow(engine: Engine, tmp_path: Path) -> None:
    tomorrow = NOW + timedelta(minutes=1)
    (answer,) = engine.tokens(tmp_path, [asked(at=tomorrow)])
    token = Token.parse(answer["body"]["data"])
    assert token is not None
    assert token.is_signed([MASTER], "checkout", Version.parse("1.5.0-rc.1"), "192.0.2")
    assert Token.parse("1.2.3") is None


@pytest.mark.parametrize(
    "without",
    [
        {"store": {".revision": "7"}},
        {"at": NOW + timedelta(days=2)},
        {"w": ""},
        {"r": ""},
        {"w": "check\nout"},
        {"w": "x" * 65},
        {"r": "1.5.0%2B1"},
    ],
)
def test_what_has_no_token_gets_none(engine: Engine, tmp_path: Path, without: dict[str, Any]) -> None:
    (answer,) = engine.tokens(tmp_path, [asked(**without)])
    assert answer["statusCode"] == 204
    assert "body" not in answer
    assert answer["headers"]["cache-control"] == {"value": "no-store"}
