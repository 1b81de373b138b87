"""The handler as CloudFront calls it, over a fake S3."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.bucketing import bucket
from functions.edge import handler as module
from functions.edge.config import Config
from functions.edge.handler import Edge, build
from functions.edge.http_answer import Answer
from functions.edge.http_get import HttpGetter
from functions.edge.snapshot_source import SnapshotSource
from tests.edge.fake_s3 import ACCESS_KEY, SECRET_KEY, Exchange, FakeS3, answer, raw
from tests.edge.zip_layout import CONFIG, ROOT

EVENT = json.loads((ROOT / "events/aws.cloudfront.viewer-request.json").read_text())
SNAPSHOT_PATH = f"/{CONFIG['bucket']}/{CONFIG['key']}"

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
FORBIDDEN_HEADERS = {"connection", "expect", "keep-alive", "trailer", "upgrade", "x-cache", "x-forwarded-proto"} | {
    "x-real-ip",
    "content-length",
    "host",
    "transfer-encoding",
    "via",
}
FORBIDDEN_PREFIXES = ("proxy-", "x-accel-", "x-amz-cf-", "x-edge-")


def snapshot(version: str = "1.4.2", revision: int = 1) -> bytes:
    routes = {"channels": {"latest": {"stable": version}}, "ranges": {version[:1]: version}}
    return json.dumps({"schema": 1, "revision": revision, "widgets": {"checkout": routes}}).encode()


def request_for(uri: str, **changes: Any) -> dict[str, Any]:
    request: dict[str, Any] = copy.deepcopy(EVENT["Records"][0]["cf"]["request"])
    return {**request, "uri": uri, **changes}


def assert_allowed(outcome: dict[str, Any], request: dict[str, Any]) -> None:
    """CloudFront's rules for what a viewer-request function returns; breaking one is a 502."""
    if "uri" in outcome:
        assert {**outcome, "uri": request["uri"]} == request
        assert outcome["uri"] == request["uri"] or outcome["uri"].startswith("/")
        return
    assert isinstance(outcome["status"], str)
    assert outcome["status"] == "404"
    for name, values in outcome["headers"].items():
        assert name == name.lower()
        assert name not in FORBIDDEN_HEADERS
        assert not name.startswith(FORBIDDEN_PREFIXES)
        assert [set(value) for value in values] == [{"key", "value"}]
    assert outcome["body"].isascii()
    assert len(json.dumps(outcome)) <= 40 * 1024


