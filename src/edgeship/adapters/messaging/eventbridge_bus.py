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

MAX_CALL_BYTES = 256 * 1024
"""Of all entries of a call.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html"""

_TRANSIENT = frozenset({"InternalFailure", "InternalException", "ThrottlingException", "ServiceUnavailable"})


class EventBridgeBus:
    max_batch = 10

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[Event]) -> list[BusFailure]:
        """Events go in as many calls as their sizes need. PutEvents would refuse a call whole for one event that is
        too large, so that one is not sent, and fails for good."""
        failures: list[BusFailure] = []
        batch: list[tuple[int, str]] = []
        size = 0
        for index, event in enumerate(events):
            detail = json.dumps(event.detail())
            took = _size(event, detail)
            if took > MAX_CALL_BYTES:
                failures.append(BusFailure(index, f"its {took:,} bytes are more than {MAX_CALL_BYTES:,}", True))
                continue
            if size + took > MAX_CALL_BYTES:
                failures += self._put(events, batch)
                batch, size = [], 0
            batch.append((index, detail))
            size += took
        return sorted(failures + self._put(events, batch), key=lambda failure: failure.index)

    def _put(self, events: Sequence[Event], batch: Sequence[tuple[int, str]]) -> list[BusFailure]:
        """`batch` has the indexes of events and their details."""
        if not batch:
            return []
        entries = [self._entry(events[index], detail) for index, detail in batch]
        answer = self._client.put_events(Entries=entries)
        if not answer["FailedEntryCount"]:
            return []
        return [
            BusFailure(index, entry["ErrorCode"], permanent=entry["ErrorCode"] not in _TRANSIENT)
            for (index, _), entry in zip(batch, answer["Entries"], strict=True)
            if entry.get("ErrorCode")
        ]

    def _entry(self, event: Event, detail: str) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.type.value,
            "Detail": detail,
            "Time": datetime.fromisoformat(event.occurred_at),
        }


def _size(event: Event, detail: str) -> int:
    """As AWS counts it: 14 bytes for the time, and the texts in UTF-8."""
    return 14 + len(SOURCE) + len(event.type.value) + len(detail)  # all ASCII
