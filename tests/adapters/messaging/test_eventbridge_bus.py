"""PutEvents refuses a call whole that is too large: no event may keep the others back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.adapters.messaging.eventbridge_bus import MAX_CALL_BYTES, EventBridgeBus
from edgeship.domain.events import Event, EventType, Occasion

ANN = Occasion("test", "ann", "by hand", datetime(2026, 11, 23, 10, tzinfo=UTC))


class Client:
    """EventBridge's answer, and its limit of a call; `failing` are the numbers of events that are throttled."""

    def __init__(self, *failing: int) -> None:
        self.calls: list[list[int]] = []
        self.failing = failing

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  boto3's name
        sizes = [14 + sum(len(e[field].encode()) for field in ("Source", "DetailType", "Detail")) for e in Entries]
        assert sum(sizes) <= MAX_CALL_BYTES
        assert 0 < len(Entries) <= EventBridgeBus.max_batch
        numbers = [json.loads(entry["Detail"])["new"]["number"] for entry in Entries]
        self.calls.append(numbers)
        answers = [{"ErrorCode": "ThrottlingException"} if n in self.failing else {"EventId": "x"} for n in numbers]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}


def event(number: int, size: int) -> Event:
    new = {"number": number, "text": "x" * size}
    return Event.of(EventType.FLAG_CHANGED, ANN, None, (number,), None, new)


@pytest.mark.parametrize(
    ("sizes", "calls"),
    [
        ([10] * 10, [list(range(10))]),
        ([100_000] * 5, [[0, 1], [2, 3], [4]]),
        ([10, 300_000, 10], [[0, 2]]),
        ([300_000], []),
    ],
)
def test_events_go_in_as_many_calls_as_their_sizes_need(sizes: list[int], calls: list[list[int]]) -> None:
    client: Any = Client()
    failures = EventBridgeBus(client, "bus").publish([event(n, size) for n, size in enumerate(sizes)])
    assert client.calls == calls
    assert [(f.index, f.permanent) for f in failures] == [(n, True) for n, size in enumerate(sizes) if size > 262_144]


def test_a_failure_keeps_its_place_over_all_calls() -> None:
    client: Any = Client(0, 3)
    failures = EventBridgeBus(client, "bus").publish([event(n, 300_000 if n == 1 else 100_000) for n in range(5)])
    assert [(f.index, f.permanent) for f in failures] == [(0, False), (1, True), (3, False)]
