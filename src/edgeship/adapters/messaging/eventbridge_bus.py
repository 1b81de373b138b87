"""The environment's EventBridge bus behind the `Bus` port.

PutEvents: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from edgeship.application.edge.ports import BusFailure
from edgeship.domain.events import SOURCE, Event

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

_TRANSIENT = frozenset({"InternalFailure", "InternalException", "ThrottlingException", "ServiceUnavailable"})


class EventBridgeBus:
    max_batch = 10

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[Event]) -> list[BusFailure]:
        entries: list[PutEventsRequestEntryTypeDef] = [
            {
                "EventBusName": self._name,
                "Source": SOURCE,
                "DetailType": event.type.value,
                "Detail": json.dumps(event.detail()),
                "Time": datetime.fromisoformat(event.occurred_at),
            }
            for event in events
        ]
        answer = self._client.put_events(Entries=entries)
        if not answer["FailedEntryCount"]:
            return []
        return [
            BusFailure(index, entry["ErrorCode"], permanent=entry["ErrorCode"] not in _TRANSIENT)
            for index, entry in enumerate(answer["Entries"])
            if entry.get("ErrorCode")
        ]