@pytest.fixture(autouse=True)
def hang_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End the connections that a Lambda function keeps until its sandbox ends."""
    made: list[HttpGetter] = []

    class Remembered(HttpGetter):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(module, "HttpGetter", Remembered)
    yield
    for getter in made:
        getter.close()


class Cloud:
    """A fake S3 with an edge that reads from it and a clock."""

    def __init__(self, server: FakeS3) -> None:
        self.server = server
        self.now = 1_800_000_000.0
        self.log: list[str] = []
        env = {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server.port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": "FwoGZXIvYXdzE+/=",
        }
        config: dict[str, Any] = {**CONFIG, "timeout_seconds": 1.0}
        self.edge = build(Config(**config), env, lambda: self.now, self.log.append)

    def get(self, uri: str = "/checkout/latest/widget.js", after: float = 0) -> dict[str, Any]:
        self.now += after
        request = request_for(uri)
        before = copy.deepcopy(request)
        outcome = self.edge.answer(request)
        assert request == before, "the event's request is left alone"
        assert_allowed(outcome, request)
        return outcome


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with FakeS3() as server:
        server.objects[SNAPSHOT_PATH] = snapshot()
        yield Cloud(server)


def test_a_moving_path_is_rewritten_and_nothing_else_of_the_request(cloud: Cloud) -> None:
    request = request_for("/checkout/latest/widget.js", querystring="a=1&b=%20", method="HEAD", body={"data": ""})
    assert cloud.edge.answer(request) == {**request, "uri": "/checkout/v1.4.2/widget.js"}


def test_the_snapshot_is_asked_for_once_and_then_by_its_etag(cloud: Cloud) -> None:
    for _ in range(50):
        cloud.get()
    cloud.get(after=5)
    cloud.server.objects[SNAPSHOT_PATH] = snapshot("1.5.0", revision=2)
    assert cloud.get(after=5)["uri"] == "/checkout/v1.5.0/widget.js"
    etags = [request.headers.get("if-none-match") for request in cloud.server.requests]
    assert etags[0] is None
    assert etags[1] is not None
    assert len(etags) == 3
    assert cloud.server.connections == 1
    assert cloud.log == []


def test_what_has_just_come_into_being_is_not_called_unknown_for_long(cloud: Cloud) -> None:
    assert cloud.get("/checkout/~1/widget.js")["uri"] == "/checkout/v1.4.2/widget.js"
    assert cloud.get("/checkout/~2/widget.js", after=0.5)["status"] == "404"
    cloud.server.objects[SNAPSHOT_PATH] = snapshot("2.0.0", revision=2)
    assert cloud.get("/checkout/~2/widget.js", after=1)["uri"] == "/checkout/v2.0.0/widget.js"


def test_an_exact_path_goes_through_as_it_came(cloud: Cloud) -> None:
    assert cloud.get("/checkout/v1.0.0/assets/latest/x.js")["uri"] == "/checkout/v1.0.0/assets/latest/x.js"


@pytest.mark.parametrize(
    ("uri", "body"),
    [
        ("/chekout/latest/widget.js", 'There is no widget "chekout".\n'),
        ("/checkout/~beta/widget.js", 'Widget "checkout" has no channel "beta".\n'),
        ("/checkout/~9/widget.js", 'Widget "checkout" has no live release in the range "9".\n'),
        ("/checkout/latest/../x", 'No release of widget "checkout" can have a file "../x".\n'),
        ('/{0}"<script>é\n/latest/x', 'There is no widget "{0}\\"<script>\\u00e9\\n".\n'),
        ("/" + "w" * 8000 + "/latest/x", f'There is no widget "{"w" * 200}...".\n'),
    ],
)
def test_what_is_unknown_is_a_404_that_names_it(cloud: Cloud, uri: str, body: str) -> None:
    outcome = cloud.get(uri)
    assert outcome["body"] == body
    assert {name: values[0]["value"] for name, values in outcome["headers"].items()} == {
        "access-control-allow-origin": "*",
        "cache-control": "no-store",
        "content-type": "text/plain; charset=utf-8",
        "cross-origin-resource-policy": "cross-origin",
        "timing-allow-origin": "*",
        "x-content-type-options": "nosniff",
    }


FAULTS: dict[str, Callable[[Exchange], None]] = {
    "403": answer(403, b"<Error/>"),
    "404": answer(404, b"<Error/>"),
    "500": answer(500, b"<Error/>"),
    "redirect": answer(301, location="http://elsewhere.test/"),
    "hang": Exchange.wait_for_hang_up,
    "truncated": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + snapshot("9.9.9", 9)[:50]),
    "no HTTP": raw(b"\x16\x03\x01 garbage\r\n\r\n"),
    "garbage": answer(200, b"<html>not a snapshot</html>"),
    "huge": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"),
    "closed": raw(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_with_s3_in_trouble_the_last_good_snapshot_serves(cloud: Cloud, fault: str) -> None:
    cloud.get()
    cloud.server.reactions = [FAULTS[fault]] * 4
    for _ in range(2):
        assert cloud.get(after=5)["uri"] == "/checkout/v1.4.2/widget.js"
    assert len(cloud.log) == 1
    cloud.server.reactions = []
    cloud.server.objects[SNAPSHOT_PATH] = snapshot("1.5.0", revision=2)
    assert cloud.get(after=30)["uri"] == "/checkout/v1.5.0/widget.js"


@pytest.mark.parametrize("fault", FAULTS)
def test_without_any_snapshot_requests_go_through_as_they_came(cloud: Cloud, fault: str) -> None:
    cloud.server.reactions = [FAULTS[fault]] * 4
    for uri in ("/checkout/latest/widget.js", "/nobody/~7/x", "/checkout/v1.0.0/~x/y"):
        assert cloud.get(uri)["uri"] == uri
    assert len(cloud.server.requests) == 1
    assert len(cloud.log) == 1


# Rollouts: who is served the candidate.


AB = {"key": "ab", "variants": {"new": "1.5.0", "old": "1.3.0", "gone": "9.9.9"}, "default_variant": "new"}


def rolling_edge(root: str | None = None, flag: dict[str, Any] | None = None, **entry: Any) -> Edge:
    """An edge whose `latest` of checkout is at 1.4.2 and is being rolled out to 1.5.0."""
    latest: dict[str, Any] = {"stable": "1.4.2", "candidate": "1.5.0", "percent": 25, **entry}
    routes: dict[str, Any] = {"channels": {"latest": latest, "next": {"stable": "1.4.2"}}, "ranges": {"1": "1.4.2"}}
    content: dict[str, Any] = {"schema": 1, "revision": 1, "widgets": {"checkout": routes}}
    if flag is not None:
        latest["flag"] = flag["key"]
        routes["versions"] = ["1.3.0", "1.4.2", "1.5.0"]
        content["flags"] = {flag["key"]: flag}
    found = Answer(200, {}, json.dumps(content).encode(), reusable=True)
    return Edge(SnapshotSource(lambda etag: found, lambda: 1.0, 5, lambda line: None), root, "test", lambda: 1.0)


def version_for(edge: Edge, querystring: str = "", uri: str = "/checkout/latest/widget.js", **changes: Any) -> str:
    request = request_for(uri, querystring=querystring, **changes)
    outcome = edge.answer(request)
    assert_allowed(outcome, request)
    return str(outcome["uri"]).split("/")[2].removeprefix("v")


USERS = [f"user-{n}" for n in range(300)]


def test_the_share_of_the_users_gets_the_candidate_and_keeps_it() -> None:
    def candidates(edge: Edge) -> set[str]:
        return {user for user in USERS if version_for(edge, f"user={user}") == "1.5.0"}

    quarter = candidates(rolling_edge(percent=25))
    assert quarter == {user for user in USERS if bucket(user, "checkout/latest/1.5.0") < 2500}
    assert 40 < len(quarter) < 110
    assert candidates(rolling_edge(percent=25)) == quarter
    assert quarter < candidates(rolling_edge(percent=50.01))
    assert candidates(rolling_edge(percent=100)) == set(USERS)
    assert candidates(rolling_edge(percent=0)) == set()


@pytest.mark.parametrize("how", ["header", "cookie", "address"])
def test_a_user_is_the_same_one_however_it_is_named(how: str) -> None:
    edge = rolling_edge(percent=50)
    for user in USERS[:40]:
        headers: dict[str, Any] = {"user-agent": [{"key": "User-Agent", "value": "Firefox"}]}
        if how == "header":
            headers["x-edgeship-user"] = [{"key": "X-Edgeship-User", "value": user}]
        elif how == "cookie":
            headers["cookie"] = [{"key": "Cookie", "value": f"a=b; edgeship_user={user}"}]
        first = version_for(edge, headers=headers, clientIp="192.0.2.7")
        assert version_for(edge, "page=2", headers=headers, clientIp="192.0.2.7") == first
        if how != "address":
            assert version_for(edge, f"user={user}") == first


@pytest.mark.parametrize("percent", [0, 0.01, 50, 99.99])
@pytest.mark.parametrize(("track", "version"), [("stable", "1.4.2"), ("candidate", "1.5.0")])
def test_a_tester_chooses_the_track_at_any_weight(percent: float, track: str, version: str) -> None:
    edge = rolling_edge(percent=percent)
    assert {version_for(edge, f"user={user}&edgeship-track={track}") for user in USERS[:20]} == {version}
    assert version_for(edge, f"a=1&edgeship-track={track}&b=2") == version


@pytest.mark.parametrize(
    "track", ["1.3.0", "v1.5.0", "CANDIDATE", "", "../v9.9.9", "candidate%00", "~1", "stable,candidate"]
)
def test_a_track_that_is_none_leaves_the_choice_to_the_bucket(track: str) -> None:
    edge = rolling_edge(percent=50)
    for user in USERS[:20]:
        assert version_for(edge, f"user={user}&edgeship-track={track}") == version_for(edge, f"user={user}")


def test_without_a_rollout_a_track_reaches_nothing_but_what_is_deployed() -> None:
    found = Answer(200, {}, snapshot(), reusable=True)
    edge = Edge(SnapshotSource(lambda etag: found, lambda: 1.0, 5, lambda line: None), None, "test", lambda: 1.0)
    assert version_for(edge, "edgeship-track=candidate") == "1.4.2"
    rolling = rolling_edge()
    for uri in ("/checkout/~next/widget.js", "/checkout/~1/widget.js", "/checkout/v1.4.2/widget.js"):
        assert version_for(rolling, "edgeship-track=candidate", uri) == "1.4.2"
    assert (
        rolling.answer(request_for("/checkout/~beta/x.js", querystring="edgeship-track=candidate"))["status"] == "404"
    )


def test_the_root_widget_is_rolled_out_too() -> None:
    edge = rolling_edge(root="checkout")
    for user in USERS[:40]:
        assert version_for(edge, f"user={user}", "/latest/widget.js") == version_for(edge, f"user={user}")
    assert version_for(edge, "edgeship-track=candidate", "/latest/widget.js") == "1.5.0"


@pytest.mark.parametrize(("variant", "version"), [("old", "1.3.0"), ("new", "1.5.0")])
def test_a_flag_decides_before_the_rollout_and_before_the_track(variant: str, version: str) -> None:
    edge = rolling_edge(flag={**AB, "default_variant": variant})
    for querystring in ("user=a", "user=b", "edgeship-track=stable", "edgeship-track=candidate"):
        assert version_for(edge, querystring) == version


def test_where_the_flag_names_no_release_the_rollout_decides() -> None:
    edge, plain = rolling_edge(flag={**AB, "default_variant": "gone"}), rolling_edge()
    for user in USERS[:40]:
        assert version_for(edge, f"user={user}") == version_for(plain, f"user={user}")
    assert version_for(edge, "edgeship-track=candidate") == "1.5.0"


@pytest.mark.parametrize("broken", [{"percent": "25"}, {"percent": 101}, {"candidate": "../x"}])
def test_a_snapshot_with_a_corrupt_rollout_is_none(cloud: Cloud, broken: dict[str, Any]) -> None:
    cloud.get()
    content = json.loads(snapshot("1.5.0", revision=2))
    content["widgets"]["checkout"]["channels"]["latest"] |= {"candidate": "1.6.0", "percent": 100, **broken}
    cloud.server.objects[SNAPSHOT_PATH] = json.dumps(content).encode()
    assert cloud.get(after=5)["uri"] == "/checkout/v1.4.2/widget.js"
    assert len(cloud.log) == 1


# `handler` itself: the composition, and what it does about the unexpected.


@pytest.fixture
def lambda_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The environment that Lambda gives, and a config.json of the zip's."""
    monkeypatch.setattr(module, "_edge", None)
    monkeypatch.setattr(module, "_flags", None)
    monkeypatch.setattr("functions.edge.config.__file__", str(tmp_path / "config.py"))
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, "root_widget": "checkout"}))
    return tmp_path / "config.json"


