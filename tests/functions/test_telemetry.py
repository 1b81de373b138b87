"""The telemetry function on its sample event, through the environment variables that the template sets."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from edgeship.adapters.dynamodb.health.error_books import DynamoDBErrorBooks
from edgeship.adapters.lambda_events.function_url import FunctionUrlRequest
from edgeship.application.edge.ports import StoredSnapshot
from edgeship.bootstrap.runtime import utc_now
from edgeship.domain.telemetry.error_book import ErrorBook
from edgeship.domain.telemetry.views import Viewer
from edgeship.domain.version import Version
from edgeship.settings import TelemetrySettings
from functions.telemetry import client_script
from functions.telemetry.handler import _use_case, handler
from tests.support.moto.aws import NAMES, Aws
from tests.support.repository import EVENTS
from tests.support.tokens import VIEWER, a_token

SAMPLE: dict[str, Any] = json.loads((EVENTS / "aws.lambda-url.telemetry.json").read_text())
SNAPSHOT: dict[str, Any] = {
    "schema": 1,
    "revision": 1,
    "widgets": {"checkout": {"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {}, "any_report": True}},
}
NO_CONTENT = {
    "statusCode": 204,
    "headers": {"cache-control": "no-store", "access-control-allow-origin": "*"},
}
SCRIPT = "(()=>{/* é */})();"


@pytest.fixture
def deployed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    settings = TelemetrySettings(
        environment=NAMES.environment,
        table=NAMES.table,
        config_bucket=NAMES.config_bucket,
        views_table=NAMES.views_table,
        token_secret=NAMES.token_secret,
        pointer_max_age=60,
    )
    for name, value in settings.to_env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "telemetry")
    aws.snapshots.write(SNAPSHOT, StoredSnapshot(None, None))
    _use_case.cache_clear()
    yield aws
    _use_case.cache_clear()


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "telemetry.min.js"
    monkeypatch.setattr(client_script, "FILE", path)
    client_script._content.cache_clear()
    yield path
    client_script._content.cache_clear()


def request(path: str = "/telemetry", query: str = "", method: str = "GET", **headers: str) -> dict[str, Any]:
    event = copy.deepcopy(SAMPLE)
    event |= {"rawPath": path, "rawQueryString": query}
    event["requestContext"]["http"] |= {"path": path, "method": method}
    event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
    event.pop("queryStringParameters")
    return event


def beacon(**changes: Any) -> str:
    document = {"v": 1, "w": "checkout", "r": "1.4.2", "i": "9f86d081e5a1", "n": 0, "s": 1} | changes
    return f"d={quote(json.dumps(document))}"


def book(aws: Aws) -> ErrorBook:
    return DynamoDBErrorBooks(aws.dynamodb, NAMES.table, utc_now).read("checkout", Version.parse("1.4.2"))


def emf(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" in line]


def test_the_sample_is_measured_and_its_error_kept(deployed: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    assert handler(SAMPLE, None) == NO_CONTENT
    (line,) = emf(capsys)
    (directive,) = line.pop("_aws")["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["environment", "widget", "version"]]
    assert line == {
        "environment": "test",
        "widget": "checkout",
        "version": "1.4.2",
        "Sessions": [1.0],
        "FailedSessions": [1.0],
        "Errors": [3.0],
        "LoadLatency": [123.0],
        "Memory": [45.2],
    }
    (error,) = book(deployed).errors
    assert (error.message, error.count) == ("TypeError: x is undefined", 3)
    (item,) = deployed.items()
    assert (item["pk"], item["sk"], item["revision"]) == ("ERRORS#checkout", "1.4.2", 1)
    assert handler(SAMPLE, None) == NO_CONTENT
    assert book(deployed).errors[0].count == 3


def test_values_of_the_policys_custom_metric_become_its_metric(
    deployed: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    widgets = {"checkout": {**SNAPSHOT["widgets"]["checkout"], "custom_metric": "checkout_ms"}}
    deployed.snapshots.write({**SNAPSHOT, "revision": 2, "widgets": widgets}, deployed.snapshots.read())
    assert handler(request(query=beacon(k=[["checkout_ms", 2310], ["items", 3], ["checkout_ms", 90.5]])), None)
    values = [line["Custom.checkout_ms"] for line in emf(capsys) if "Custom.checkout_ms" in line]
    assert values == [[2310.0], [90.5]]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "missing"),
        ("d=" + "x" * 90_000, "too_long"),
        ("d=<script>", "not_json"),
        (beacon(x="\n<script>"), "invalid"),
        (beacon(r="9.9.9"), "unknown_release"),
        (beacon(w="somebody-elses"), "unknown_release"),
    ],
)
@pytest.mark.usefixtures("deployed")
def test_whatever_comes_is_answered_and_counted(query: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert handler(request(query=query), None) == NO_CONTENT
    output = capsys.readouterr().out
    (line,) = [json.loads(text) for text in output.splitlines()]
    (directive,) = line.pop("_aws")["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["environment"]]
    assert line == {"environment": "test", "reason": reason, "BeaconsRefused": [1.0]}


@pytest.mark.usefixtures("deployed")
def test_a_head_is_answered_likewise(capsys: pytest.CaptureFixture[str]) -> None:
    assert handler(request(query=beacon(), method="HEAD"), None) == NO_CONTENT
    assert [line["Sessions"] for line in emf(capsys)] == [[1.0]]


@pytest.mark.parametrize("path", ["/", "/telemetry/", "/telemetry/x", "/Telemetry", "/edgeship/", "//telemetry"])
@pytest.mark.usefixtures("deployed")
def test_there_is_nothing_else(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = handler(request(path, beacon()), None)
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (404, "no-store")
    assert emf(capsys) == []


def test_a_table_that_fails_is_told_of_after_the_metrics(
    deployed: Aws, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    deployed.dynamodb.delete_table(TableName=NAMES.table)
    assert handler(SAMPLE, None) == NO_CONTENT
    measured, not_kept = emf(capsys)
    assert measured["Errors"] == [3.0]
    assert not_kept["ErrorsNotKept"] == [3.0]
    (told,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert told.getMessage() == "could not keep errors"
    assert told.exc_info is not None
    assert "ResourceNotFoundException" in str(told.exc_info[1])


def test_a_snapshot_that_cannot_be_read_is_told_of(
    deployed: Aws, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    deployed.s3.put_object(Bucket=NAMES.config_bucket, Key="edge/snapshot.json", Body=b"{")
    assert handler(SAMPLE, None) == NO_CONTENT
    assert [line["reason"] for line in emf(capsys)] == ["no_registry"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "could not read the snapshot"
    ]


@pytest.mark.usefixtures("deployed")
def test_the_client_is_served(script: Path) -> None:
    script.write_text(SCRIPT)
    answer = handler(request("/edgeship/telemetry.js"), None)
    etag = answer["headers"].pop("etag")
    assert len(etag) == 34
    assert etag[0] == etag[-1] == '"'
    assert answer == {
        "statusCode": 200,
        "headers": {
            "content-type": "text/javascript; charset=utf-8",
            "cache-control": "public, max-age=60, must-revalidate",
            "access-control-allow-origin": "*",
        },
        "body": SCRIPT,
    }
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = handler(request("/edgeship/telemetry.js", if_none_match=known), None)
        assert again["statusCode"] == 304
        assert again["headers"]["etag"] == etag
        assert again["headers"]["cache-control"] == "public, max-age=60, must-revalidate"
        assert "body" not in again
    assert handler(request("/edgeship/telemetry.js", if_none_match='"other"'), None)["statusCode"] == 200
    head = handler(request("/edgeship/telemetry.js", method="HEAD"), None)
    assert (head["statusCode"], head["headers"]["etag"], head["body"]) == (200, etag, "")


@pytest.mark.usefixtures("deployed")
def test_a_client_of_other_content_has_another_etag(script: Path) -> None:
    etags = set()
    for content in (SCRIPT, SCRIPT + ";"):
        script.write_text(content)
        client_script._content.cache_clear()
        etags.add(handler(request("/edgeship/telemetry.js"), None)["headers"]["etag"])
    assert len(etags) == 2


@pytest.mark.usefixtures("deployed", "script")
def test_a_bundle_without_the_client_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    answer = handler(request("/edgeship/telemetry.js"), None)
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (500, "no-store")
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.usefixtures("deployed", "script")
def test_a_log_line_has_the_id_of_its_request(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    handler(request("/edgeship/telemetry.js"), None)
    (line,) = log_lines()
    assert line["correlation_id"] == SAMPLE["requestContext"]["requestId"]


def test_a_setting_that_is_missing_is_named(deployed: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGESHIP_CONFIG_BUCKET")
    with pytest.raises(ValidationError, match="config_bucket"):
        handler(SAMPLE, None)


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("192.0.2.7:46532", "192.0.2.7"),
        ("2001:db8::1:46532", "2001:db8::1"),
        ("[2001:db8::1]:46532", "2001:db8::1"),
        ("", ""),
    ],
)
def test_the_viewer_is_who_cloudfront_says(header: str, address: str) -> None:
    asked = FunctionUrlRequest.model_validate(request(cloudfront_viewer_address=header, user_agent="Browser/1.0"))
    assert asked.viewer == Viewer(address, "Browser/1.0")


def test_a_token_counts_once(deployed: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    asking = copy.deepcopy(SNAPSHOT)
    del asking["widgets"]["checkout"]["any_report"]
    deployed.snapshots.write(asking, deployed.snapshots.read())
    sent = request(query=beacon(t=a_token(utc_now())), cloudfront_viewer_address=f"{VIEWER.address}:46532")
    for _ in range(3):
        assert handler(sent, None) == NO_CONTENT
    handler(request(query=beacon(), cloudfront_viewer_address=f"{VIEWER.address}:46532"), None)
    verified, unverified = emf(capsys)
    assert verified["Sessions"] == [1.0]
    assert unverified["UnverifiedSessions"] == [1.0]
