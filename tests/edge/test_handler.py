"""The handler as CloudFront calls it, over a fake S3: the composition, and what it does about the unexpected."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.edge import handler as module
from functions.edge import object_reader
from functions.edge.flag_endpoint import UNAVAILABLE
from functions.edge.http_get import HttpGetter
from tests.edge.fake_s3 import ACCESS_KEY, SECRET_KEY, FakeS3
from tests.edge.ofrep_request import BULK, FLAGS, endpoint_with, flags_body, ofrep
from tests.edge.zip_layout import CONFIG
from tests.support.repository import ROOT

EVENT = json.loads((ROOT / "events/aws.cloudfront.viewer-request.json").read_text())
FLAGS_PATH = f"/{CONFIG['bucket']}/{CONFIG['flags_key']}"

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
FORBIDDEN_HEADERS = {"connection", "expect", "keep-alive", "trailer", "upgrade", "x-cache", "x-forwarded-proto"} | {
    "x-real-ip",
    "content-length",
    "host",
    "transfer-encoding",
    "via",
}
FORBIDDEN_PREFIXES = ("proxy-", "x-accel-", "x-amz-cf-", "x-edge-")


def ask(request: dict[str, Any]) -> dict[str, Any]:
    """What the handler answers, which CloudFront allows."""
    event = {"Records": [{"cf": {"config": {}, "request": copy.deepcopy(request)}}]}
    outcome = module.handler(event, None)
    assert event["Records"][0]["cf"]["request"] == request, "the event's request is left alone"
    assert_allowed(outcome)
    return outcome


def assert_allowed(outcome: dict[str, Any]) -> None:
    """CloudFront's rules for a response that a viewer-request function returns; breaking one is a 502."""
    assert isinstance(outcome["status"], str)
    assert 200 <= int(outcome["status"]) <= 599
    for name, values in outcome["headers"].items():
        assert name == name.lower()
        assert name not in FORBIDDEN_HEADERS
        assert not name.startswith(FORBIDDEN_PREFIXES)
        assert [set(value) for value in values] == [{"key", "value"}]
    assert outcome.get("body", "").isascii()
    assert len(json.dumps(outcome)) <= 40 * 1024


@pytest.fixture(autouse=True)
def hang_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End the connections that a Lambda function keeps until its sandbox ends."""
    made: list[HttpGetter] = []

    class Remembered(HttpGetter):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(object_reader, "HttpGetter", Remembered)
    yield
    for getter in made:
        getter.close()


@pytest.fixture
def lambda_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The environment that Lambda gives, and a config.json of the zip's."""
    monkeypatch.setattr(module, "_flags", None)
    monkeypatch.setattr("functions.edge.config.__file__", str(tmp_path / "config.py"))
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path / "config.json"


def test_the_handler_reads_its_config_and_answers(
    lambda_env: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeS3() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
        server.objects[FLAGS_PATH] = flags_body(FLAGS)
        outcome = module.handler(copy.deepcopy(EVENT), None)
        assert_allowed(outcome)
        assert outcome["status"] == "200"
        values = {flag["key"]: flag["value"] for flag in json.loads(outcome["body"])["flags"]}
        assert (values["static"], values["pro"], values["color"]) == (True, True, "#00f")
        for _ in range(20):
            assert ask(ofrep(uri=f"{BULK}/static"))["status"] == "200"
        assert ask(ofrep(uri="/checkout/latest/widget.js", method="GET"))["status"] == "404"
        assert [request.path for request in server.requests] == [FLAGS_PATH]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fault", ["no config", "unknown field", "no credentials", "malformed endpoint"])
def test_a_faulty_installation_has_no_flags_and_says_why(
    fault: str, lambda_env: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if fault == "no config":
        lambda_env.unlink()
    elif fault == "unknown field":
        lambda_env.write_text(json.dumps({**CONFIG, "colour": "blue"}))
    elif fault == "no credentials":
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    else:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost")
    module._begin_flags()
    assert capsys.readouterr().err == "", "the first request is to say it"
    outcome = ask(ofrep())
    assert (outcome["status"], json.loads(outcome["body"])) == (
        "500",
        {"errorDetails": "the flags could not be evaluated"},
    )
    assert outcome["headers"]["retry-after"][0]["value"] == "5"
    assert json.loads(capsys.readouterr().err)["message"].startswith("flags unavailable: ")


class Exploding:
    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("a bug")


def test_an_unexpected_error_is_the_protocols(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_flags", Exploding())
    assert ask(ofrep()) == UNAVAILABLE
    assert json.loads(capsys.readouterr().err)["message"] == "flags unavailable: ZeroDivisionError: a bug"


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Records": [{"cf": {"request": {}}}]}])
def test_an_event_that_is_none_is_answered_too(
    event: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_flags", endpoint_with())
    assert module.handler(event, None) == UNAVAILABLE
    assert "flags unavailable" in capsys.readouterr().err


header_names = st.sampled_from(["host", "via", "if-none-match", "transfer-encoding", "cookie", "x-edgeship-user"])
header_values = st.lists(st.fixed_dictionaries({"key": st.text(max_size=9), "value": st.text(max_size=30)}), max_size=2)
uris = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(["ofrep", "v1", "evaluate", "flags", "static", "..", "", "%7E1", "%", "\x00", "\ud800"])
        | st.text(max_size=10),
        max_size=6,
    ).map(lambda parts: "/" + "/".join(parts)),
    st.text(max_size=20).map(lambda key: f"{BULK}/{key}"),
    st.just(BULK),
)
bodies = st.one_of(st.binary(max_size=60), st.dictionaries(st.text(max_size=9), st.text(max_size=9)))


@given(
    uri=uris,
    method=st.sampled_from(["GET", "HEAD", "OPTIONS", "POST"]),
    headers=st.dictionaries(header_names, header_values),
    querystring=st.text(max_size=40),
    body=bodies,
    known=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_has_an_answer_that_cloudfront_allows(
    uri: str,
    method: str,
    headers: dict[str, Any],
    querystring: str,
    body: Any,
    known: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_flags", endpoint_with(snapshot=known))
    ask({**ofrep(body, uri, method), "headers": headers, "querystring": querystring})
