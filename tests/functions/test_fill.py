"""The relay as CloudFormation's custom resource: filled before it answers, and answered whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from edgeship.adapters.lambda_events.custom_resource import ATTEMPTS
from edgeship.application.edge import fill_store
from functions.relay import handler as relay
from tests.functions.situations import live, minutes_ago, sample
from tests.support.moto.aws import Aws
from tests.support.receiver import Receiver, receiver


@pytest.fixture
def cloudformation() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fill_store, "PAUSES", (0.0,))
    monkeypatch.setattr("time.sleep", lambda _: None)


def request(server: Receiver, kind: str) -> dict[str, Any]:
    event = sample("aws.cloudformation.custom-resource.json")
    return event | {"RequestType": kind, "ResponseURL": f"http://127.0.0.1:{server.port}/stack%7Cid?X-Amz=1"}


def answered(server: Receiver) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(server.received[-1].body)
    return body


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_the_store_is_filled_when_cloudformation_goes_on(deployed: Aws, cloudformation: Receiver, kind: str) -> None:
    live(deployed, "checkout", "1.4.2", minutes_ago(1))
    assert relay.handler(request(cloudformation, kind), None) == {"failure": None}
    snapshot = deployed.snapshot()
    assert snapshot is not None
    assert snapshot["widgets"]["checkout"]["channels"] == {"latest": {"stable": "1.4.2", "watched": True}}
    body = answered(cloudformation)
    event = sample("aws.cloudformation.custom-resource.json")
    assert body["Status"] == "SUCCESS"
    assert body["PhysicalResourceId"] == body["LogicalResourceId"] == event["LogicalResourceId"]
    assert (body["StackId"], body["RequestId"]) == (event["StackId"], event["RequestId"])
    # The URL is sent as it was signed, and so is the type, which is empty.
    assert cloudformation.received[-1].path == "/stack%7Cid?X-Amz=1"
    assert cloudformation.received[-1].headers["content-type"] == ""


@pytest.mark.parametrize(("kind", "status"), [("Create", "FAILED"), ("Update", "SUCCESS"), ("Delete", "SUCCESS")])
def test_only_the_first_deploy_fails_with_it(
    cloudformation: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    status: str,
    log_lines: Callable[[], list[dict[str, Any]]],
) -> None:
    def refuse() -> None:
        raise PermissionError("no " * 5_000)

    monkeypatch.setattr(relay, "_use_cases", lambda: type("Broken", (), {"fill": staticmethod(refuse)}))
    relay.handler(request(cloudformation, kind), None)
    assert answered(cloudformation)["Status"] == status
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
    assert len(cloudformation.received[-1].body) <= 4_096
    assert ("could not be filled" in json.dumps(log_lines())) == (kind != "Delete")


def test_an_answer_that_is_lost_is_sent_again(deployed: Aws, cloudformation: Receiver) -> None:
    cloudformation.behaviours.extend([(503, {}, b"slow down")] * (ATTEMPTS - 1))
    relay.handler(request(cloudformation, "Create"), None)
    assert [json.loads(sent.body)["Status"] for sent in cloudformation.received] == ["SUCCESS"] * ATTEMPTS


def test_the_signed_url_is_not_logged(
    deployed: Aws, cloudformation: Receiver, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    relay.handler(request(cloudformation, "Create"), None)
    assert "X-Amz" not in json.dumps(log_lines())
