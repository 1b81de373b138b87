"""An event for each regional function that changes nothing: what a starting local cloud is warmed up with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from edgeship.domain.naming import INCOMING
from edgeship.resource_names import LOCAL

_TEST_OF_NOTHING: Mapping[str, Any] = {
    "source": "edgeship",
    "detail-type": "Notification Tested",
    "detail": {
        "event_id": "warm-up",
        "occurred_at": "2000-01-01T00:00:00.000Z",
        "environment": LOCAL,
        "widget": None,
        "actor": "warm-up",
        "cause": "warm-up",
        "old": None,
        "new": {"destinations": []},
    },
}

# A folder marker is no upload; a widget by a reserved name has no release; a tick has nothing to look after yet, and
# would do no more than the next one; an alarm that is OK asks for nothing; a test of no destination is sent to
# none; no records, nothing to relay.
HARMLESS_EVENTS: Mapping[str, Any] = {
    "artifact_upload": {
        "time": "2000-01-01T00:00:00Z",
        "detail": {"bucket": {"name": "none"}, "object": {"key": INCOMING, "size": 0, "etag": ""}},
    },
    "promotion": {
        "detail-type": "Release Registered",
        "detail": {
            "environment": LOCAL,
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
"""By the function's name in the code."""
