"""What the functions find: the samples in events/, and the table as it is when they come."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from edgeship.application.transaction import Transaction
from edgeship.bootstrap import operator
from edgeship.domain.channels.rollout import Step
from edgeship.domain.events import Occasion
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version
from tests.support.moto.aws import NAMES, Aws
from tests.support.repository import EVENTS

TICK = {
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail": {},
}
STEPS = (Step(10, 600), Step(100, 0))


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return found


def uploaded(aws: Aws, body: bytes) -> dict[str, Any]:
    """The sample of S3's event, about an object that is really there."""
    event = sample("aws.s3.object-created.json")
    created = event["detail"]["object"]
    event["detail"]["bucket"]["name"] = NAMES.inbox_bucket
    put = aws.s3.put_object(Bucket=NAMES.inbox_bucket, Key=created["key"], Body=body)
    created.update({"version-id": put["VersionId"], "etag": put["ETag"].strip('"'), "size": len(body)})
    return event


def registered(aws: Aws, widget: str, *versions: str) -> None:
    for version in versions:
        release = Release(
            widget=widget,
            version=Version.parse(version),
            digest="0" * 64,
            entrypoint="widget.js",
            files=1,
            total_bytes=3,
            created_at="2026-11-20T09:00:00.000Z",
            git_commit=None,
            registered_at="2026-11-20T09:00:00.000Z",
            registered_by="test",
        )
        aws.publish(release)
        aws.witnessed(widget, version)
        aws.state.commit(Transaction(puts=(release,), events=(), registers=release))


def by_ann(at: datetime) -> Occasion:
    return Occasion(NAMES.environment, "ann", "because", at)


def live(aws: Aws, widget: str, version: str, at: datetime) -> operator.Operator:
    registered(aws, widget, version)
    tools = operator.build(NAMES, boto3.Session(), None)
    tools.promote(widget, Version.parse(version), "latest", by_ann(at))
    return tools


def rolling_out(aws: Aws, widget: str, at: datetime) -> None:
    """From 1.4.2 to 1.5.0."""
    tools = live(aws, widget, "1.4.2", at - timedelta(minutes=1))
    registered(aws, widget, "1.5.0")
    tools.start_rollout(widget, Version.parse("1.5.0"), "latest", by_ann(at), STEPS)


def minutes_ago(minutes: int) -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes)


def failed_deployment(sequence: int, **difference: str) -> dict[str, Any]:
    event = sample("edgeship.deployment-failed.json")
    new = event["detail"]["new"]
    new["sequence"] = sequence
    new["mismatches"][0].update(difference)
    return event


def queued(*events: dict[str, Any], receives: int = 1) -> dict[str, Any]:
    """What Lambda hands over of a queue in which these events wait; their messages have their places as ids."""
    records = []
    for number, event in enumerate(events):
        (record,) = copy.deepcopy(sample("aws.sqs.notification.json"))["Records"]
        record |= {"messageId": str(number), "receiptHandle": f"handle-{number}", "body": json.dumps(event)}
        record["attributes"]["ApproximateReceiveCount"] = str(receives)
        records.append(record)
    return {"Records": records}
