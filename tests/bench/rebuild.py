"""A rebuild of all that the edge reads, for 10,000 widgets: reads of the table, the snapshot, and updates of the store.

The adapters and their client are real; DynamoDB is a stub that answers each call after 5 ms, about what it takes within
a Region. The store is in memory: its updates come one after the other, and CloudFront does not say how long one takes.
The peer reads one widget after the other.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.awsrequest import AWSRequest, AWSResponse

from edgeship.adapters.dynamodb.items import to_item
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.refresh_routes import RefreshRoutes
from edgeship.bootstrap.runtime import client_config
from edgeship.domain.channels.channel import Channel
from edgeship.domain.version import Version
from edgeship.resource_names import REGION
from edgeship.settings import RelaySettings
from tests.bench.report import Report, Row
from tests.fakes.edge import FakeRouteStore, FakeSnapshots
from tests.support.releases import a_live_release

WIDGETS, OF_THE_PEER = 10_000, 500
VERSIONS = ("1.0.0", "1.1.0", "2.0.0")
ANSWER_SECONDS = 0.005
BUDGET_SECONDS = 60.0
"""A fifth of the relay's time. 205 updates of the store have the rest, more than a second each."""
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
NAME = "the-widget"


def measure(progress: Callable[[str], None]) -> Report:
    threads = RelaySettings.model_fields["read_threads"].default
    ours, calls, updates = _rebuilt(WIDGETS, threads)
    progress(f"{WIDGETS:,} widgets, {threads} at a time: {ours:.1f} s")
    peer, peer_calls, _ = _rebuilt(OF_THE_PEER, 1)
    share = WIDGETS / OF_THE_PEER
    return Report(
        name="rebuild",
        title=f"A rebuild of the edge for {WIDGETS:,} widgets",
        peer="one widget after the other",
        rows=(
            Row("reads and computing", "s", ours, peer * share, budget=BUDGET_SECONDS),
            Row("calls to DynamoDB", "", calls.total(), peer_calls.total() * share, digits=0),
            Row("updates of the store", "", updates, digits=0),
        ),
        notes=(f"the peer's are those of {OF_THE_PEER} widgets, times {share:g}",),
    )


def _rebuilt(widgets: int, threads: int) -> tuple[float, Counter[str], int]:
    table = _Table(widgets)
    client = boto3.client(
        "dynamodb",
        region_name=REGION,
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=client_config(threads),
    )
    client.meta.events.register("before-send.dynamodb", table.answer)
    snapshots, store = FakeSnapshots(), FakeRouteStore()

    def never(_: float) -> None:
        raise AssertionError("nobody else writes")

    bring = BringStore(snapshots, store, never)
    refresh = RefreshRoutes(DynamoDBState(client, "t"), snapshots, bring, "bench", lambda: NOW, never, threads)
    began = time.perf_counter()
    refresh({}, flags_changed=True)
    seconds = time.perf_counter() - began
    assert len(store.values) == widgets + 1
    return seconds, table.calls, len(store.written)


class _Table:
    """Answers of DynamoDB, of widgets that are alike but for their names."""

    def __init__(self, widgets: int) -> None:
        self.calls: Counter[str] = Counter()
        releases = [replace(a_live_release(version), widget=NAME, revision=1) for version in VERSIONS]
        channel = Channel(NAME, "latest", Version.parse(VERSIONS[-1]), 1, revision=1)
        self._releases = _items(*map(to_item, releases))
        self._channels = _items(to_item(channel))
        self._widgets = _items(
            *({"pk": "WIDGETS", "sk": f"widget-{number:05}", "first_version": "1.0.0"} for number in range(widgets))
        )

    def answer(self, request: AWSRequest, **_: object) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else str(target)).split(".")[1]
        self.calls[operation] += 1
        time.sleep(ANSWER_SECONDS)
        body = self._query(json.loads(request.body)) if operation == "Query" else '{"Responses": {}}'
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        return AWSResponse(str(request.url), 200, headers, _Raw(body.encode()))

    def _query(self, asked: dict[str, Any]) -> str:
        values = [value["S"] for value in asked["ExpressionAttributeValues"].values()]
        widget = next((value.partition("#")[2] for value in values if value.startswith("WIDGET#")), None)
        if widget is None:
            return self._widgets
        items = self._releases if any(value.startswith("RELEASE#") for value in values) else self._channels
        return items.replace(NAME, widget)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body


def _items(*items: dict[str, Any]) -> str:
    serializer = TypeSerializer()
    return json.dumps({"Items": [{key: serializer.serialize(value) for key, value in item.items()} for item in items]})
