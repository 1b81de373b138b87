"""One environment's resources in moto, and all that can be seen of its state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudwatch.models import cloudwatch_backends

from edgeship.adapters.dynamodb.health.witnesses import DynamoDBWitnessBooks
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.s3.flag_snapshots import S3FlagSnapshots
from edgeship.adapters.s3.health_pages import S3HealthPages
from edgeship.adapters.s3.inbox import S3Inbox
from edgeship.adapters.s3.site import S3Site
from edgeship.adapters.s3.snapshots import S3Snapshots
from edgeship.domain.naming import MANIFEST_NAME, release_prefix
from edgeship.domain.releases.limits import DEFAULT_LIMITS
from edgeship.domain.releases.release import Release
from edgeship.domain.telemetry.metrics import DIMENSIONS, NAMESPACE, UNITS, Metric
from edgeship.domain.version import Version
from edgeship.resource_names import (
    FLAGS_KEY,
    HEALTH_LIST_KEY,
    REGION,
    SIGNATURE_METADATA,
    SNAPSHOT_KEY,
    WATCHED_INDEX,
    ResourceNames,
)
from tests.support.moto.gaps import fill_cloudfront, fill_cloudwatch
from tests.support.moto.key_value_store import fill_key_value_store, stored_routes
from tests.support.moto.models import ACCOUNT, stored_objects, table_items
from tests.support.moto.sessions import kept_session
from tests.support.moto.state import MotoState
from tests.support.tokens import MASTER

NAMES = ResourceNames("test", ACCOUNT)
POISON, DELIVERED = "poison", "delivered"
"""Queues: what the relay sets aside, and what the bus delivers."""
IN_ANY_EXPOSURE = datetime(2100, 1, 1, tzinfo=UTC)
ALARM_REASON = "Threshold Crossed: 3 datapoints were greater than or equal to the threshold (5.0)."


@dataclass
class Aws:
    """Clients outside every crash, for setting the scene and looking at the outcome."""

    s3: Any
    dynamodb: Any
    events: Any
    sqs: Any
    cloudwatch: Any
    poison_queue_url: str
    bus_queue_url: str

    @property
    def state(self) -> DynamoDBState:
        return DynamoDBState(self.dynamodb, NAMES.table)

    @property
    def inbox(self) -> S3Inbox:
        return S3Inbox(self.s3, NAMES.inbox_bucket)

    @property
    def site(self) -> S3Site:
        return S3Site(self.s3, NAMES.site_bucket, threads=4)

    @property
    def snapshots(self) -> S3Snapshots:
        return S3Snapshots(self.s3, NAMES.config_bucket, SNAPSHOT_KEY)

    @property
    def flags(self) -> S3FlagSnapshots:
        return S3FlagSnapshots(self.s3, REGION, NAMES.config_bucket, FLAGS_KEY)

    def publish(self, release: Release) -> None:
        """Let the site bucket have what a release needs to be served, as far as anybody asks for it."""
        prefix = release_prefix(release.widget, release.version)
        for path in (MANIFEST_NAME, release.entrypoint):
            self.s3.put_object(Bucket=NAMES.site_bucket, Key=prefix + path, Body=b"")

    def witnessed(self, widget: str, version: str) -> None:
        """Let failures and slow views of a release have come from three networks and agents, in any exposure."""
        books = DynamoDBWitnessBooks(self.dynamodb, NAMES.views_table, lambda: IN_ANY_EXPOSURE)
        before = books.read(widget, Version.parse(version))
        book = before
        for number in range(3):
            values = dict.fromkeys((Metric.FAILED_SESSIONS, Metric.LOAD_LATENCY, Metric.MEMORY), 1e6)
            book = book.with_view(values, f"n{number}", f"a{number}", IN_ANY_EXPOSURE)
        if book != before:
            books.write(book)

    def upload_event(self, key: str, body: bytes, signature: str | None = None) -> dict[str, Any]:
        """Put an object into the inbox and return the event that S3 sends about it."""
        metadata = {SIGNATURE_METADATA: signature} if signature is not None else {}
        answer = self.s3.put_object(Bucket=NAMES.inbox_bucket, Key=key, Body=body, Metadata=metadata)
        return {
            "version": "0",
            "id": "17793124-05d4-b198-2fde-7ededc63b103",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": ACCOUNT,
            "time": "2026-11-23T10:00:00Z",
            "region": REGION,
            "resources": [f"arn:aws:s3:::{NAMES.inbox_bucket}"],
            "detail": {
                "version": "0",
                "bucket": {"name": NAMES.inbox_bucket},
                "object": {
                    "key": key,
                    "size": len(body),
                    "etag": answer["ETag"].strip('"'),
                    "version-id": answer["VersionId"],
                    "sequencer": "00617F08299329D189",
                },
                "request-id": "N4N7GDK58NMKJ12R",
                "requester": ACCOUNT,
                "source-ip-address": "192.0.2.7",
                "reason": "PutObject",
            },
        }

    def objects(self, bucket: str) -> dict[str, dict[str, Any]]:
        """Every object's bytes, its tags, and the headers that it is served with."""
        return stored_objects(bucket)

    def items(self) -> list[dict[str, Any]]:
        """Every item of the table, in the order of its keys."""
        return table_items(NAMES.table)

    def view_items(self) -> list[dict[str, Any]]:
        """Every item of the table of page views, in the order of its keys."""
        return table_items(NAMES.views_table)

    def outbox(self) -> list[dict[str, Any]]:
        """Every event item, in the order of its keys."""
        return [item for item in self.items() if item["sk"].startswith("EVENT#")]

    def stream_event(self) -> dict[str, Any]:
        """What the table's stream would hand to the relay for every event item written so far."""
        raw = self.dynamodb.scan(TableName=NAMES.table, ConsistentRead=True)["Items"]
        rows = sorted((i for i in raw if i["sk"]["S"].startswith("EVENT#")), key=lambda i: i["sk"]["S"])
        return {
            "Records": [
                {
                    "eventID": f"{number:032}",
                    "eventName": "INSERT",
                    "eventSource": "aws:dynamodb",
                    "dynamodb": {
                        "Keys": {"pk": row["pk"], "sk": row["sk"]},
                        "NewImage": row,
                        "SequenceNumber": str(1000 + number),
                        "StreamViewType": "NEW_IMAGE",
                    },
                }
                for number, row in enumerate(rows)
            ]
        }

    def bus_events(self) -> list[dict[str, Any]]:
        """Everything the bus has delivered since the last look, in the order it was delivered."""
        # moto leaves the account out.
        return [{"account": ACCOUNT, **json.loads(message["Body"])} for message in self._drain(self.bus_queue_url)]

    def poisoned(self) -> list[dict[str, Any]]:
        """Everything set aside since the last look."""
        return [json.loads(message["Body"]) for message in self._drain(self.poison_queue_url)]

    @property
    def health_pages(self) -> S3HealthPages:
        return S3HealthPages(self.s3, NAMES.site_bucket, NAMES.config_bucket, HEALTH_LIST_KEY, max_age=60)

    def snapshot(self) -> dict[str, Any] | None:
        content = self.snapshots.read().content
        return dict(content) if content is not None else None

    def alarms(self) -> dict[str, dict[str, Any]]:
        """Every alarm by its name, without its state and its times."""
        found = self.cloudwatch.describe_alarms()["MetricAlarms"]
        return {
            alarm["AlarmName"]: {name: alarm[name] for name in sorted(alarm) if not name.startswith(_OF_THE_MOMENT)}
            for alarm in found
        }

    def put_in_alarm(self, name: str, at: datetime) -> None:
        """Let an alarm have gone off at a time; moto knows the clock's alone."""
        self.cloudwatch.set_alarm_state(
            AlarmName=name, StateValue="ALARM", StateReason=ALARM_REASON, StateReasonData="{}"
        )
        cloudwatch_backends[ACCOUNT][REGION].alarms[name].state_updated_timestamp = at

    def date_alarms(self, at: datetime) -> None:
        """Let every alarm have been made at a time."""
        for alarm in cloudwatch_backends[ACCOUNT][REGION].alarms.values():
            alarm.configuration_updated_timestamp = at

    def report(self, widget: str, version: str, first: datetime, minutes: int, **totals: float) -> None:
        """Let browsers have reported the same in each minute from `first` on: `sessions=200, failed_sessions=30`."""
        dimensions = dict(zip(DIMENSIONS, (NAMES.environment, widget, version), strict=True))
        for minute in range(minutes):
            self.cloudwatch.put_metric_data(
                Namespace=NAMESPACE,
                MetricData=[
                    {
                        "MetricName": Metric[name.upper()].value,
                        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                        "Timestamp": first + timedelta(minutes=minute, seconds=10),
                        "Value": value,
                        "Unit": UNITS[Metric[name.upper()]],
                    }
                    for name, value in totals.items()
                ],
            )

    def _drain(self, url: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while batch := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += batch
            for message in batch:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


_OF_THE_MOMENT = ("State", "AlarmConfigurationUpdated")


@contextmanager
def aws_environment() -> Iterator[Aws]:
    """An empty environment in moto, with dummy credentials; boto3 clients made inside it reach nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        # For clients other than botocore's, of which there are none; to register them takes longer than a test.
        patch.setattr("moto.core.models.RESPONSES_METHODS", [])
        fill_cloudfront(patch)
        fill_cloudwatch(patch)
        fill_key_value_store(patch)
        with mock_aws():
            patch.setattr(boto3, "DEFAULT_SESSION", kept_session())
            yield empty_again()


def empty_again() -> Aws:
    """Inside an environment: everything is as it was in the beginning."""
    _empty().put_back()
    return _aws()


@cache
def _empty() -> MotoState:
    create_resources()
    return MotoState.take()


@cache
def _aws() -> Aws:
    clients = (kept_session().client(name) for name in ("s3", "dynamodb", "events", "sqs", "cloudwatch"))
    poison, delivered = (f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}" for name in (POISON, DELIVERED))
    return Aws(*clients, poison, delivered)


def create_resources() -> None:
    stored_routes()
    s3, dynamodb, events, sqs = (kept_session().client(name) for name in ("s3", "dynamodb", "events", "sqs"))
    for bucket in (NAMES.inbox_bucket, NAMES.site_bucket, NAMES.config_bucket, NAMES.previews_bucket):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    said = json.dumps(DEFAULT_LIMITS.to_dict())
    kept_session().client("ssm").put_parameter(Name=NAMES.upload_limits, Value=said, Type="String", Overwrite=True)
    dynamodb.create_table(
        TableName=NAMES.table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "watched")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": WATCHED_INDEX,
                "KeySchema": [
                    {"AttributeName": "watched", "KeyType": "HASH"},
                    {"AttributeName": "pk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    dynamodb.create_table(
        TableName=NAMES.views_table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    kept_session().client("secretsmanager").create_secret(Name=NAMES.token_secret, SecretString=MASTER)
    sqs.create_queue(QueueName=POISON)
    delivered = sqs.create_queue(QueueName=DELIVERED)["QueueUrl"]
    events.create_event_bus(Name=NAMES.bus)
    events.put_rule(Name="all", EventBusName=NAMES.bus, EventPattern=json.dumps({"source": ["edgeship"]}))
    arn = sqs.get_queue_attributes(QueueUrl=delivered, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_targets(Rule="all", EventBusName=NAMES.bus, Targets=[{"Id": "queue", "Arn": arn}])


def create_distribution() -> str:
    """The environment's distribution, which few tests need; its id."""
    cloudfront = kept_session().client("cloudfront")
    for there in cloudfront.list_distributions()["DistributionList"].get("Items", ()):
        return str(there["Id"])
    origin = {"Id": "site", "DomainName": f"{NAMES.site_bucket}.s3.amazonaws.com"}
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "test",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{**origin, "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https"},
        }
    )
    return str(made["Distribution"]["Id"])
