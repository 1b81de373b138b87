"""`edgeship doctor` on the local cloud: healthy, and with faults that people really meet."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from edgeship.local.cloud import LocalCloud
from edgeship.local.state_path import STATE_PATH
from localcloud.state import LocalState, read_state, write_state
from tests.cli.command_line import CommandLine, Outcome
from tests.support.local_cloud.visitors import eventually

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

FIRST_MINUTES = 150.0
"""Seconds: until the tick that a new stack has not had yet, and what other tests do to it, have passed."""


@pytest.fixture
def state(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalState:
    """Of the cloud, which this folder has, too."""
    monkeypatch.chdir(tmp_path)
    for name in ("EDGESHIP_ENV", "EDGESHIP_URL"):
        monkeypatch.delenv(name, raising=False)
    assert cloud.state_path is not None
    found = read_state(cloud.state_path)
    assert found is not None
    write_state(STATE_PATH, found)
    return found


@pytest.fixture
def edgeship(state: LocalState, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def found(done: Outcome) -> dict[str, str]:
    return {each["check"]: each["level"] for each in done.document["findings"]}


@pytest.mark.nightly
def test_a_cloud_of_some_minutes_has_no_finding(edgeship: CommandLine) -> None:
    """In its first minute the tick has not run yet, and an alarm says so."""

    def healthy() -> Outcome | None:
        done = edgeship("doctor", "--json")
        return done if done.code == 0 and not set(found(done)) - {"telemetry"} else None

    eventually(healthy, FIRST_MINUTES)


def test_doctor_finds_what_is_there(edgeship: CommandLine, cloud: LocalCloud) -> None:
    before = edgeship("doctor", "--json")
    assert len(before.document["checks"]) == 10
    assert found(before).keys() <= {"alarms", "telemetry"}, before.out
    session = cloud.session()
    sqs, cloudwatch = session.client("sqs"), session.client("cloudwatch")
    resources = session.client("cloudformation").get_paginator("list_stack_resources")
    (poison,) = (
        resource["PhysicalResourceId"]
        for page in resources.paginate(StackName=cloud.names.stack)
        for resource in page["StackResourceSummaries"]
        if resource["LogicalResourceId"].startswith("PipelinePoison") and resource["ResourceType"] == "AWS::SQS::Queue"
    )
    alarm = f"{cloud.names.stack}-Relay-Lag"
    sqs.send_message(QueueUrl=poison, MessageBody="{}")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
    try:
        done = edgeship("doctor", "--json")
    finally:
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="a test")
        sqs.purge_queue(QueueUrl=poison)
    assert done.code == 1
    assert found(done).items() >= {("queues", "error"), ("alarms", "error")}
    texts = " ".join(finding["text"] for finding in done.document["findings"])
    assert "1 message waits in edgeship-local-PipelinePoison" in texts
    assert "Relay-Lag is in ALARM" in texts


def test_a_router_that_does_not_answer(edgeship: CommandLine, state: LocalState) -> None:
    write_state(STATE_PATH, replace(state, edge_url="http://127.0.0.1:9"))
    done = edgeship("doctor", "--json")
    assert (done.code, found(done)["cdn"]) == (1, "error")
    assert "http://127.0.0.1:9/edgeship/~t/ can't be reached: Connection refused." in done.out


def test_a_clock_that_is_off(edgeship: CommandLine, state: LocalState) -> None:
    with shifted(state.endpoint_url, timedelta(hours=-2)) as url:
        write_state(STATE_PATH, replace(state, endpoint_url=url))
        done = edgeship("doctor", "--json")
    assert (done.code, found(done)["clock"]) == (1, "error")
    assert "This machine's clock is 1 h 59 min ahead" in done.out or "is 2 h ahead" in done.out


@contextmanager
def shifted(endpoint: str, by: timedelta) -> Iterator[str]:
    """AWS by another clock: a proxy that writes its own `Date` into each answer."""

    class Handler(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            request = urllib.request.Request(endpoint + self.path, body or None, headers, method=self.command)
            answer: Any
            try:
                answer = urllib.request.urlopen(request, timeout=20)
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                content = answer.read()
            self.send_response_only(answer.status)
            self.send_header("Date", format_datetime(datetime.now(UTC) + by, usegmt=True))
            for name, value in answer.headers.items():
                if name.lower() not in ("date", "content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_HEAD = _pass  # noqa: N815  http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    worker.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        worker.join()
        server.server_close()


@pytest.mark.parametrize("policy", ["viewer", "operator"])
def test_who_may_read_less_sees_what_is_not_checked(
    edgeship: CommandLine, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The viewer policy does not let anybody read the router's store: it has the keys of tokens."""
    monkeypatch.setenv("EDGESHIP_AS", policy)
    done = edgeship("doctor", "--json")
    unchecked = {check: level for check, level in found(done).items() if level == "unchecked"}
    assert unchecked == ({"edge": "unchecked"} if policy == "viewer" else {}), done.out
    if policy == "viewer":
        assert "cloudfront:DescribeKeyValueStore" in done.out
