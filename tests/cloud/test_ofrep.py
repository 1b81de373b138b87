"""Flags on the local cloud as OpenFeature's own clients see them, in a page and on a server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError

from edgeship.bootstrap import operator
from edgeship.bootstrap.operator import Operator
from edgeship.domain.bucketing import is_in
from edgeship.local.cloud import LocalCloud
from tests.cloud.openfeature_web import WebClient
from tests.cloud.wire import Wire
from tests.support.local_cloud.flags import apply, post, value_at_the_edge
from tests.support.local_cloud.shared import EDGE_FRESHNESS_SECONDS
from tests.support.local_cloud.visitors import eventually

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

FRESH_SECONDS = EDGE_FRESHNESS_SECONDS + 3.0
"""The stream, the relay and the edge, on a busy machine."""
"""How soon a change shows at the edge."""
ON_OFF: dict[str, Any] = {"variants": {"on": True, "off": False}, "default_variant": "off"}
PRO = [{"if": [{"attribute": "plan", "op": "eq", "values": ["pro"]}], "variant": "on"}]
FLAGS: dict[str, dict[str, Any]] = {
    "of-static": {**ON_OFF, "default_variant": "on", "metadata": {"owner": "shop", "level": 2, "kept": True}},
    "of-disabled": {**ON_OFF, "enabled": False, "rollout": {"variant": "on", "percentage": 100}},
    "of-elsewhere": {**ON_OFF, "default_variant": "on", "environments": ["production"]},
    "of-plan": {**ON_OFF, "rules": PRO},
    "of-target": {**ON_OFF, "target_users": ["ann"], "rollout": {"variant": "on", "percentage": 0}},
    "of-logic": {**ON_OFF, "targeting": {"if": [{"ends_with": [{"var": "email"}, "@example.com"]}, "on", None]}},
    "of-split": {**ON_OFF, "rollout": {"variant": "on", "percentage": 50}},
    "of-string": {"variants": {"de": "Grüße", "fr": "à bientôt"}, "default_variant": "de"},
    "of-integer": {"variants": {"few": 3, "many": 30}, "default_variant": "few"},
    "of-float": {"variants": {"whole": 1.0, "half": 0.5}, "default_variant": "whole"},
    "of-object": {"variants": {"a": {"columns": [1, 2.5], "deep": {"title": None}}, "b": {}}, "default_variant": "a"},
    "of-hidden": {**ON_OFF, "public": False},
    "of-shop": {**ON_OFF, "default_variant": "on", "flag_set": "shop"},
}
INSIDE = next(f"user-{n}" for n in range(100) if is_in(f"user-{n}", "of-split", 50))
OUTSIDE = next(f"user-{n}" for n in range(100) if not is_in(f"user-{n}", "of-split", 50))
# (type, key, user, attributes, value, variant, reason)
ANSWERS: list[tuple[str, str, str, dict[str, str], Any, str, str]] = [
    ("boolean", "of-static", "bob", {}, True, "on", "STATIC"),
    ("boolean", "of-disabled", "bob", {}, False, "off", "DISABLED"),
    ("boolean", "of-elsewhere", "bob", {}, True, "on", "DISABLED"),
    ("boolean", "of-plan", "bob", {"plan": "free"}, False, "off", "DEFAULT"),
    ("boolean", "of-plan", "bob", {"plan": "pro"}, True, "on", "TARGETING_MATCH"),
    ("boolean", "of-target", "ann", {}, True, "on", "TARGETING_MATCH"),
    ("boolean", "of-target", "bob", {}, False, "off", "SPLIT"),
    ("boolean", "of-logic", "bob", {"email": "bob@example.com"}, True, "on", "TARGETING_MATCH"),
    ("boolean", "of-split", INSIDE, {}, True, "on", "SPLIT"),
    ("boolean", "of-split", OUTSIDE, {}, False, "off", "SPLIT"),
    ("string", "of-string", "bob", {}, "Grüße", "de", "STATIC"),
    ("integer", "of-integer", "bob", {}, 3, "few", "STATIC"),
    ("float", "of-float", "bob", {}, 1.0, "whole", "STATIC"),
    ("object", "of-object", "bob", {}, {"columns": [1, 2.5], "deep": {"title": None}}, "a", "STATIC"),
]
OTHERWISE: dict[str, Any] = {
    "boolean": None,
    "string": "otherwise",
    "integer": -1,
    "float": -1.5,
    "object": {"otherwise": 1},
}


@pytest.fixture(scope="module", autouse=True)
def flags(cloud: LocalCloud) -> None:
    """The flags, at the edge."""
    apply(operator.build(cloud.names, cloud.session(), cloud.edge_url), FLAGS)
    eventually(lambda: value_at_the_edge(cloud, "of-object"))


@pytest.fixture
def wire(cloud: LocalCloud) -> Iterator[Wire]:
    with Wire(cloud.edge_url) as wire:
        yield wire


@pytest.fixture
def server(wire: Wire) -> Iterator[OpenFeatureClient]:
    """The client of a server in Python."""
    provider = OFREPProvider(wire.url)
    provider.session.trust_env = False  # a proxy of this machine's must not carry its own requests
    api.set_provider_and_wait(provider)
    yield api.get_client()
    api.shutdown()
    provider.session.close()


@pytest.fixture
def web(installed: Path) -> Iterator[WebClient]:
    """The client of a page."""
    with WebClient(installed) as client:
        yield client


def details(server: OpenFeatureClient, kind: str, key: str, user: Any, **attributes: Any) -> Any:
    asked: Callable[..., Any] = getattr(server, f"get_{kind}_details")
    return asked(key, OTHERWISE[kind], EvaluationContext(user, attributes))


@pytest.mark.parametrize(("base", "known"), [("", {"of-static"}), ("/ofrep/sets/shop", {"of-shop"})])
def test_a_page_gets_the_flags_of_its_set(web: WebClient, wire: Wire, base: str, known: set[str]) -> None:
    assert web.start(wire.url + base, {"targetingKey": "bob"}) == {"status": "READY"}
    answers = {key: web.details("boolean", key, False) for key in ("of-static", "of-shop")}
    assert {key for key, answer in answers.items() if answer["value"]} == known


def test_a_server_gets_a_flag_of_its_set(wire: Wire) -> None:
    provider = OFREPProvider(wire.url + "/ofrep/sets/shop")
    provider.session.trust_env = False
    assert provider.resolve_boolean_details("of-shop", False, EvaluationContext("bob")).value is True
    with pytest.raises(FlagNotFoundError):
        provider.resolve_boolean_details("of-static", False, EvaluationContext("bob"))
    provider.session.close()


# In a page


def test_a_page_gets_every_type_for_every_reason(web: WebClient, wire: Wire) -> None:
    assert web.start(wire.url, {"targetingKey": "nobody"}) == {"status": "READY"}
    for kind, key, user, attributes, value, variant, reason in ANSWERS:
        web.context(targetingKey=user, **attributes)
        number = kind in ("integer", "float")
        found = web.details("number" if number else kind, key, False if kind == "boolean" else OTHERWISE[kind])
        told = (found["value"], found.get("variant"), found["reason"], found.get("errorCode"))
        assert told == (value, variant, reason, None), key
    assert web.details("boolean", "of-static", False)["flagMetadata"] == {"owner": "shop", "level": 2, "kept": True}


@pytest.mark.parametrize("key", ["of-nothing", "of-hidden"])
def test_a_page_gets_its_own_default_for_a_flag_it_may_not_know(web: WebClient, wire: Wire, key: str) -> None:
    web.start(wire.url, {"targetingKey": "bob"})
    found = web.details("boolean", key, True)
    assert (found["value"], found["reason"], found["errorCode"]) == (True, "ERROR", "FLAG_NOT_FOUND")
    assert web.details("string", "of-static", "x")["errorCode"] == "TYPE_MISMATCH"


def test_a_page_that_polls_is_told_of_changes_alone(web: WebClient, wire: Wire, tools: Operator) -> None:
    apply(tools, {"of-polled": ON_OFF})
    web.start(wire.url, {"targetingKey": "bob"}, poll=150)
    eventually(lambda: [e.status for e in wire.exchanges].count(304) >= 2 or None)
    eventually(lambda: web.details("boolean", "of-polled", True).get("variant"))
    web.events()
    apply(tools, {"of-polled": {**ON_OFF, "default_variant": "on"}})
    began = time.monotonic()
    eventually(lambda: web.details("boolean", "of-polled", False)["value"] or None)
    assert time.monotonic() - began < FRESH_SECONDS
    assert {"event": "PROVIDER_CONFIGURATION_CHANGED", "flags": ["of-polled"]} in web.events()
    # With its new ETag it is told nothing again.
    seen = len(wire.exchanges)
    eventually(lambda: 304 in [e.status for e in wire.exchanges[seen:]] or None)


def test_a_changed_context_is_never_answered_by_not_modified(web: WebClient, wire: Wire) -> None:
    web.start(wire.url, {"targetingKey": "bob", "plan": "free"})
    assert web.details("boolean", "of-plan", True)["value"] is False
    web.context(targetingKey="bob", plan="pro")
    assert web.details("boolean", "of-plan", False)["value"] is True
    web.context(targetingKey="bob", plan="pro", page="cart")
    assert web.details("boolean", "of-plan", False)["value"] is True
    first, second, third = wire.exchanges
    # The client sends the ETag of its answers to the context before: only an answer that is the same may be a 304.
    assert second.sent["If-None-Match"] == first.headers["ETag"]
    assert third.sent["If-None-Match"] == second.headers["ETag"]
    assert [e.status for e in wire.exchanges] == [200, 200, 304]


@pytest.mark.parametrize("bad", [{"targetingKey": 7}, {"targetingKey": "bob", "page": json.loads("[" * 60 + "]" * 60)}])
def test_a_page_recovers_from_a_bad_context(web: WebClient, wire: Wire, bad: dict[str, Any]) -> None:
    web.start(wire.url, {"targetingKey": "bob"})
    web.context(**bad)
    assert wire.exchanges[-1].status == 400
    assert "PROVIDER_ERROR" in [told["event"] for told in web.events()]
    web.context(targetingKey="ann")
    assert web.details("boolean", "of-target", False)["value"] is True


def test_a_page_keeps_its_flags_while_the_edge_is_away(web: WebClient, wire: Wire) -> None:
    web.start(wire.url, {"targetingKey": "ann"}, poll=150)
    wire.cut()
    eventually(lambda: "PROVIDER_STALE" in [told["event"] for told in web.events()] or None)
    assert web.details("boolean", "of-target", False)["value"] is True
    wire.mend()
    seen = len(wire.exchanges)
    eventually(lambda: wire.exchanges[seen:] or None)
    web.context(targetingKey="bob")
    assert web.details("boolean", "of-target", True)["value"] is False
    assert web.status() == "READY"


def test_a_page_that_finds_no_edge_uses_its_defaults_until_there_is_one(web: WebClient, wire: Wire) -> None:
    wire.cut()
    assert "error" in web.start(wire.url, {"targetingKey": "ann"})
    assert web.details("boolean", "of-target", False)["value"] is False
    wire.mend()
    web.context(targetingKey="ann", page="cart")
    assert web.details("boolean", "of-target", False)["value"] is True


# On a server


@pytest.mark.parametrize(("kind", "key", "user", "attributes", "value", "variant", "reason"), ANSWERS)
def test_a_server_gets_every_type_for_every_reason(
    kind: str,
    key: str,
    user: str,
    attributes: dict[str, str],
    value: Any,
    variant: str,
    reason: str,
    server: OpenFeatureClient,
) -> None:
    found = details(server, kind, key, user, **attributes)
    assert found.error_code is None, found.error_message
    assert (found.value, found.variant, found.reason) == (value, variant, reason)
    assert type(found.value) is type(value)
    if key == "of-static":
        assert found.flag_metadata == {"owner": "shop", "level": 2, "kept": True}


@pytest.mark.parametrize("key", ["of-nothing", "of-hidden"])
def test_a_server_gets_its_own_default_for_a_flag_it_may_not_know(key: str, server: OpenFeatureClient) -> None:
    found = details(server, "string", key, "bob")
    assert (found.value, found.reason, found.error_code) == ("otherwise", "ERROR", "FLAG_NOT_FOUND")


def test_a_server_without_a_context_is_the_same_user_every_time(server: OpenFeatureClient) -> None:
    values = {server.get_boolean_value("of-split", None) for _ in range(5)}
    assert len(values) == 1
    assert values <= {True, False}


@pytest.mark.parametrize(
    ("user", "attributes"), [(7, {}), ("bob", {"page": json.loads("[" * 60 + "]" * 60)}), (["bob"], {})]
)
def test_a_server_is_told_that_its_context_is_bad(
    user: Any, attributes: dict[str, Any], server: OpenFeatureClient
) -> None:
    found = details(server, "integer", "of-integer", user, **attributes)
    assert (found.value, found.error_code) == (-1, "INVALID_CONTEXT")
    assert found.error_message


def test_a_server_asks_for_the_wrong_type(server: OpenFeatureClient) -> None:
    assert details(server, "integer", "of-float", "bob").error_code == "TYPE_MISMATCH"
    assert details(server, "float", "of-integer", "bob").error_code == "TYPE_MISMATCH"


def test_a_server_uses_its_defaults_while_the_edge_is_away(server: OpenFeatureClient, wire: Wire) -> None:
    assert details(server, "integer", "of-integer", "bob").value == 3
    wire.cut()
    found = details(server, "integer", "of-integer", "bob")
    assert (found.value, found.error_code) == (-1, "GENERAL")
    wire.mend()
    assert details(server, "integer", "of-integer", "bob").value == 3


# On the wire


def test_every_answer_may_be_read_by_any_page(cloud: LocalCloud) -> None:
    status, preflight, _ = post(cloud, b"", method="OPTIONS", origin="https://shop.example")
    assert status in (200, 204)
    assert preflight["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight["Access-Control-Allow-Methods"]
    allowed = {name.strip().lower() for name in preflight["Access-Control-Allow-Headers"].split(",")}
    assert {"content-type", "if-none-match", "authorization", "x-api-key"} <= allowed
    _, first, _ = post(cloud, b"{}")
    answers: list[tuple[int, Message]] = [
        post(cloud, b"{}")[:2],
        post(cloud, b"{}", if_none_match=first["ETag"])[:2],
        post(cloud, b"{}", "of-static")[:2],
        post(cloud, b"{}", "of-nothing")[:2],
        post(cloud, b"{")[:2],
        post(cloud, b'{"context": {"filler": "' + b"x" * 60_000 + b'"}}')[:2],
        post(cloud, b"", method="GET")[:2],
        post(cloud, b"", method="DELETE")[:2],
    ]
    assert [status for status, _ in answers] == [200, 304, 200, 404, 400, 400, 405, 405]
    for _, headers in answers:
        assert headers["Access-Control-Allow-Origin"] == "*"
        exposed = {name.strip() for name in headers["Access-Control-Expose-Headers"].split(",")}
        assert {"ETag", "Retry-After"} <= exposed
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Cache"] == "LambdaGeneratedResponse from cloudfront"


def test_a_change_reaches_the_edge_soon(cloud: LocalCloud, tools: Operator) -> None:
    for default in ("on", "off"):
        apply(tools, {"of-soon": {**ON_OFF, "default_variant": default}})
        began = time.monotonic()
        wanted = default == "on"
        eventually(lambda wanted=wanted: True if value_at_the_edge(cloud, "of-soon") is wanted else None)
        assert time.monotonic() - began < FRESH_SECONDS
