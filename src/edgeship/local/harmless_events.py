"""An event for each regional function that changes nothing: what a starting local cloud is warmed up with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from edgeship.domain.events import SOURCE, EventType
from edgeship.domain.naming import INCOMING
from edgeship.resource_names import LOCAL, REGION
from localcloud.account import ACCOUNT

_LONG_AGO = "2000-01-01T00:00:00Z"


def _on_a_bus(source: str, detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""
    return {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": _LONG_AGO,
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


def _ours(kind: EventType, widget: str | None, new: Mapping[str, Any]) -> dict[str, Any]:
    return _on_a_bus(
        SOURCE,
        kind,
        {
            "event_id": "warm-up",
            "occurred_at": "2000-01-01T00:00:00.000Z",
            "environment": LOCAL,
            "widget": widget,
            "actor": "warm-up",
            "cause": "warm-up",
            "old": None,
            "new": new,
        },
    )


# A folder marker is no upload; a widget by a reserved name has no release; a tick has nothing to look after yet, and
# would do no more than the next one; an alarm that is OK asks for nothing; a test of no destination is sent to none;
# no records, nothing to relay.
HARMLESS_EVENTS: Mapping[str, Any] = {
    "artifact_upload": _on_a_bus(
        "aws.s3",
        "Object Created",
        {
            "version": "0",
            "bucket": {"name": "none"},
            "object": {"key": INCOMING, "size": 0, "etag": "d41d8cd98f00b204e9800998ecf8427e", "sequencer": "0"},
            "request-id": "warm-up",
            "requester": ACCOUNT,
            "reason": "PutObject",
        },
    ),
    "promotion": _ours(EventType.RELEASE_REGISTERED, "edgeship", {"version": "0.0.0"}),
    "rollout": _on_a_bus("aws.events", "Scheduled Event", {}),
    "rollback": _on_a_bus(
        "aws.cloudwatch",
        "CloudWatch Alarm State Change",
        {
            "alarmName": "none",
            "state": {"value": "OK", "timestamp": _LONG_AGO},
            "configuration": {"metrics": []},
        },
    ),
    "notification": {
        "Records": [
            {
                "messageId": "warm-up",
                "receiptHandle": "warm-up",
                "body": json.dumps(_ours(EventType.NOTIFICATION_TESTED, None, {"destinations": []})),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "946684800000",
                    "SenderId": ACCOUNT,
                    "ApproximateFirstReceiveTimestamp": "946684800000",
                },
                "messageAttributes": {},
                "md5OfBody": "00000000000000000000000000000000",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:none",
                "awsRegion": REGION,
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

INVOKED_BY_TWO = ("relay",)
"""Functions that the table's stream and the clock invoke, often at the same time: a move must not wait for a cold start
because a minute is over."""
