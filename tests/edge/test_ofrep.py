"""OFREP 0.3 as its clients read it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgeship.domain.flags.flags_snapshot import encode
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from functions.edge.http_answer import Answer
from tests.edge.ofrep_request import BULK, FLAGS, ON_OFF, context, endpoint_reading, endpoint_with, ofrep

Response = dict[str, Any]


def ask(key: str | None = None, body: Any = None, **request: Any) -> Response:
    uri = BULK if key is None else f"{BULK}/{key}"
    return endpoint_with().answer(ofrep(body, uri, **request))


def document(response: Response) -> Any:
    return json.loads(response["body"])


def header(response: Response, name: str) -> str | None:
    values = response["headers"].get(name)
    return values[0]["value"] if values else None


@pytest.mark.parametrize(
    ("key", "attributes", "expected"),
    [
        ("static", {}, {"value": True, "reason": "STATIC", "variant": "on"}),
        ("off", {}, {"value": False, "reason": "DISABLED", "variant": "off"}),
        ("elsewhere", {}, {"value": False, "reason": "DISABLED", "variant": "off"}),
        ("color", {"targetingKey": "ann"}, {"value": "#00f", "reason": "TARGETING_MATCH", "variant": "blue"}),
        ("ratio", {}, {"value": 1.0, "reason": "STATIC", "variant": "one"}),
        ("count", {}, {"value": 3, "reason": "STATIC", "variant": "few"}),
        ("layout", {}, {"value": {"columns": 2, "title": "Grüße"}, "reason": "STATIC", "variant": "a"}),
    ],
)
def test_one_flag(key: str, attributes: dict[str, Any], expected: dict[str, Any]) -> None:
    response = ask(key, context(**attributes))
    assert response["status"] == "200"
    assert document(response) == {"key": key, **expected}
    assert header(response, "content-type") == "application/json; charset=utf-8"
    assert header(response, "cache-control") == "no-store"


def test_a_float_stays_a_float_on_the_wire() -> None:
    assert '"value":1.0' in ask("ratio")["body"]
    assert '"value":3,' in ask("count")["body"]


def test_metadata_goes_with_the_answer() -> None:
    found = document(ask("pro", context(targetingKey="u", plan="pro")))
    assert found["metadata"] == {"owner": "checkout", "level": 2}
    assert found["reason"] == "TARGETING_MATCH"


def test_the_bulk_answer_has_every_public_flag() -> None:
    found = document(ask(None, context(targetingKey="u1")))
    assert {flag["key"] for flag in found["flags"]} == set(FLAGS) - {"hidden"}
    assert all({"key", "value", "reason", "variant"} <= flag.keys() for flag in found["flags"])
    assert found["metadata"] == {}


IN_SETS: dict[str, Any] = {
    "all": ON_OFF,
    "a": {**ON_OFF, "flag_set": "shop"},
    "b": {**ON_OFF, "flag_set": "shop", "rollout": {"variant": "on", "percentage": 50}},
    "c": {**ON_OFF, "flag_set": "cart.v2"},
    "d": {**ON_OFF, "flag_set": "cart.v2", "public": False},
}


@pytest.mark.parametrize(
    ("base", "keys", "metadata"),
    [
        ("", ["all"], {}),
        ("/ofrep/sets/shop", ["a", "b"], {"flagSetId": "shop"}),
        ("/ofrep/sets/cart%2Ev2", ["c"], {"flagSetId": "cart.v2"}),
        ("/ofrep/sets/none", [], {"flagSetId": "none"}),
    ],
)
def test_a_flag_set_has_a_bulk_answer_of_its_own(base: str, keys: list[str], metadata: dict[str, str]) -> None:
    endpoint = endpoint_with(IN_SETS)
    found = document(endpoint.answer(ofrep(context(targetingKey="u"), base + BULK)))
    assert [flag["key"] for flag in found["flags"]] == keys
    assert found["metadata"] == metadata
    one = {key: endpoint.answer(ofrep(context(targetingKey="u"), f"{base}{BULK}/{key}")) for key in IN_SETS}
    known = {key for key, answer in one.items() if answer["status"] == "200"}
    assert known == ({"all", "a", "b", "c"} if not base else set(keys))
    for flag in found["flags"]:
        assert document(one[flag["key"]]) == flag


@pytest.mark.parametrize("uri", ["/ofrep/sets/", "/ofrep/sets/shop", "/ofrep/sets/shop/", "/ofrep/sets/a/b" + BULK])
def test_what_stands_under_a_flag_set_is_the_protocol(uri: str) -> None:
    assert endpoint_with(IN_SETS).answer(ofrep(context(), uri))["status"] == "404"


@pytest.mark.parametrize("key", ["gone", "hidden", "a/b", "%00", "%E2%82", "constructor", "x" * 5000, ""])
def test_what_is_not_public_is_not_known(key: str) -> None:
    response = ask(key)
    assert response["status"] == "404"
    found = document(response)
    assert found["errorCode"] == "FLAG_NOT_FOUND"
    assert found["errorDetails"]
    assert len(response["body"]) < 1_000


def test_an_encoded_key_is_the_same_key() -> None:
    assert document(ask("st%61tic"))["key"] == "static"


@pytest.mark.parametrize("key", [None, "static"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "PARSE_ERROR"),
        (b"{", "PARSE_ERROR"),
        (b"\xff\xfe", "PARSE_ERROR"),
        (b'{"context": {"x": NaN}}', "PARSE_ERROR"),
        (b'{"context": {"x": 1' + b"0" * 5000 + b"}}", "PARSE_ERROR"),
        (b"[" * 100_000, "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        (b'"text"', "PARSE_ERROR"),
        (b'{"context": []}', "INVALID_CONTEXT"),
        (b'{"context": "ann"}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": 7}}', "INVALID_CONTEXT"),
        (b'{"context": {"x": ' + b"[" * 60 + b"]" * 60 + b"}}", "INVALID_CONTEXT"),
    ],
)
def test_a_body_that_cannot_be_evaluated_is_a_400_of_the_protocol(key: str | None, body: bytes, code: str) -> None:
    response = ask(key, body)
    assert response["status"] == "400"
    found = document(response)
    assert found["errorCode"] == code
    assert found["errorDetails"]
    assert found.get("key") == key


def test_a_truncated_body_is_a_400() -> None:
    request = ofrep(context(targetingKey="u"))
    request["body"]["inputTruncated"] = True
    response = endpoint_with().answer(request)
    assert (response["status"], document(response)["errorCode"]) == ("400", "PARSE_ERROR")
    assert "40 KB" in document(response)["errorDetails"]


@pytest.mark.parametrize("body", [{}, {"context": None}, {"context": {}}, {"context": {"targetingKey": None}}])
def test_without_a_targeting_key_a_user_is_sticky_all_the_same(body: dict[str, Any]) -> None:
    answers = {ask("half", body, user_agent="Firefox")["body"] for _ in range(20)}
    assert len(answers) == 1
    assert json.loads(answers.pop())["reason"] == "SPLIT"
    spread = {ask("half", body, user_agent=f"Firefox {n}")["body"] for n in range(20)}
    assert len(spread) == 2


def test_the_same_result_again_is_a_304() -> None:
    first = ask(None, context(targetingKey="u1"))
    etag = header(first, "etag")
    assert etag is not None
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = ask(None, context(targetingKey="u1"), if_none_match=given)
        assert again["status"] == "304"
        assert "body" not in again
        assert header(again, "etag") == etag
        assert header(again, "access-control-allow-origin") == "*"
    assert ask(None, context(targetingKey="u1"), if_none_match='"other"')["status"] == "200"


def test_another_context_with_another_result_is_no_304() -> None:
    etag = header(ask(None, context(targetingKey="u1", plan="free")), "etag") or ""
    changed = ask(None, context(targetingKey="u1", plan="pro"), if_none_match=etag)
    assert changed["status"] == "200"
    assert header(changed, "etag") != etag


def test_preflight() -> None:
    response = ask(None, method="OPTIONS", origin="https://shop.example")
    assert response["status"] == "204"
    assert header(response, "access-control-allow-methods") == "POST, OPTIONS"
    allowed = header(response, "access-control-allow-headers") or ""
    clients, ours = {"content-type", "if-none-match", "authorization", "x-api-key"}, {"x-edgeship-user"}
    assert set(allowed.split(", ")) == clients | ours


@pytest.mark.parametrize("asked", ["traceparent", "content-type,traceparent,x-b3-traceid", "X-Any, b3"])
def test_a_preflight_allows_every_header_that_it_asks_for(asked: str) -> None:
    response = ask(None, method="OPTIONS", origin="https://shop.example", access_control_request_headers=asked)
    assert header(response, "access-control-allow-headers") == asked


@pytest.mark.parametrize("asked", ["", "x\r\nset-cookie: a=b", "é", "x" * 5_000])
def test_what_is_no_list_of_headers_is_not_repeated(asked: str) -> None:
    response = ask(None, method="OPTIONS", access_control_request_headers=asked)
    assert "authorization" in (header(response, "access-control-allow-headers") or "").split(", ")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "line 1, column 2"),
        (b'{"context": {"n": NaN}}', "a number that JSON has not"),
        (b'{"context": {"n": ' + b"9" * 5_000 + b"}}", "more than 4,300 digits"),
        (b"[" * 20_000, "levels"),
        (b'{"context": {"n": "\xff"}}', "not UTF-8 at byte 19"),
        (b'"\\ud800', "not JSON"),
    ],
)
def test_a_body_that_is_none_is_told_in_the_protocols_words(body: bytes, says: str) -> None:
    response = endpoint_with().answer(ofrep(body))
    assert (response["status"], document(response)["errorCode"]) == ("400", "PARSE_ERROR")
    assert says in document(response)["errorDetails"]


@pytest.mark.parametrize(
    "request_",
    [
        ofrep(),
        ofrep(uri=f"{BULK}/static"),
        ofrep(uri=f"{BULK}/gone"),
        ofrep(b"{"),
        ofrep(method="GET"),
        ofrep(method="OPTIONS"),
        ofrep(uri="/ofrep/v1/other"),
    ],
)
def test_every_answer_may_be_read_by_a_page(request_: dict[str, Any]) -> None:
    response = endpoint_with().answer(request_)
    assert header(response, "access-control-allow-origin") == "*"
    assert header(response, "access-control-expose-headers") == "ETag, Retry-After"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_refused(method: str) -> None:
    response = ask(None, method=method)
    assert (response["status"], header(response, "allow")) == ("405", "POST, OPTIONS")


def test_without_any_snapshot_clients_are_told_to_keep_what_they_have() -> None:
    response = endpoint_with(snapshot=False).answer(ofrep(context(targetingKey="u")))
    assert (response["status"], header(response, "retry-after")) == ("500", "5")
    assert document(response)["errorDetails"]


def test_without_any_flag_there_are_none() -> None:
    assert document(endpoint_with({}).answer(ofrep()))["flags"] == []
    assert document(endpoint_with({}).answer(ofrep(uri=f"{BULK}/x")))["errorCode"] == "FLAG_NOT_FOUND"


@pytest.mark.parametrize("flags", [[1], None, "flags"])
def test_a_malformed_section_of_flags_is_no_snapshot(flags: Any) -> None:
    body = encode({"schema": 1, "revision": 1, "flags": flags})
    response = endpoint_reading(Answer(200, {}, body, reusable=True)).answer(ofrep())
    assert response["status"] == "500"
    assert header(response, "retry-after") == "5"


def test_an_answer_that_would_pass_the_limit_is_not_sent() -> None:
    heavy = {
        f"heavy-{n}": {**ON_OFF, "variants": {"on": "x" * 5_000, "off": ""}, "default_variant": "on"} for n in range(9)
    }
    response = endpoint_with(heavy).answer(ofrep())
    assert response["status"] == "500"
    assert len(json.dumps(response)) < 40 * 1024
    assert endpoint_with(heavy).answer(ofrep(uri=f"{BULK}/heavy-1"))["status"] == "200"
    heaviest = {"all": {"variants": {"it": "x" * 40_000}, "default_variant": "it"}}
    response = endpoint_with(heaviest).answer(ofrep(uri=f"{BULK}/all"))
    assert response["status"] == "500"
    assert len(json.dumps(response)) < 40 * 1024


@pytest.mark.parametrize(
    "uri", ["/%6Ffrep/v1/evaluate/flags", "//ofrep/v1/x", "/x/../ofrep/v1/x", "/checkout/latest/x"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_path_reaches_the_bucket(uri: str, method: str) -> None:
    """CloudFront normalises a path before it matches it (RFC 3986, section 6), and hands it over as it came."""
    response = endpoint_with().answer(ofrep({}, uri, method))
    assert response["status"] == "404"
    assert header(response, "access-control-allow-origin") == "*"


def test_a_malformed_flag_harms_no_other_and_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    entries = {"broken": {"variants": []}, "static": snapshot_entry({"key": "static", **FLAGS["static"]})}
    body = encode({"schema": 1, "revision": 1, "flags": entries})
    edge = endpoint_reading(Answer(200, {}, body, reusable=True))
    for _ in range(3):
        found = {flag["key"]: flag for flag in document(edge.answer(ofrep(context(targetingKey="u"))))["flags"]}
    assert found["broken"]["errorCode"] == "PARSE_ERROR"
    assert found["static"]["value"] is True
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"].startswith("flag broken is malformed: ")