def event_for(uri: str) -> dict[str, Any]:
    event: dict[str, Any] = copy.deepcopy(EVENT)
    event["Records"][0]["cf"]["request"]["uri"] = uri
    return event


def test_the_handler_reads_its_config_and_serves(
    lambda_env: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeS3() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
        server.objects[SNAPSHOT_PATH] = snapshot()
        assert module.handler(copy.deepcopy(EVENT), None)["uri"] == "/checkout/v1.4.2/widget.js"
        assert module.handler(event_for("/~1/widget.js"), None)["uri"] == "/checkout/v1.4.2/widget.js"
        assert module.handler(event_for("/chat/latest/x.js"), None)["status"] == "404"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fault", ["no config", "unknown field", "no credentials", "malformed endpoint"])
def test_a_faulty_installation_lets_every_request_through_and_says_why(
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
    event = event_for("/checkout/latest/widget.js")
    assert module.handler(event, None) == EVENT["Records"][0]["cf"]["request"]
    line = json.loads(capsys.readouterr().err)
    assert line["message"].startswith("request passed through: ")


def test_an_unexpected_error_lets_the_request_through(
    lambda_env: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def explode(etag: str | None) -> Answer:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(
        module, "_edge", Edge(SnapshotSource(explode, lambda: 1.0, 5, module.log_line), None, "test", lambda: 1.0)
    )
    assert module.handler(copy.deepcopy(EVENT), None) == EVENT["Records"][0]["cf"]["request"]
    assert json.loads(capsys.readouterr().err)["message"] == "request passed through: ZeroDivisionError: a bug"


def test_an_unexpected_error_under_ofrep_is_the_protocols(
    lambda_env: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lambda_env.unlink()
    outcome = module.handler(event_for("/ofrep/v1/evaluate/flags"), None)
    assert (outcome["status"], json.loads(outcome["body"])) == (
        "500",
        {"errorDetails": "the flags could not be evaluated"},
    )
    assert "flags unavailable" in capsys.readouterr().err


header_names = st.sampled_from(["host", "via", "content-length", "transfer-encoding", "cookie", "x-edgeship-user"])
header_values = st.lists(st.fixed_dictionaries({"key": st.text(max_size=9), "value": st.text(max_size=30)}), max_size=2)
uris = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            ["checkout", "latest", "~1", "~", "v1.4.2", "..", "", "%7E1", "%", "\x00", "\ud800", "a" * 9000]
        )
        | st.text(max_size=10),
        max_size=6,
    ).map(lambda parts: "/" + "/".join(parts)),
)


@given(
    uri=uris,
    method=st.sampled_from(["GET", "HEAD", "OPTIONS", "POST"]),
    headers=st.dictionaries(header_names, header_values),
    querystring=st.text(max_size=40),
    root=st.sampled_from([None, "checkout"]),
    known=st.booleans(),
)
def test_any_request_has_an_outcome_that_cloudfront_allows(
    uri: str, method: str, headers: dict[str, Any], querystring: str, root: str | None, known: bool
) -> None:
    found = Answer(200 if known else 404, {}, snapshot(), reusable=True)
    edge = Edge(SnapshotSource(lambda etag: found, lambda: 1.0, 5, lambda line: None), root, "test", lambda: 1.0)
    request = request_for(uri, method=method, headers=headers, querystring=querystring)
    before = copy.deepcopy(request)
    outcome = edge.answer(request)
    assert request == before
    assert_allowed(outcome, request)
