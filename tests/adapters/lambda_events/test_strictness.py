"""What a malformed event does: it is refused where we rely on what is wrong, and holds up nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from edgeship.adapters.lambda_events.cloudwatch_alarms import AlarmStateChange
from edgeship.adapters.lambda_events.correlation import correlation_id
from edgeship.adapters.lambda_events.dynamodb_stream import stream_records
from edgeship.adapters.lambda_events.own_events import BusEvent, DeploymentFailed, PointerMoved, ReleaseEvent
from edgeship.adapters.lambda_events.s3_events import ObjectCreated
from edgeship.adapters.lambda_events.sqs_messages import QueueBatch
from tests.support.repository import EVENTS

Spoil = Callable[[dict[str, Any]], Any]


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return found


@pytest.mark.parametrize(
    ("model", "name", "spoil", "says"),
    [
        (ObjectCreated, "aws.s3.object-created", lambda e: e["detail"]["object"].pop("etag"), "etag"),
        (ObjectCreated, "aws.s3.object-created", lambda e: e["detail"]["object"].update(etag=""), "etag"),
        (ObjectCreated, "aws.s3.object-created", lambda e: e["detail"]["object"].update(size=1.5), "size"),
        (ObjectCreated, "aws.s3.object-created", lambda e: e["detail"]["object"].pop("key"), "key"),
        (ObjectCreated, "aws.s3.object-created", lambda e: e.update(time="2026-11-23T09:30:00"), "time"),
        (
            ReleaseEvent,
            "edgeship.release-registered",
            lambda e: e.update({"detail-type": "Policy Changed"}),
            "detail-type",
        ),
        (ReleaseEvent, "edgeship.release-registered", lambda e: e["detail"].pop("widget"), "widget"),
        (PointerMoved, "edgeship.pointer-moved", lambda e: e["detail"]["new"].pop("sequence"), "sequence"),
        (DeploymentFailed, "edgeship.deployment-failed", lambda e: e["detail"]["new"].pop("mismatches"), "mismatches"),
        (BusEvent, "edgeship.pointer-moved", lambda e: e.update(source="aws.s3"), "source"),
        (BusEvent, "edgeship.pointer-moved", lambda e: e.update({"detail-type": "Else"}), "detail-type"),
        (AlarmStateChange, "aws.cloudwatch.alarm-state-change", lambda e: e["detail"]["state"].pop("value"), "value"),
        (
            AlarmStateChange,
            "aws.cloudwatch.alarm-state-change",
            lambda e: e["detail"]["state"].update(timestamp="2026-11-24T10:00:00"),
            "timestamp",
        ),
        (QueueBatch, "aws.sqs.notification", lambda e: e["Records"][0].pop("body"), "body"),
        (
            QueueBatch,
            "aws.sqs.notification",
            lambda e: e["Records"][0]["attributes"].update(ApproximateReceiveCount="often"),
            "ApproximateReceiveCount",
        ),
    ],
)
def test_what_we_rely_on_is_there_or_named(model: type[BaseModel], name: str, spoil: Spoil, says: str) -> None:
    event = sample(f"{name}.json")
    model.model_validate(event)
    spoil(event)
    with pytest.raises(ValidationError) as refused:
        model.model_validate(event)
    assert [error["loc"][-1] for error in refused.value.errors()] == [says]


@pytest.mark.parametrize("model", [ObjectCreated])
def test_what_aws_adds_is_ignored(model: type[BaseModel]) -> None:
    event = sample("aws.s3.object-created.json")
    event["detail"]["object"]["annotations"] = {"new": True}
    event["added"] = 1
    model.model_validate(event)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda image: image.clear(),
        lambda image: image.update(detail={"S": "{"}),
        lambda image: image.update(detail={"Q": "no type of the table's"}),
        lambda image: image.update(detail_type={"S": "Else"}),
        lambda image: image.update(detail={"S": "[]"}),
    ],
)
def test_a_record_that_can_not_be_read_keeps_its_place_and_its_neighbours(spoil: Spoil) -> None:
    (record,) = sample("aws.dynamodb.stream.json")["Records"]
    spoilt = copy.deepcopy(record)
    spoil(spoilt["dynamodb"]["NewImage"])
    first, second, third = stream_records({"Records": [record, spoilt, record]})
    assert first.event == third.event is not None
    assert (second.event, second.raw) == (None, spoilt)
    assert second.fault


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"source": "edgeship", "id": "bus", "detail": {"event_id": "ours"}}, "ours"),
        ({"source": "edgeship", "id": "bus", "detail": {}}, "bus"),
        ({"source": "edgeship", "id": "bus", "detail": None}, "bus"),
        ({"source": "aws.s3", "id": "bus", "detail": {"event_id": "not ours"}}, "bus"),
        ({}, None),
    ],
)
def test_the_correlation_id_of_an_event(event: dict[str, Any], found: str | None) -> None:
    assert correlation_id(event) == found
