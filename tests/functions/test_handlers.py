"""Every function on the events in events/, through the environment variables that the template sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from functions.artifact_upload import handler as artifact_upload
from functions.promotion import handler as promotion
from functions.relay import handler as relay
from tests.aws import NAMES, Aws, function_env
from tests.bundles import WIDGET, tar_gz

EVENTS = Path(__file__).parents[2] / "events"


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return found


@pytest.fixture
def deployed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for function in ("artifact_upload", "promotion", "relay"):
        for name, value in function_env(function, aws).items():
            monkeypatch.setenv(name, value)
    modules: list[ModuleType] = [artifact_upload, promotion, relay]
    for module in modules:
        module._use_case.cache_clear()
    yield aws
    for module in modules:
        module._use_case.cache_clear()


def uploaded(aws: Aws, body: bytes) -> dict[str, Any]:
    """The sample of S3's event, about an object that is really there."""
    event = sample("aws.s3.object-created.json")
    created = event["detail"]["object"]
    event["detail"]["bucket"]["name"] = NAMES.inbox_bucket
    put = aws.s3.put_object(Bucket=NAMES.inbox_bucket, Key=created["key"], Body=body)
    created.update({"version-id": put["VersionId"], "etag": put["ETag"].strip('"'), "size": len(body)})
    return event


def test_an_upload_goes_all_the_way_to_the_snapshot(deployed: Aws) -> None:
    event = uploaded(deployed, tar_gz(WIDGET))
    accepted = artifact_upload.handler(event, None)
    assert accepted["outcome"] == "accepted"
    assert relay.handler(deployed.stream_event(), None) == {"batchItemFailures": []}
    (registered,) = deployed.bus_events()
    assert registered["source"] == "edgeship"
    assert promotion.handler(registered, None) == {"promoted": True, "reason": "first release of the widget"}
    relay.handler(deployed.stream_event(), None)
    snapshot = deployed.snapshot()
    assert snapshot is not None
    widget, version = accepted["widget"], accepted["version"]
    assert snapshot["widgets"][widget]["channels"] == {"latest": {"stable": version}}
    assert promotion.handler(registered, None)["promoted"] is False


def test_a_refusal_is_an_outcome_not_an_error(deployed: Aws) -> None:
    outcome = artifact_upload.handler(uploaded(deployed, b"not an archive"), None)
    assert (outcome["outcome"], outcome["code"]) == ("rejected", "archive_invalid")


def test_a_folder_marker_is_no_upload(deployed: Aws) -> None:
    event = deployed.upload_event("incoming/checkout/", b"")
    assert artifact_upload.handler(event, None)["outcome"] == "ignored"
    assert deployed.items() == []


def test_an_event_of_another_shape_rises(deployed: Aws) -> None:
    with pytest.raises(ValidationError, match="detail"):
        artifact_upload.handler({"time": "2026-11-23T10:00:00Z"}, None)


def test_a_setting_that_is_missing_is_named(deployed: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGESHIP_TABLE")
    with pytest.raises(ValidationError, match="table"):
        promotion.handler(sample("edgeship.release-registered.json"), None)


def test_promotion_takes_the_sample_event(deployed: Aws) -> None:
    answer = promotion.handler(sample("edgeship.release-registered.json"), None)
    assert answer == {"promoted": False, "reason": "checkout has no registered release"}


def test_the_relay_takes_the_sample_stream(deployed: Aws) -> None:
    event = sample("aws.dynamodb.stream.json")
    assert relay.handler(event, None) == {"batchItemFailures": []}
    delivered = deployed.bus_events()
    assert [e["detail-type"] for e in delivered] == ["Release Registered"]
    assert delivered[0]["detail"] == sample("edgeship.release-registered.json")["detail"]


def test_the_relay_sets_poison_aside(deployed: Aws) -> None:
    event = sample("aws.dynamodb.stream.json")
    event["Records"][0]["dynamodb"]["NewImage"]["detail"] = {"S": "{"}
    assert relay.handler(event, None) == {"batchItemFailures": []}
    assert deployed.bus_events() == []
    (poison,) = deployed.poisoned()
    assert "JSONDecodeError" in poison["reason"]
    assert "NewImage" in poison["record"]
