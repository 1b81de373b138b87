"""Invokes each regional function once, with an event that changes nothing.

On a laptop the first upload would else wait for three cold starts, one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from edgeship.domain.naming import INCOMING
from edgeship.local.sandbox import SandboxSession
from edgeship.resource_names import ResourceNames

_TEST_OF_NOTHING: Mapping[str, Any] = {
    "source": "edgeship",
    "detail-type": "Notification Tested",
    "detail": {
        "event_id": "warm-up",
        "occurred_at": "2000-01-01T00:00:00.000Z",
        "environment": "local",
        "widget": None,
        "actor": "warm-up",
        "cause": "warm-up",
        "old": None,
        "new": {"destinations": []},
    },
}

# A folder marker is no upload; a widget by a reserved name has no release; a tick has nothing to look after yet, and
# would do no more than the next one; an alarm that is well asks for nothing; a test of no destination is sent to
# none; no records, nothing to relay.
_HARMLESS: Mapping[str, Any] = {
    "artifact_upload": {
        "time": "2000-01-01T00:00:00Z",
        "detail": {"bucket": {"name": "none"}, "object": {"key": INCOMING, "size": 0, "etag": ""}},
    },
    "promotion": {
        "detail-type": "Release Registered",
        "detail": {
            "environment": "local",
            "widget": "edgeship",
            "actor": "warm-up",
            "cause": "warm-up",
            "new": {"version": "0.0.0"},
        },
    },
    "rollout": {"source": "aws.events", "detail-type": "Scheduled Event"},
    "rollback": {
        "detail": {
            "alarmName": "none",
            "state": {"value": "OK", "timestamp": "2000-01-01T00:00:00Z"},
            "configuration": {"metrics": []},
        }
    },
    "notification": {
        "Records": [
            {
                "messageId": "warm-up",
                "receiptHandle": "warm-up",
                "attributes": {"ApproximateReceiveCount": "1"},
                "body": json.dumps(_TEST_OF_NOTHING),
            }
        ]
    },
    "relay": {"Records": []},
    "telemetry": {
        "rawPath": "/edgeship/telemetry.js",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {"http": {"method": "GET", "path": "/edgeship/telemetry.js"}},
    },
}


def warm_up(session: SandboxSession, names: ResourceNames) -> None:
    """Invoke the functions that the stack has, side by side, and wait for them.

    Raises:
        RuntimeError: one failed; the message is its error.
    """
    client = session.client("lambda")
    pages = client.get_paginator("list_functions").paginate()
    deployed = {function["FunctionName"] for page in pages for function in page["Functions"]}

    def invoke(name: str, event: object) -> None:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        if "FunctionError" in answer:
            raise RuntimeError(f"{name} fails on a harmless event: {answer['Payload'].read().decode()}")

    events = {names.function(function): event for function, event in _HARMLESS.items()}
    with ThreadPoolExecutor(len(events)) as pool:
        for done in [pool.submit(invoke, name, event) for name, event in events.items() if name in deployed]:
            done.result()
