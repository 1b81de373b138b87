"""The template that forwards events: what Datadog and Grafana get of it, by the emulator's EventBridge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from edgeship.domain.events import EventType
from edgeship.resource_names import ResourceNames
from localcloud.account import ACCOUNT
from localcloud.emulator import Emulator
from tests.support.repository import ROOT

TEMPLATE: Mapping[str, Any] = json.loads((ROOT / "examples/forwarding/events.json").read_text())
NAMES = ResourceNames("production", ACCOUNT)
QUOTED = 'error rate 40 % (limit 5 %): "checkout" <script> \\ fails'
Received = tuple[str, Mapping[str, str], Any]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        running.session().client("events").create_event_bus(Name=NAMES.bus)
        yield running


@pytest.fixture
def service() -> Iterator[tuple[str, Queue[Received]]]:
    """Stands in for Datadog or Grafana: its URL, and what it gets."""
    got: Queue[Received] = Queue()

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.put((self.path, dict(self.headers), json.loads(body)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    server.server_close()


def resolved(value: Any, parameters: Mapping[str, Any], arns: Mapping[str, str]) -> Any:
    """A part of the template, as CloudFormation resolves it."""
    match value:
        case {"Ref": name}:
            return parameters[name]
        case {"Fn::Sub": text}:
            for name, given in parameters.items():
                text = text.replace(f"${{{name}}}", str(given))
            return text
        case {"Fn::FindInMap": [mapping, key, name]}:
            return TEMPLATE["Mappings"][mapping][resolved(key, parameters, arns)][name]
        case {"Fn::GetAtt": [resource, "Arn"]}:
            return arns[resource]
        case dict():
            return {key: resolved(each, parameters, arns) for key, each in value.items()}
        case list():
            return [resolved(each, parameters, arns) for each in value]
    return value


def deploy(emulator: Emulator, kind: str, endpoint: str) -> None:
    """The template's connection, destination and rule; the emulator's CloudFormation lacks two of them."""
    parameters = {
        "Environment": "production",
        "Service": kind,
        "Endpoint": endpoint,
        "Key": "a-key",
        "Types": TEMPLATE["Parameters"]["Types"]["Default"].split(","),
    }
    events = emulator.session().client("events")
    arns = {name: f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("Role", "Undelivered")}

    def properties(resource: str) -> dict[str, Any]:
        found: dict[str, Any] = resolved(TEMPLATE["Resources"][resource]["Properties"], parameters, arns)
        return found

    arns["Connection"] = events.create_connection(**properties("Connection"))["ConnectionArn"]
    arns["Destination"] = events.create_api_destination(**properties("Destination"))["ApiDestinationArn"]
    rule = properties("Rule")
    (target,) = rule.pop("Targets")
    del target["DeadLetterConfig"]
    assert rule["EventBusName"] == NAMES.bus
    events.put_rule(**{**rule, "EventPattern": json.dumps(rule["EventPattern"])})
    done = events.put_targets(Rule=rule["Name"], EventBusName=NAMES.bus, Targets=[target])
    assert done["FailedEntryCount"] == 0


def put(emulator: Emulator, name: str, **detail: object) -> None:
    event = json.loads((ROOT / f"events/{name}.json").read_text())
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps({**event["detail"], **detail}),
        "EventBusName": NAMES.bus,
    }
    assert emulator.session().client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


@pytest.mark.parametrize(
    ("kind", "header", "body"),
    [
        (
            "datadog",
            "DD-API-KEY",
            {
                "title": "checkout: Rollout Aborted",
                "text": QUOTED,
                "aggregation_key": "checkout",
                "tags": ["service:checkout", "env:production", "edgeship"],
            },
        ),
        (
            "grafana",
            "Authorization",
            {"text": QUOTED, "tags": ["edgeship", "production", "checkout", "Rollout Aborted"]},
        ),
    ],
)
def test_what_a_service_gets(
    emulator: Emulator, service: tuple[str, Queue[Received]], kind: str, header: str, body: dict[str, Any]
) -> None:
    url, got = service
    deploy(emulator, kind, f"{url}/events")
    put(emulator, "edgeship.release-registered")  # which is not asked for
    put(emulator, "edgeship.rollout-aborted", cause=QUOTED)
    path, headers, received = got.get(timeout=10)
    assert (path, received) == ("/events", body)
    assert {name.lower(): value for name, value in headers.items()}[header.lower()] == "a-key"
    put(emulator, "edgeship.rollout-started")
    assert "Rollout Started" in json.dumps(got.get(timeout=10)[2])


def test_the_events_that_are_sent_are_those_that_there_are() -> None:
    default = TEMPLATE["Parameters"]["Types"]["Default"].split(",")
    assert set(default) <= {event.value for event in EventType}
    assert len(default) == len(set(default))
